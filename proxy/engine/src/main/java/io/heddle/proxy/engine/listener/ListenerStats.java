package io.heddle.proxy.engine.listener;

import io.heddle.proxy.engine.stats.ScalarStat;
import io.heddle.proxy.engine.stats.Scope;

/** What is counted under {@code listener.<address>} beside connections and TLS. */
final class ListenerStats {
  private final Scope scope;
  final ScalarStat noFilterChainMatch;
  final ScalarStat transportTimeout;
  final ScalarStat preActive;
  final ScalarStat preTimeout;

  ListenerStats(Scope scope) {
    this.scope = scope;
    noFilterChainMatch = scope.counter("no_filter_chain_match");
    transportTimeout = scope.counter("downstream_cx_transport_socket_connect_timeout");
    preActive = scope.gauge("downstream_pre_cx_active");
    preTimeout = scope.counter("downstream_pre_cx_timeout");
  }

  Scope scope() {
    return scope;
  }
}
