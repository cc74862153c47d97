/**
 * The runtime: values that operators may change while the proxy runs.
 *
 * <p>Start at {@link io.heddle.proxy.engine.runtime.LayeredRuntime}.
 *
 * <ul>
 *   <li><b>Threads:</b> a lookup is one volatile read and one hash lookup on any thread; changes
 *       are rare and take a lock.
 *   <li><b>Invariant:</b> a lookup sees all layers as they were at one moment.
 *   <li><b>Out of scope:</b> where the values come from; whoever reads a bootstrap, a file or an
 *       RTDS resource hands them in.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.engine.runtime;

import org.jspecify.annotations.NullMarked;
