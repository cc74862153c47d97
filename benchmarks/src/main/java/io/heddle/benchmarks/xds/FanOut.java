package io.heddle.benchmarks.xds;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.Duration;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Address;
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
import io.heddle.xds.server.ProxySync;
import io.heddle.xds.server.ResourceCache;
import io.heddle.xds.server.Scope;
import io.heddle.xds.server.XdsServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/**
 * One endpoint change over many streams: the time from {@link ResourceCache#apply} until the client
 * process has said that its last stream received the change (so the pipe between them is included).
 *
 * <p>Arguments: {@code delta|sotw STREAMS CLUSTERS ENDPOINTS WARM_UP_ROUNDS ROUNDS}.
 */
public final class FanOut {
  private static final Scope SCOPE = new Scope("all");

  private final ResourceCache cache = new ResourceCache();
  private final int clusters;
  private final int endpoints;

  private FanOut(int clusters, int endpoints) {
    this.clusters = clusters;
    this.endpoints = endpoints;
  }

  /** Runs one variant and prints a line of figures in milliseconds. */
  public static void main(String[] args) throws IOException, InterruptedException {
    if (args.length != 6) {
      throw new IllegalArgumentException(
          args.length + " arguments (expected: delta|sotw STREAMS CLUSTERS ENDPOINTS WARM ROUNDS)");
    }
    new FanOut(Integer.parseInt(args[2]), Integer.parseInt(args[3]))
        .run(
            args[0],
            Integer.parseInt(args[1]),
            Integer.parseInt(args[4]),
            Integer.parseInt(args[5]));
  }

  private void run(String variant, int streams, int warmUp, int rounds)
      throws IOException, InterruptedException {
    CacheUpdate.Builder all = CacheUpdate.builder();
    for (int i = 0; i < clusters; i++) {
      all.put(SCOPE, cluster(i)).put(SCOPE, assignment(i, 0));
    }
    cache.apply(all.build());
    cache.markReady();
    try (XdsServer xds = XdsServer.builder(cache, node -> List.of(SCOPE)).build()) {
      Server server =
          NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
              .directExecutor()
              .addServices(xds.services())
              .build()
              .start();
      Process client = startClient(variant, streams, server.getPort());
      try (BufferedReader said = client.inputReader(UTF_8)) {
        long begun = System.nanoTime();
        expect(said, "ready");
        double start = (System.nanoTime() - begun) / 1e6;
        List<Double> received = new ArrayList<>();
        List<Double> inSync = new ArrayList<>();
        for (int round = 1; round <= warmUp + rounds; round++) {
          EncodedResource change = assignment(round % clusters, round);
          awaitSync(xds, streams, change.type(), (round - 1) % clusters, round - 1);
          long from = System.nanoTime();
          cache.apply(CacheUpdate.builder().put(SCOPE, change).build());
          expect(said, "round");
          long to = System.nanoTime();
          awaitSync(xds, streams, change.type(), round % clusters, round);
          if (round > warmUp) {
            received.add((to - from) / 1e6);
            inSync.add((System.nanoTime() - from) / 1e6);
          }
        }
        print(variant, streams, start, received, inSync);
      } finally {
        client.destroy();
        client.waitFor();
        server.shutdownNow();
      }
    }
  }

  /** Waits until every stream has acknowledged this revision of these endpoints. */
  private void awaitSync(XdsServer xds, int streams, ResourceType type, int cluster, int revision) {
    if (type != ResourceType.ENDPOINTS) {
      throw new IllegalArgumentException(type + " (expected: ENDPOINTS)");
    }
    EncodedResource wanted = assignment(cluster, revision);
    while (true) {
      List<ProxySync> syncs = xds.syncView().compare(List.of(wanted.resourceVersion()));
      if (syncs.size() == streams
          && syncs.stream().allMatch(s -> s.state() == ProxySync.State.IN_SYNC)) {
        return;
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  private Process startClient(String variant, int streams, int port) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    Collections.addAll(
        command,
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-Xmx2g",
        "-cp",
        System.getProperty("java.class.path"),
        FanOutClient.class.getName(),
        variant,
        Integer.toString(port),
        Integer.toString(streams),
        Integer.toString(clusters));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  private static void expect(BufferedReader said, String word) throws IOException {
    String line = said.readLine();
    if (!word.equals(line)) {
      throw new IOException("client said: " + line + " (expected: " + word + ")");
    }
  }

  private static void print(
      String variant, int streams, double start, List<Double> received, List<Double> inSync) {
    Collections.sort(received);
    Collections.sort(inSync);
    System.out.printf(
        Locale.ROOT,
        "%-5s %d streams, %d rounds: received median %.1f ms, min %.1f, p90 %.1f, max %.1f;"
            + " all acknowledged median %.1f ms; first sync of all %.0f ms%n",
        variant,
        streams,
        received.size(),
        received.get(received.size() / 2),
        received.getFirst(),
        received.get(received.size() * 9 / 10),
        received.getLast(),
        inSync.get(inSync.size() / 2),
        start);
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
            .build());
  }

  private EncodedResource assignment(int cluster, int revision) {
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
