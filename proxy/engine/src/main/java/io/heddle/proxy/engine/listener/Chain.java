package io.heddle.proxy.engine.listener;

import io.heddle.proxy.api.NetworkFilterFactory.NetworkFilterConfig;
import io.heddle.proxy.engine.discovery.Discovery;
import io.heddle.proxy.engine.exchange.HttpChain;
import io.heddle.proxy.engine.tcp.TcpProxy;
import io.heddle.proxy.engine.tls.DownstreamTls;
import io.heddle.xds.model.FilterChainConfig;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A filter chain, compiled: its transport, network filters and what ends it. Immutable.
 *
 * @param tls null for clear text
 */
record Chain(
    FilterChainConfig config,
    @Nullable DownstreamTls tls,
    List<NetworkFilterConfig> filters,
    Terminal terminal) {
  Chain {
    filters = List.copyOf(filters);
  }

  /** What takes the bytes in the end. */
  sealed interface Terminal {
    /** An HTTP connection manager. */
    record Http(HttpChain manager) implements Terminal {}

    /** A TCP proxy. */
    record Tcp(TcpProxy proxy) implements Terminal {}

    /** The last of the network filters. */
    enum Filter implements Terminal {
      /** The only one. */
      LAST
    }
  }

  void close() {
    DownstreamTls secured = tls;
    if (secured != null) {
      secured.close();
    }
    Discovery.leave(filters);
    switch (terminal) {
      case Terminal.Http http -> http.manager().close();
      case Terminal.Tcp tcp -> tcp.proxy().close();
      case Terminal.Filter _ -> {}
    }
  }
}
