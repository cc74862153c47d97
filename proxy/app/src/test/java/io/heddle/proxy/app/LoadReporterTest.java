package io.heddle.proxy.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonObject;
import com.google.protobuf.Duration;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterStats;
import io.envoyproxy.envoy.config.endpoint.v3.UpstreamLocalityStats;
import io.envoyproxy.envoy.service.load_stats.v3.LoadReportingServiceGrpc.LoadReportingServiceImplBase;
import io.envoyproxy.envoy.service.load_stats.v3.LoadStatsRequest;
import io.envoyproxy.envoy.service.load_stats.v3.LoadStatsResponse;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.parse.BootstrapParser;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A proxy that was told to report its load does, over real streams. */
final class LoadReporterTest {
  private static final int PATIENCE_SECONDS = 30;

  private static final String BOOTSTRAP =
      """
      node: {id: web-1, cluster: web}
      cluster_manager:
        load_stats_config:
          api_type: GRPC
          transport_api_version: V3
          grpc_services:
          - envoy_grpc: {cluster_name: control}
            initial_metadata: [{key: x-who, value: me}]
      static_resources:
        listeners:
        - name: main
          address: {socket_address: {address: 127.0.0.1, port_value: 0}}
          filter_chains:
          - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: main
                http_filters:
                - name: envoy.filters.http.router
                  typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
                route_config:
                  name: routes
                  virtual_hosts:
                  - name: all
                    domains: ["*"]
                    routes:
                    - {match: {prefix: /dead}, route: {cluster: dead}}
                    - {match: {prefix: /}, route: {cluster: "a:one"}}
        clusters:
        - name: "a:one"
          connect_timeout: 1s
          type: STATIC
          load_assignment:
            cluster_name: one
            endpoints:
            - locality: {region: r, zone: z}
              lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 8001}}}}]
        - name: dead
          connect_timeout: 1s
          type: STATIC
          load_assignment:
            cluster_name: dead
            endpoints:
            - lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: DEAD}}}}]
        - name: control
          connect_timeout: 1s
          type: STATIC
          load_assignment:
            cluster_name: control
            endpoints:
            - lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: CONTROL}}}}]
      """;

  private final BlockingQueue<LoadStatsRequest> reports = new LinkedBlockingQueue<>();
  private final BlockingQueue<StreamObserver<LoadStatsResponse>> streams =
      new LinkedBlockingQueue<>();

  /** Takes reports, and tells nobody anything by itself. */
  private final class Service extends LoadReportingServiceImplBase {
    @Override
    public StreamObserver<LoadStatsRequest> streamLoadStats(
        StreamObserver<LoadStatsResponse> responses) {
      streams.add(responses);
      return new StreamObserver<>() {
        @Override
        public void onNext(LoadStatsRequest request) {
          reports.add(request);
        }

        @Override
        public void onError(Throwable failure) {
          // the proxy ended
        }

        @Override
        public void onCompleted() {
          responses.onCompleted();
        }
      };
    }
  }

  private static <T> T next(BlockingQueue<T> queue) throws InterruptedException {
    T one = queue.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (one == null) {
      throw new AssertionError("nothing within " + PATIENCE_SECONDS + " s");
    }
    return one;
  }

  private static Boot boot(String text) {
    return switch (new BootstrapParser(ParseOptions.STRICT).parse(text)) {
      case Parsed.Ok<BootstrapConfig> good -> new Boot(good.value(), JsonObject::new);
      case Parsed.Refused<BootstrapConfig> refused ->
          throw new AssertionError(refused.errors().stream().map(ConfigError::message).toList());
    };
  }

  private static int deadPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static void get(InetSocketAddress at, String path) throws IOException {
    try (Socket socket = new Socket(at.getAddress(), at.getPort())) {
      socket.setSoTimeout(PATIENCE_SECONDS * 1_000);
      String request = "GET " + path + " HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      socket.getInputStream().readAllBytes();
    }
  }

