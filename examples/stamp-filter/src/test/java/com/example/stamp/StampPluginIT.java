package com.example.stamp;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.heddle.proxy.app.plugin.PluginFolder;
import io.heddle.proxy.engine.Engine;
import io.heddle.proxy.engine.ListenerResult;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.parse.BootstrapParser;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The jar in a folder, with a class loader of its own, in a proxy with real sockets. */
final class StampPluginIT {
  private static final long PATIENCE_SECONDS = 20;

  @TempDir Path folder;

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
  private final CountDownLatch asked = new CountDownLatch(1);
  private final CountDownLatch answer = new CountDownLatch(1);
  private HttpServer upstream;
  private Engine engine;
  private int port;

  @BeforeEach
  void start() throws Exception {
    upstream = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    upstream.setExecutor(threads);
    upstream.createContext("/", this::echo);
    upstream.createContext("/ticket", exchange -> reply(exchange, "T-7"));
    upstream.createContext(
        "/slow-ticket",
        exchange -> {
          asked.countDown();
          try {
            answer.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
          reply(exchange, "late");
        });
    upstream.start();

    Path jar = Path.of(System.getProperty("plugin.jar"));
    Files.copy(jar, folder.resolve(jar.getFileName()));
    PluginFolder.Plugins plugins = PluginFolder.load(folder);
    assertThat(plugins.errors()).isEmpty();
    // The class on the test's own path is another one: the plugin's was loaded from the jar.
    assertThat(plugins.httpFilters().getFirst().getClass()).isNotSameAs(StampFilterFactory.class);

    Parsed<BootstrapConfig> parsed =
        new BootstrapParser(ParseOptions.STRICT).parse(bootstrap(upstream.getAddress().getPort()));
    if (!(parsed instanceof Parsed.Ok<BootstrapConfig> ok)) {
      throw new AssertionError(parsed.toString());
    }
    engine = Engine.builder().concurrency(2).httpFilters(plugins.httpFilters()).start();
    ok.value().clusters().forEach(cluster -> assertThat(engine.applyCluster(cluster)).isEmpty());
    ListenerResult result =
        engine
            .applyListener(ok.value().listeners().getFirst())
            .toCompletableFuture()
            .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (!(result instanceof ListenerResult.Serving serving)) {
      throw new AssertionError(result.toString());
    }
    port = serving.address().getPort();
  }

  @AfterEach
  void stop() {
    answer.countDown();
    engine.close();
    upstream.stop(0);
    threads.close();
  }

  @Test
  void stampsRequestsAndResponses() throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> response = send(client, "/asks", "hello");
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(received.poll(PATIENCE_SECONDS, TimeUnit.SECONDS))
          .isEqualTo("/asks T-7 SEEN hello");
      assertThat(response.body()).isEqualTo("GOT SEEN HELLO SEEN");
    }
  }

  @Test
  void readsTheRoutesConfiguration() throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> response = send(client, "/own", "hello");
      assertThat(received.poll(PATIENCE_SECONDS, TimeUnit.SECONDS))
          .isEqualTo("/own null OWN hello");
      assertThat(response.body()).isEqualTo("GOT OWN HELLO OWN");
    }
  }

  @Test
  void survivesAResetWhileItWaitsForAnAnswer() throws Exception {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket
          .getOutputStream()
          .write(
              "POST /slow HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello"
                  .getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();
      assertThat(asked.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    }
    awaitNoConnection();
    // The client is gone and the proxy knows; the answer comes all the same, and the proxy serves
    // on.
    answer.countDown();
    try (HttpClient client = HttpClient.newHttpClient()) {
      assertThat(send(client, "/own", "again").statusCode()).isEqualTo(200);
    }
    assertThat(received.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("/own null OWN again");
    assertThat(received).isEmpty();
  }

  private void awaitNoConnection() {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (engine.activeConnections() > 0) {
      assertThat(System.nanoTime()).as("the proxy sees the reset").isLessThan(end);
      LockSupport.parkNanos(1_000_000);
    }
  }

  private HttpResponse<String> send(HttpClient client, String path, String body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .version(HttpClient.Version.HTTP_1_1)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private void echo(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.US_ASCII);
    received.add(
        exchange.getRequestURI().getPath()
            + ' '
            + exchange.getRequestHeaders().getFirst("x-ticket")
            + ' '
            + body);
    reply(exchange, "got " + body.toLowerCase(Locale.ROOT));
  }

  private static void reply(HttpExchange exchange, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.US_ASCII);
    exchange.sendResponseHeaders(200, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private static String bootstrap(int upstreamPort) {
    return """
    node: {id: test, cluster: test}
    static_resources:
      listeners:
      - name: in
        address: {socket_address: {address: 127.0.0.1, port_value: 0}}
        filter_chains:
        - filters:
          - name: http
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
              stat_prefix: in
              http_filters:
              - name: stamp
                typed_config:
                  "@type": stamp.example.com/google.protobuf.Struct
                  value: {stamp: SEEN, ticket: {cluster: up, path: /ticket}}
              - name: router
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
              route_config:
                name: local
                virtual_hosts:
                - name: all
                  domains: ["*"]
                  routes:
                  - match: {prefix: /own}
                    route: {cluster: up}
                    typed_per_filter_config:
                      stamp:
                        "@type": stamp.example.com/google.protobuf.Struct
                        value: {stamp: OWN}
                  - match: {prefix: /slow}
                    route: {cluster: up}
                    typed_per_filter_config:
                      stamp:
                        "@type": stamp.example.com/google.protobuf.Struct
                        value: {stamp: SLOW, ticket: {cluster: up, path: /slow-ticket, timeout_ms: 20000}}
                  - match: {prefix: /}
                    route: {cluster: up}
      clusters:
      - name: up
        type: STATIC
        connect_timeout: 5s
        load_assignment:
          cluster_name: up
          endpoints:
          - lb_endpoints:
            - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}
    """
        .formatted(upstreamPort);
  }
}
