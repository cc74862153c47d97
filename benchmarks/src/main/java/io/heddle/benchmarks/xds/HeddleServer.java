package io.heddle.benchmarks.xds;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.Duration;
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
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.server.CacheUpdate;
import io.heddle.xds.server.EncodedResource;
import io.heddle.xds.server.ResourceCache;
import io.heddle.xds.server.Scope;
import io.heddle.xds.server.XdsServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Our xDS server with a fixed set of clusters, told on its standard input what to change: see
 * {@link ServerProcess}. Arguments: {@code CLUSTERS ENDPOINTS}.
 */
public final class HeddleServer {
  private static final Scope SCOPE = new Scope("all");

  private HeddleServer() {}

  /** Serves until its input ends. */
  public static void main(String[] args) throws IOException {
    int clusters = Integer.parseInt(args[0]);
    int endpoints = Integer.parseInt(args[1]);
    ResourceCache cache = new ResourceCache();
    CacheUpdate.Builder all = CacheUpdate.builder();
    for (int i = 0; i < clusters; i++) {
      all.put(SCOPE, cluster(i)).put(SCOPE, assignment(i, endpoints, 0));
    }
    cache.apply(all.build());
    cache.markReady();
    try (XdsServer xds = XdsServer.builder(cache, node -> List.of(SCOPE)).build()) {
      Server server =
          NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
              .directExecutor()
              .flowControlWindow(1 << 20)
              .keepAliveTime(30, TimeUnit.SECONDS)
              .addServices(xds.services())
              .build()
              .start();
      System.out.println("port " + server.getPort());
      BufferedReader told = new BufferedReader(new InputStreamReader(System.in, UTF_8));
      for (String line = told.readLine(); line != null; line = told.readLine()) {
        String[] words = line.split(" ", -1);
        switch (words[0]) {
          case "put" ->
              cache.apply(
                  CacheUpdate.builder()
                      .put(
                          SCOPE,
                          assignment(
                              Integer.parseInt(words[1]), endpoints, Integer.parseInt(words[2])))
                      .build());
          case "gc" -> {
            System.gc();
            System.out.println(
                "heap " + ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
          }
          default -> throw new IOException(line + " (expected: put or gc)");
        }
      }
      server.shutdownNow();
    }
  }

  static String name(int cluster) {
    return "service-%04d.default".formatted(cluster);
  }

  private static EncodedResource cluster(int cluster) {
    return EncodedResource.of(
        ResourceType.CLUSTER,
        name(cluster),
        Cluster.newBuilder()
            .setName(name(cluster))
            .setType(Cluster.DiscoveryType.EDS)
            .setConnectTimeout(Duration.newBuilder().setSeconds(1))
            .setEdsClusterConfig(
                Cluster.EdsClusterConfig.newBuilder()
                    .setEdsConfig(
                        ConfigSource.newBuilder()
                            .setAds(AggregatedConfigSource.getDefaultInstance())))
            .build());
  }

  private static EncodedResource assignment(int cluster, int endpoints, int revision) {
    LocalityLbEndpoints.Builder locality = LocalityLbEndpoints.newBuilder();
    for (int i = 0; i < endpoints; i++) {
      SocketAddress address =
          SocketAddress.newBuilder()
              .setAddress("10.%d.%d.%d".formatted(cluster / 250, cluster % 250, i + 1))
              .setPortValue(i == 0 ? 8080 + revision : 8080)
              .build();
      locality.addLbEndpoints(
          LbEndpoint.newBuilder()
              .setHealthStatus(HealthStatus.HEALTHY)
              .setEndpoint(
                  Endpoint.newBuilder()
                      .setAddress(Address.newBuilder().setSocketAddress(address))));
    }
    return EncodedResource.of(
        ResourceType.ENDPOINTS,
        name(cluster),
        ClusterLoadAssignment.newBuilder()
            .setClusterName(name(cluster))
            .addEndpoints(locality)
            .build());
  }
}
