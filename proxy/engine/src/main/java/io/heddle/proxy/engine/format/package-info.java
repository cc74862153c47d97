/**
 * Envoy's command operators, such as {@code %REQ(X-NAME?:PATH):20%}, compiled once.
 *
 * <p>Start at {@link Format}; {@link Subject} is what can be asked.
 *
 * <ul>
 *   <li><b>Threads:</b> a compiled format is immutable; a subject belongs to its event loop.
 *   <li><b>Invariant:</b> an operator that is not known is refused by name when it is compiled.
 *   <li><b>Out of scope:</b> where the text goes.
 * </ul>
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage">Envoy,
 *     command operators</a>
 */
@NullMarked
package io.heddle.proxy.engine.format;

import org.jspecify.annotations.NullMarked;
