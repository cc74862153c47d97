package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.api.TlsInfo;
import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * What is known of a connection to a host.
 *
 * @param localAddress our end
 * @param tls what was agreed on; empty for clear text
 */
public record UpstreamSocket(InetSocketAddress localAddress, Optional<TlsInfo> tls) {}
