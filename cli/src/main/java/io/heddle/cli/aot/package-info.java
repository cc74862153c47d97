/**
 * Trains the JVM's start-up caches (JEP 483 and 514): each program runs once as it usually does
 * while the JVM writes down what it loads.
 *
 * <p>Start at {@link CacheTraining}.
 *
 * <ul>
 *   <li><b>Threads:</b> blocks the caller.
 *   <li><b>Invariant:</b> a cache appears whole or not at all.
 *   <li><b>Out of scope:</b> whether a cache still fits; the launcher checks that before each use,
 *       since the JVM itself may take a stale one (JDK-8377932).
 * </ul>
 */
@NullMarked
package io.heddle.cli.aot;

import org.jspecify.annotations.NullMarked;
