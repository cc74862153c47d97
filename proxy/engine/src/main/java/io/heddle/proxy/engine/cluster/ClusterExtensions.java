package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.api.LoadBalancerFactory.LoadBalancerConfig;
import io.heddle.proxy.engine.chain.FilterEntry;
import java.util.List;
import java.util.Optional;

/** What plugins add to a cluster. Immutable. */
record ClusterExtensions(Optional<LoadBalancerConfig> balancer, List<FilterEntry> filters) {
  ClusterExtensions {
    filters = List.copyOf(filters);
  }
}
