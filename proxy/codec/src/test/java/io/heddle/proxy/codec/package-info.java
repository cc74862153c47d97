/**
 * Tests of the codec: tables of what is refused and accepted, random messages against a slow
 * reference, fuzzing.
 *
 * <p>Start at {@link Wire}, which drives parsers over bytes cut anywhere.
 *
 * <ul>
 *   <li><b>Threads:</b> the test's own.
 *   <li><b>Invariant:</b> every random test is seeded.
 *   <li><b>Out of scope:</b> sockets.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.codec;

import org.jspecify.annotations.NullMarked;
