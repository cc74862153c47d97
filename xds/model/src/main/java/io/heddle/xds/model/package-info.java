/**
 * Envoy v3 configuration as immutable, validated records.
 *
 * <p>Start at {@link ListenerConfig}, {@link RouteTable}, {@link ClusterConfig}, {@link
 * EndpointsConfig} and {@link BootstrapConfig}; {@code io.heddle.xds.model.parse} makes them.
 *
 * <ul>
 *   <li><b>Threads:</b> everything is immutable.
 *   <li><b>Invariant:</b> what is absent is empty, zero or a constant of its own, never null.
 *   <li><b>Out of scope:</b> fetching resources; references between them.
 * </ul>
 */
@NullMarked
package io.heddle.xds.model;

import org.jspecify.annotations.NullMarked;
