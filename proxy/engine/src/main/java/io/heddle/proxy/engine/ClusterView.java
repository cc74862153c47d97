package io.heddle.proxy.engine;

import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.EndpointsConfig;
import java.util.List;
import java.util.Optional;

/**
 * A cluster as it is now.
 *
 * @param warming whether it still waits for its first endpoints
 * @param endpoints as last applied or resolved from configuration; empty where none came yet
 */
public record ClusterView(
    String name,
    ClusterConfig config,
    boolean warming,
    Optional<EndpointsConfig> endpoints,
    List<HostView> hosts) {
  /** Copies the hosts. */
  public ClusterView {
    hosts = List.copyOf(hosts);
  }

  /**
   * One host.
   *
   * @param address {@code ip:port}
   * @param healthy whether requests may be sent there
   * @param condition why not, where not
   */
  public record HostView(
      String address,
      String hostname,
      EndpointsConfig.Health health,
      boolean healthy,
      long weight,
      EndpointsConfig.Locality locality,
      int priority,
      long connectionsActive,
      long connectionsTotal,
      long connectFailures,
      long requestsActive,
      long requestsTotal,
      long requestsSuccess,
      long requestsError,
      long requestsTimeout,
      HostHealth condition) {}
}
