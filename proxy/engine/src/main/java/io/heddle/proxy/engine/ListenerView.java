package io.heddle.proxy.engine;

import io.heddle.xds.model.ListenerConfig;
import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * A listener as it is now.
 *
 * @param address where it is bound, if it is
 * @param activeConnections of the present configuration and of those being drained
 */
public record ListenerView(
    String name,
    ListenerConfig config,
    Optional<InetSocketAddress> address,
    boolean draining,
    long activeConnections) {}
