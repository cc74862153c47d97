/**
 * What the tests of several modules share.
 *
 * <p>Start at {@link NettyLeakExtension}, which is on in every test class by itself, and {@link
 * ManualTime}.
 *
 * <ul>
 *   <li><b>Threads:</b> each class says.
 *   <li><b>Invariant:</b> depends on no other module of ours, so that all of them may use it.
 *   <li><b>Out of scope:</b> anything a shipped program needs.
 * </ul>
 */
@NullMarked
package io.heddle.testkit;

import org.jspecify.annotations.NullMarked;
