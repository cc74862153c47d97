/**
 * The programs of the data plane: {@code proxy}, {@code sidecar} and {@code gateway}.
 *
 * <p>Start at {@link ProxyMain}; {@link ProxyRuntime} is the one place where everything is wired.
 *
 * <ul>
 *   <li><b>Threads:</b> the main thread starts and then waits; dynamic configuration, admin API,
 *       registration and health checks have threads of their own.
 *   <li><b>Invariant:</b> every error of the configuration is reported before a port is bound.
 *   <li><b>Out of scope:</b> how traffic is served; that is the engine.
 * </ul>
 */
@NullMarked
package io.heddle.proxy.app;

import org.jspecify.annotations.NullMarked;
