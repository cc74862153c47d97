package io.heddle.proxy.engine.listener;

import io.heddle.proxy.api.ListenerFilterFactory.ListenerFilterConfig;
import io.heddle.proxy.api.NetworkFilterFactory.NetworkFilterConfig;
import io.heddle.proxy.engine.exchange.HttpChain;
import io.heddle.proxy.engine.tcp.TcpProxy;
import java.time.Duration;
import java.util.List;

/** A filter chain, compiled: listener and network filters and what ends it. Immutable. */
record Chain(
    List<ListenerFilterConfig> listenerFilters,
    Duration listenerFiltersTimeout,
    boolean continueOnListenerFiltersTimeout,
    List<NetworkFilterConfig> filters,
    Terminal terminal) {
  Chain {
    listenerFilters = List.copyOf(listenerFilters);
    filters = List.copyOf(filters);
  }

  /** What takes the bytes in the end. */
  sealed interface Terminal {
    /** An HTTP connection manager. */
    record Http(HttpChain manager) implements Terminal {}

    /** A TCP proxy. */
    record Tcp(TcpProxy proxy) implements Terminal {}
  }

  void close() {
    switch (terminal) {
      case Terminal.Http http -> http.manager().close();
      case Terminal.Tcp tcp -> tcp.proxy().close();
    }
  }
}
