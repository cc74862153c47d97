package io.heddle.control.core.explain;

import io.heddle.control.core.explain.Explanation.Host;
import io.heddle.control.core.explain.Explanation.Policy;
import io.heddle.control.core.explain.Explanation.Target;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ClusterTarget;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.LbPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Finds the clusters of a route with their endpoints. */
final class Targets {
  private static final List<String> USABLE = List.of("Unknown", "Healthy", "Degraded");

  private final Configuration configuration;

  Targets(Configuration configuration) {
    this.configuration = configuration;
  }

  /** Whether one endpoint at least may be sent requests; where DNS says which, it is not known. */
  static boolean canAnswer(Target target) {
    return target.hosts().stream().anyMatch(host -> USABLE.contains(host.health()));
  }

  /**
   * @param policies is filled with what is in force at the clusters
   */
  List<Target> of(ClusterTarget target, AskedRequest request, List<Policy> policies) {
    Map<String, Long> weights = new TreeMap<>();
    switch (target) {
      case ClusterTarget.Single single -> weights.put(single.cluster(), 1L);
      case ClusterTarget.FromHeader header ->
          request.lines(header.header()).stream().limit(1).forEach(name -> weights.put(name, 1L));
      case ClusterTarget.Weighted weighted -> {
        for (ClusterTarget.WeightedCluster one : weighted.clusters()) {
          String name =
              one.cluster().isEmpty()
                  ? request.lines(one.clusterHeader()).stream().findFirst().orElse("")
                  : one.cluster();
          weights.merge(name, one.weight(), Long::sum);
        }
      }
    }
    long total = Math.max(1, weights.values().stream().mapToLong(Long::longValue).sum());
    List<Target> targets = new ArrayList<>();
    weights.forEach(
        (name, weight) -> targets.add(cluster(name, weight, 100.0 * weight / total, policies)));
    return targets;
  }

  private Target cluster(String name, long weight, double share, List<Policy> policies) {
    Optional<ClusterConfig> config = configuration.cluster(name);
    if (config.isEmpty()) {
      return new Target(name, weight, share, false, "", List.of());
    }
    ClusterConfig cluster = config.get();
    String at = "cluster " + name;
    policies.add(new Policy(at, "connect timeout", Explainer.time(cluster.connectTimeout())));
    String breakers = breakers(cluster);
    policies.add(new Policy(at, "breakers", breakers));
    return new Target(
        name, weight, share, true, balancer(cluster.lbPolicy()), hosts(cluster.discovery()));
  }

  private static String breakers(ClusterConfig cluster) {
    ClusterConfig.Thresholds limits = cluster.circuitBreakers().normal();
    return "connections %d, pending %d, requests %d"
        .formatted(limits.maxConnections(), limits.maxPendingRequests(), limits.maxRequests());
  }

  /** {@code LeastRequest} becomes {@code least request}. */
  private static String balancer(LbPolicy policy) {
    String name = policy.getClass().getSimpleName();
    return name.replaceAll("(?<=[a-z])(?=[A-Z])", " ").toLowerCase(Locale.ROOT);
  }

  private List<Host> hosts(ClusterConfig.Discovery discovery) {
    Optional<EndpointsConfig> endpoints =
        switch (discovery) {
          case ClusterConfig.Discovery.Eds eds -> configuration.endpoints(eds.serviceName());
          case ClusterConfig.Discovery.Static fixed -> Optional.of(fixed.endpoints());
          case ClusterConfig.Discovery.StrictDns dns -> Optional.of(dns.endpoints());
          default -> Optional.empty();
        };
    List<Host> hosts = new ArrayList<>();
    for (EndpointsConfig.LocalityEndpoints group :
        endpoints.map(EndpointsConfig::localities).orElse(List.of())) {
      for (EndpointsConfig.Endpoint endpoint : group.endpoints()) {
        hosts.add(
            new Host(
                endpoint.address().toString(),
                word(endpoint.health()),
                endpoint.weight(),
                place(group.locality()),
                group.priority()));
      }
    }
    return hosts;
  }

  private static String word(EndpointsConfig.Health health) {
    String name = health.name();
    return name.charAt(0) + name.substring(1).toLowerCase(Locale.ROOT);
  }

  private static String place(EndpointsConfig.Locality locality) {
    List<String> parts = new ArrayList<>();
    for (String part : List.of(locality.region(), locality.zone(), locality.subZone())) {
      if (!part.isEmpty()) {
        parts.add(part);
      }
    }
    return String.join("/", parts);
  }
}
