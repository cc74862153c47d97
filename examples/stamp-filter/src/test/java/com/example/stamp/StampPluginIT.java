package com.example.stamp;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * The jar in a plugins folder of the proxy, which runs as a process of its own: the plugin's
 * classes are not on its class path. Every buffer is watched, and none may be lost when it ends.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class StampPluginIT {
  private static final long PATIENCE_SECONDS = 20;

  @TempDir static Path folder;

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient client = HttpClient.newBuilder().executor(threads).build();
  private final List<String> received = new CopyOnWriteArrayList<>();
  private final CountDownLatch asked = new CountDownLatch(1);
  private final CountDownLatch answer = new CountDownLatch(1);
  private final CountDownLatch firstPieceSeen = new CountDownLatch(1);
  private HttpServer upstream;
  private Process proxy;
  private Path log;
  private String admin;
  private int port;

  @BeforeAll
  void start() throws Exception {
    upstream = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    upstream.setExecutor(threads);
    upstream.createContext("/", this::echo);
    upstream.createContext("/own/stream", this::stream);
    upstream.createContext("/ticket", exchange -> reply(exchange, "T-7"));
    upstream.createContext(
        "/slow-ticket",
        exchange -> {
          asked.countDown();
          await(answer);
          reply(exchange, "late");
        });
    upstream.start();

    Path jar = Path.of(System.getProperty("plugin.jar"));
    Path plugins = Files.createDirectory(folder.resolve("plugins"));
    Files.copy(jar, plugins.resolve(jar.getFileName()));
    Path config =
        Files.writeString(
            folder.resolve("bootstrap.yaml"), bootstrap(upstream.getAddress().getPort()));
    Path address = folder.resolve("admin-address");
    log = folder.resolve("proxy.log");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dio.netty.leakDetection.level=paranoid",
                "-cp",
                classPathWithoutThePlugin(),
                "io.heddle.proxy.app.ProxyMain",
                "proxy",
                "-c",
                config.toString(),
                "--concurrency",
                "2",
                "--plugins",
                plugins.toString(),
                "--admin-address-path",
                address.toString()));
    proxy =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    until(
        "the proxy is ready",
        () -> {
          if (!proxy.isAlive()) {
            throw new AssertionError("the proxy ended:\n" + read(log));
          }
          String written = Files.exists(address) ? read(address) : "";
          if (written.isEmpty()) {
            return false;
          }
          admin = "http://" + written.strip();
          return admin("/ready").equals("LIVE\n");
        });
    String listeners = admin("/listeners");
    port = Integer.parseInt(listeners.strip().substring(listeners.strip().lastIndexOf(':') + 1));
  }

  private static String classPathWithoutThePlugin() {
    return String.join(
        File.pathSeparator,
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !entry.endsWith("classes") && !entry.contains("stamp-filter-"))
            .toList());
  }

  /** Whatever the tests asked of it, the proxy ends in order and has lost no buffer. */
  @AfterAll
  void stop() throws Exception {
    answer.countDown();
    firstPieceSeen.countDown();
    try {
      // A lost buffer is reported when another is taken after it was collected.
      Process collected =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                  Long.toString(proxy.pid()),
                  "GC.run")
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("jcmd.log").toFile())
              .start();
      assertThat(collected.waitFor()).isZero();
      for (int i = 0; i < 20; i++) {
        assertThat(send("/own/last", "again").statusCode()).isEqualTo(200);
      }
      proxy.destroy();
      assertThat(proxy.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
      assertThat(read(log)).doesNotContain("LEAK");
      assertThat(proxy.exitValue()).as(read(log)).isZero();
    } finally {
      proxy.destroyForcibly();
      client.close();
      upstream.stop(0);
      threads.close();
    }
  }

  @Test
  void stampsRequestsAndResponses() throws Exception {
    HttpResponse<String> response = send("/asks", "hello");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(receivedAt("/asks")).isEqualTo("/asks T-7 SEEN hello");
    assertThat(response.body()).isEqualTo("GOT SEEN HELLO SEEN");
  }

  @Test
  void readsTheRoutesConfiguration() throws Exception {
    HttpResponse<String> response = send("/own", "hello");
    assertThat(receivedAt("/own")).isEqualTo("/own null OWN hello");
    assertThat(response.body()).isEqualTo("GOT OWN HELLO OWN");
  }

  @Test
  void changesAResponseWhileItStreams() throws Exception {
    HttpResponse<InputStream> response =
        client.send(request("/own/stream", "go"), HttpResponse.BodyHandlers.ofInputStream());
    try (InputStream body = response.body()) {
      assertThat(new String(body.readNBytes(5), StandardCharsets.US_ASCII)).isEqualTo("FIRST");
      // Only now does the upstream send the rest: nothing was waited for.
      firstPieceSeen.countDown();
      assertThat(new String(body.readAllBytes(), StandardCharsets.US_ASCII))
          .isEqualTo(" SECOND OWN");
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
      await(asked);
    }
    until("the proxy sees the reset", () -> stat("http.in.downstream_rq_rx_reset") == 1);
    until("the call is given up", () -> stat("cluster.up.upstream_rq_active") == 0);
    // The answer comes all the same, and the proxy serves on.
    answer.countDown();
    assertThat(send("/own/after", "again").statusCode()).isEqualTo(200);
    assertThat(received).noneMatch(request -> request.startsWith("/slow"));
  }

  /** What the upstream got at this path; each test has its own. */
  private String receivedAt(String path) {
    return received.stream()
        .filter(request -> request.startsWith(path + ' '))
        .findFirst()
        .orElseThrow();
  }

  private long stat(String name) {
    return admin("/stats?filter=" + name)
        .lines()
        .filter(line -> line.startsWith(name + ": "))
        .mapToLong(line -> Long.parseLong(line.substring(name.length() + 2)))
        .findFirst()
        .orElse(-1);
  }

  private String admin(String path) {
    try {
      return client
          .send(
              HttpRequest.newBuilder(URI.create(admin + path)).build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    } catch (IOException e) {
      return e.toString();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private HttpRequest request(String path, String body) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
        .version(HttpClient.Version.HTTP_1_1)
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
  }

  private HttpResponse<String> send(String path, String body) throws Exception {
    return client.send(request(path, body), HttpResponse.BodyHandlers.ofString());
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static void until(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what).isLessThan(end);
      LockSupport.parkNanos(10_000_000);
    }
  }

  private static void await(CountDownLatch latch) throws IOException {
    try {
      if (!latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw new IOException("waited in vain");
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
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

  private void stream(HttpExchange exchange) throws IOException {
    exchange.getRequestBody().readAllBytes();
    exchange.sendResponseHeaders(200, 0);
    exchange.getResponseBody().write("first".getBytes(StandardCharsets.US_ASCII));
    exchange.getResponseBody().flush();
    await(firstPieceSeen);
    exchange.getResponseBody().write(" second".getBytes(StandardCharsets.US_ASCII));
    exchange.close();
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
    admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
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
