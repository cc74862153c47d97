/**
 * Decision trees over requests and connections, compiled.
 *
 * <p>Start at {@link CompiledTree}; {@link MatchSubject} is what a tree looks at.
 *
 * <ul>
 *   <li><b>Threads:</b> a tree is immutable; it is asked on the loop of what it looks at.
 *   <li><b>Invariant:</b> a tree finds what trying all of its entries in order would find.
 *   <li><b>Out of scope:</b> what is decided on, which routes and filter chains know.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.engine.matcher;

import org.jspecify.annotations.NullMarked;
