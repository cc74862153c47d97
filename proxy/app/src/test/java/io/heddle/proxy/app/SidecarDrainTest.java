package io.heddle.proxy.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.heddle.proxy.app.admin.YamlJson;
import io.heddle.proxy.engine.ListenerView;
import io.heddle.proxy.engine.Transport;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.parse.BootstrapParser;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A proxy with an inbound and an outbound listener, and an application between the two. */
class SidecarDrainTest {
  private static final long PATIENCE_SECONDS = 20;

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final CountDownLatch reached = new CountDownLatch(1);
  private final CountDownLatch goOn = new CountDownLatch(1);
  private HttpServer server;
  private ProxyRuntime runtime;

  @BeforeEach
  void start() throws Exception {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext(
        "/app",
        exchange -> {
          reached.countDown();
          int status;
          try {
            if (!goOn.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
              throw new IOException("nobody said go on");
            }
            status = get("outbound", "/backend");
          } catch (InterruptedException e) {
            throw new IOException(e);
          } catch (IOException e) {
            status = 502;
          }
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    server.createContext(
        "/backend",
        exchange -> {
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.start();
    String yaml = bootstrap(server.getAddress().getPort());
    if (!(new BootstrapParser(ParseOptions.STRICT).parse(yaml)
        instanceof Parsed.Ok<BootstrapConfig> good)) {
      throw new AssertionError("the test's bootstrap is refused");
    }
    ProxySettings settings =
        new ProxySettings(
            1,
            Transport.AUTO,
            Duration.ofSeconds(PATIENCE_SECONDS),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            false,
            LifeSettings.MESH);
    Launch launch = ProxyRuntime.start(new Boot(good.value(), () -> YamlJson.of(yaml)), settings);
    if (!(launch instanceof Launch.Running running)) {
      throw new AssertionError(launch.toString());
    }
    runtime = running.runtime();
  }

  @AfterEach
  void stop() {
    goOn.countDown();
    runtime.close();
    server.stop(0);
    threads.close();
  }

  private ListenerView view(String name) {
    return runtime.engine().listeners().stream()
        .filter(listener -> listener.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private int port(String name) {
    return view(name).address().orElseThrow().getPort();
  }

  /** On a connection of its own. */
  private int get(String listener, String path) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newBuilder().executor(threads).build()) {
      return client
          .send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port(listener) + path))
                  .timeout(Duration.ofSeconds(PATIENCE_SECONDS))
                  .build(),
              HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8))
          .statusCode();
    }
  }

  @Test
  void theApplicationReachesOthersUntilItsOwnRequestsAreAnswered() throws Exception {
    CompletableFuture<Integer> answer =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return get("inbound", "/app");
              } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
              }
            },
            threads);
    assertThat(reached.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    CompletableFuture<Boolean> drained =
        CompletableFuture.supplyAsync(runtime::drainInboundFirst, threads);
    Awaitility.await()
        .atMost(Duration.ofSeconds(PATIENCE_SECONDS))
        .until(() -> view("inbound").draining());
    assertThat(view("outbound").draining()).isFalse();
    goOn.countDown();
    assertThat(answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(200);
    assertThat(drained.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(view("outbound").draining()).isTrue();
  }

  @Test
  void readyOnlyWhileAListenerTakesConnectionsAtTheInboundAddress() throws Exception {
    int inbound = port("inbound");
    List<ListenerView> listeners = runtime.engine().listeners();
    assertThat(SidecarCommand.serves(listeners, "127.0.0.1", inbound)).isTrue();
    assertThat(SidecarCommand.serves(listeners, "127.0.0.2", inbound)).isFalse();
    assertThat(SidecarCommand.serves(listeners, "127.0.0.1", inbound == 1 ? 2 : 1)).isFalse();
    var _ = runtime.engine().drain(Duration.ZERO, true);
    assertThat(SidecarCommand.serves(runtime.engine().listeners(), "127.0.0.1", inbound)).isFalse();
    runtime.engine().removeListener("inbound").toCompletableFuture().get(20, TimeUnit.SECONDS);
    assertThat(SidecarCommand.serves(runtime.engine().listeners(), "127.0.0.1", inbound)).isFalse();
  }

  private static String bootstrap(int port) {
    StringBuilder yaml = new StringBuilder("static_resources:\n  listeners:\n");
    for (String name : List.of("inbound", "outbound")) {
      yaml.append(
          """
            - name: %s
              traffic_direction: %s
              address: {socket_address: {address: 127.0.0.1, port_value: 0}}
              filter_chains:
              - filters:
                - name: envoy.filters.network.http_connection_manager
                  typed_config:
                    "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                    stat_prefix: %s
                    http_filters:
                    - name: envoy.filters.http.router
                      typed_config:
                        "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
                    route_config:
                      name: all
                      virtual_hosts:
                      - name: all
                        domains: ["*"]
                        routes:
                        - match: {prefix: /}
                          route: {cluster: app}
          """
              .formatted(name, name.toUpperCase(java.util.Locale.ROOT), name));
    }
    return yaml
        + """
          clusters:
          - name: app
            type: STATIC
            connect_timeout: 5s
            load_assignment:
              cluster_name: app
              endpoints:
              - lb_endpoints:
                - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}
        """
            .formatted(port);
  }
}
