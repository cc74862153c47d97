package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.api.LoadBalancerFactory.LoadBalancerConfig;
import io.heddle.proxy.engine.chain.SharedFilters;
import java.util.Optional;

/** What plugins add to a cluster. Immutable. */
record ClusterExtensions(Optional<LoadBalancerConfig> balancer, SharedFilters filters) {
  /** None. */
  static final ClusterExtensions NONE = new ClusterExtensions(Optional.empty(), SharedFilters.NONE);

  /** The configuration is gone, or was never used. */
  void close() {
    filters.done();
  }
}
