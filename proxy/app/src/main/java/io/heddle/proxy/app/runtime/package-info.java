/**
 * Fills the layers of the runtime, and shows and changes them over the admin API.
 *
 * <p>Start at {@link io.heddle.proxy.app.runtime.RuntimeSources}.
 *
 * <ul>
 *   <li><b>Threads:</b> the start, the file watcher's, the xDS client's and the admin API's.
 *   <li><b>Invariant:</b> a layer that cannot be read keeps its last values, and the failure is
 *       counted.
 *   <li><b>Out of scope:</b> look-ups; those are the engine's.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.app.runtime;

import org.jspecify.annotations.NullMarked;
