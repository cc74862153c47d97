/**
 * The objects that users write, in Kubernetes form: kinds, typed specs and status.
 *
 * <p>Start at {@link ResourceObject}; {@link Kinds} lists the kinds, {@link Spec} their contents.
 *
 * <ul>
 *   <li><b>Threads:</b> everything here is immutable.
 *   <li><b>Invariant:</b> a spec holds its defaults spelled out; an absent text is empty, an absent
 *       number is zero, and no accessor returns null.
 *   <li><b>Out of scope:</b> reading and writing documents ({@code control.api.document}), keeping
 *       objects ({@code control.api.store}) and deciding whether references between them resolve.
 * </ul>
 */
@NullMarked
package io.heddle.control.api.resource;

import org.jspecify.annotations.NullMarked;
