package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.api.TlsInfo;
import java.net.InetSocketAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a connection to a host.
 *
 * @param localAddress our end; null where it has no address
 * @param tls what was agreed on; empty for clear text
 * @param protocol as of {@link io.heddle.proxy.codec.HttpVersion#text}; null where bytes are passed
 */
public record UpstreamSocket(
    @Nullable InetSocketAddress localAddress, Optional<TlsInfo> tls, @Nullable String protocol) {}
