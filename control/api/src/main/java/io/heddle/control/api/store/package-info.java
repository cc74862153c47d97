/**
 * Where objects are kept: versioned, durable, watchable. A service-provider interface.
 *
 * <p>Start at {@link Store}; {@link Mutation} and {@link WriteResult} are its words.
 *
 * <ul>
 *   <li><b>Threads:</b> a store may be called from any thread; {@link Store#write} blocks until the
 *       write is durable. Watchers are called on a dispatcher thread of the store, one call at a
 *       time for each watcher.
 *   <li><b>Invariant:</b> what was acknowledged stays, and a watcher sees every change in order or
 *       is told to start from a fresh listing.
 *   <li><b>Out of scope:</b> status, which is derived and kept in memory by who derives it, and
 *       registered instances, which come and go ({@code control.api.registry}).
 * </ul>
 */
@NullMarked
package io.heddle.control.api.store;

import org.jspecify.annotations.NullMarked;
