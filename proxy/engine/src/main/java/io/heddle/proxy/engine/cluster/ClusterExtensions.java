package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.api.LoadBalancerFactory.LoadBalancerConfig;
import io.heddle.proxy.engine.chain.SharedFilters;
import io.heddle.proxy.engine.dns.SharedNames;
import io.heddle.proxy.engine.health.EventSink;
import java.util.Optional;

/** What plugins add to a cluster, and the names and files that it uses. Immutable. */
record ClusterExtensions(
    Optional<LoadBalancerConfig> balancer,
    SharedFilters filters,
    Optional<SharedNames.Use> names,
    EventSink checkEvents) {
  /** None. */
  static final ClusterExtensions NONE = new ClusterExtensions(Optional.empty(), SharedFilters.NONE);

  /** Without a name cache and events. */
  ClusterExtensions(Optional<LoadBalancerConfig> balancer, SharedFilters filters) {
    this(balancer, filters, Optional.empty(), EventSink.NONE);
  }

  /** The configuration is gone, or was never used. */
  void close() {
    filters.done();
    names.ifPresent(SharedNames.Use::close);
    checkEvents.close();
  }
}
