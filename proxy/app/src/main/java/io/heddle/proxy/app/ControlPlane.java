package io.heddle.proxy.app;

import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.EndpointsConfig;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Whom the xDS stream goes to.
 *
 * @param targets {@code HOST:PORT}, paths of unix sockets or gRPC targets; empty where the cluster
 *     has no endpoint
 * @param authority empty for the target's own
 */
record ControlPlane(List<String> targets, String authority) {

  static ControlPlane of(BootstrapConfig bootstrap, BootstrapConfig.GrpcTarget target) {
    return switch (target) {
      case BootstrapConfig.GrpcTarget.Uri uri -> new ControlPlane(inAnyOrder(uri.targetUri()), "");
      case BootstrapConfig.GrpcTarget.Cluster cluster ->
          new ControlPlane(targets(bootstrap, cluster.clusterName()), cluster.authority());
    };
  }

  /** Of several behind commas each proxy begins with another. */
  private static List<String> inAnyOrder(String target) {
    List<String> targets = new ArrayList<>(List.of(target.split(",", -1)));
    Collections.shuffle(targets);
    return targets;
  }

  /** The endpoints of a static cluster; empty where there is none, or EDS knows them. */
  static List<String> targets(BootstrapConfig bootstrap, String name) {
    return targets(bootstrap.clusters(), name);
  }

  static List<String> targets(List<ClusterConfig> clusters, String name) {
    List<String> targets = new ArrayList<>();
    for (ClusterConfig cluster : clusters) {
      if (cluster.name().equals(name)) {
        switch (cluster.discovery()) {
          case ClusterConfig.Discovery.Static fixed -> add(fixed.endpoints(), targets);
          case ClusterConfig.Discovery.StrictDns dns -> add(dns.endpoints(), targets);
          case ClusterConfig.Discovery.Eds _,
              ClusterConfig.Discovery.Aggregate _,
              ClusterConfig.Discovery.OriginalDst _,
              ClusterConfig.Discovery.DynamicForward _ -> {}
        }
      }
    }
    return targets;
  }

  private static void add(EndpointsConfig endpoints, List<String> targets) {
    for (EndpointsConfig.LocalityEndpoints locality : endpoints.localities()) {
      for (EndpointsConfig.Endpoint endpoint : locality.endpoints()) {
        targets.add(endpoint.address().toString());
      }
    }
  }
}