  private static LoadStatsResponse ask(boolean all, String... clusters) {
    LoadStatsResponse.Builder response =
        LoadStatsResponse.newBuilder()
            .setSendAllClusters(all)
            .setLoadReportingInterval(Duration.newBuilder().setSeconds(1));
    for (String cluster : clusters) {
      response.addClusters(cluster);
    }
    return response.build();
  }

  /** The first report with this cluster in it. */
  private ClusterStats reported(String cluster) throws InterruptedException {
    while (true) {
      for (ClusterStats stats : next(reports).getClusterStatsList()) {
        if (stats.getClusterName().equals(cluster)) {
          return stats;
        }
      }
    }
  }

  @Test
  void reportsHowRequestsEndByClusterAndLocality() throws Exception {
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(new Service())
            .build()
            .start();
    try (EchoUpstreams upstreams = EchoUpstreams.start()) {
      String text =
          upstreams
              .in(BOOTSTRAP)
              .replace("CONTROL", String.valueOf(server.getPort()))
              .replace("DEAD", String.valueOf(deadPort()));
      switch (ProxyRuntime.start(boot(text), ProxySettings.small())) {
        case Launch.Failed failed -> assertThat(failed.errors()).isEmpty();
        case Launch.Running running -> {
          try (ProxyRuntime runtime = running.runtime()) {
            InetSocketAddress at = runtime.engine().listeners().getFirst().address().orElseThrow();
            LoadStatsRequest hello = next(reports);
            assertThat(hello.getNode().getId()).isEqualTo("web-1");
            assertThat(hello.getNode().getClientFeaturesList())
                .contains("envoy.lrs.supports_send_all_clusters");
            StreamObserver<LoadStatsResponse> stream = next(streams);
            get(at, "/");
            await()
                .atMost(java.time.Duration.ofSeconds(PATIENCE_SECONDS))
                .until(() ->
                    runtime.engine().clusters().stream()
                        .flatMap(cluster -> cluster.hosts().stream())
                        .anyMatch(host -> host.requestsSuccess() == 1));
            stream.onNext(ask(true));
            // An empty report says that it has begun to count; what was before belongs to none.
            LoadStatsRequest first = next(reports);
            assertThat(first.getClusterStatsList()).isEmpty();
            for (int i = 0; i < 3; i++) {
              get(at, "/");
            }
            ClusterStats one = reported("a:one");
            long succeeded = one.getUpstreamLocalityStats(0).getTotalSuccessfulRequests();
            while (succeeded < 3) {
              succeeded +=
                  reported("a:one").getUpstreamLocalityStats(0).getTotalSuccessfulRequests();
            }
            assertThat(succeeded).isEqualTo(3);
            UpstreamLocalityStats place = one.getUpstreamLocalityStats(0);
            assertThat(place.getLocality().getZone()).isEqualTo("z");
            assertThat(place.getTotalErrorRequests()).isZero();
            assertThat(place.getLoadMetricStats(0).getMetricName()).isEqualTo("heddle.request_ms");
            assertThat(place.getLoadMetricStats(0).getNumRequestsFinishedWithMetric())
                .isBetween(1L, 3L);
            assertThat(one.getLoadReportInterval().getSeconds()).isPositive();

            get(at, "/dead");
            UpstreamLocalityStats dead = reported("dead").getUpstreamLocalityStats(0);
            assertThat(dead.getTotalErrorRequests()).isEqualTo(1);
            assertThat(dead.getTotalSuccessfulRequests()).isZero();

            // Only what is asked for; and a stream that ends is opened again.
            stream.onError(Status.UNAVAILABLE.asRuntimeException());
            StreamObserver<LoadStatsResponse> second = next(streams);
            reports.clear();
            second.onNext(ask(false, "dead"));
            assertThat(next(reports).getClusterStatsList()).isEmpty();
            get(at, "/");
            get(at, "/dead");
            LoadStatsRequest only = next(reports);
            while (only.getClusterStatsList().isEmpty()) {
              only = next(reports);
            }
            assertThat(only.getClusterStatsList())
                .extracting(ClusterStats::getClusterName)
                .containsExactly("dead");
          }
        }
      }
    } finally {
      server.shutdownNow();
    }
  }
}
