package compare;

import com.google.protobuf.Duration;
import io.envoyproxy.controlplane.cache.v3.SimpleCache;
import io.envoyproxy.controlplane.cache.v3.Snapshot;
import io.envoyproxy.controlplane.server.V3DiscoveryServer;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/** Serves a fixed set of clusters with java-control-plane's cache; arguments CLUSTERS ENDPOINTS. */
public final class JavaControlPlaneServer {
  private static final String ALL = "all";

  private JavaControlPlaneServer() {}

  /** Says {@code port N}, then obeys {@code put CLUSTER REVISION} and {@code gc}. */
  public static void main(String[] args) throws IOException {
    int endpoints = Integer.parseInt(args[1]);
    List<Cluster> clusters = new ArrayList<>();
    List<ClusterLoadAssignment> assignments = new ArrayList<>();
    for (int i = 0; i < Integer.parseInt(args[0]); i++) {
      clusters.add(cluster(i));
      assignments.add(assignment(i, endpoints, 0));
    }
    SimpleCache<String> cache = new SimpleCache<>(node -> ALL);
    int version = 1;
    set(cache, clusters, assignments, version);
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(new V3DiscoveryServer(cache).getAggregatedDiscoveryServiceImpl())
            .build()
            .start();
    System.out.println("port " + server.getPort());
    BufferedReader told = new BufferedReader(new InputStreamReader(System.in));
    for (String line = told.readLine(); line != null; line = told.readLine()) {
      String[] words = line.split(" ", -1);
      if (words[0].equals("gc")) {
        System.gc();
        System.out.println(
            "heap " + ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
      } else {
        int changed = Integer.parseInt(words[1]);
        assignments.set(changed, assignment(changed, endpoints, Integer.parseInt(words[2])));
        set(cache, clusters, assignments, ++version);
      }
    }
    server.shutdownNow();
  }

  private static void set(
      SimpleCache<String> cache,
      List<Cluster> clusters,
      List<ClusterLoadAssignment> assignments,
      int version) {
    cache.setSnapshot(
        ALL,
        Snapshot.create(
            clusters,
            "1",
            assignments,
            Integer.toString(version),
            List.of(),
            "1",
            List.of(),
            "1",
            List.of(),
            "1"));
  }

  private static String name(int cluster) {
    return String.format("service-%04d.default", cluster);
  }

  private static Cluster cluster(int cluster) {
    return Cluster.newBuilder()
        .setName(name(cluster))
        .setType(Cluster.DiscoveryType.EDS)
        .setConnectTimeout(Duration.newBuilder().setSeconds(1))
        .setEdsClusterConfig(
            Cluster.EdsClusterConfig.newBuilder()
                .setEdsConfig(
                    ConfigSource.newBuilder().setAds(AggregatedConfigSource.getDefaultInstance())))
        .build();
  }

  private static ClusterLoadAssignment assignment(int cluster, int endpoints, int revision) {
    LocalityLbEndpoints.Builder locality = LocalityLbEndpoints.newBuilder();
    for (int i = 0; i < endpoints; i++) {
      SocketAddress address =
          SocketAddress.newBuilder()
              .setAddress(String.format("10.%d.%d.%d", cluster / 250, cluster % 250, i + 1))
              .setPortValue(i == 0 ? 8080 + revision : 8080)
              .build();
      locality.addLbEndpoints(
          LbEndpoint.newBuilder()
              .setHealthStatus(HealthStatus.HEALTHY)
              .setEndpoint(
                  Endpoint.newBuilder()
                      .setAddress(Address.newBuilder().setSocketAddress(address))));
    }
    return ClusterLoadAssignment.newBuilder()
        .setClusterName(name(cluster))
        .addEndpoints(locality)
        .build();
  }
}
