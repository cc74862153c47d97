package io.heddle.proxy.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code heddle proxy} as a process: its admin API, its check of a bootstrap, its end. */
final class ProxyIT {
  private static final long PATIENCE_SECONDS = 30;

  @TempDir Path folder;

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient client = HttpClient.newBuilder().executor(threads).build();
  private final CountDownLatch reached = new CountDownLatch(1);
  private final CountDownLatch goOn = new CountDownLatch(1);
  private final List<Process> started = new ArrayList<>();
  private HttpServer upstream;

  @BeforeEach
  void start() throws Exception {
    upstream = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    upstream.setExecutor(threads);
    upstream.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    upstream.createContext(
        "/slow",
        exchange -> {
          reached.countDown();
          try {
            var _ = goOn.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    upstream.start();
  }

  @AfterEach
  void stop() {
    goOn.countDown();
    started.forEach(Process::destroyForcibly);
    client.close();
    upstream.stop(0);
    threads.close();
  }

  private Process proxy(Path log, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                ProxyMain.class.getName(),
                "proxy",
                "--concurrency",
                "1"));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    started.add(process);
    return process;
  }

  /** A proxy that is live. */
  private final class Serving {
    final Path log = folder.resolve("proxy.log");
    final Process process;
    final String admin;
    final int port;

    Serving() throws Exception {
      Path address = folder.resolve("admin-address");
      Path config = Files.writeString(folder.resolve("bootstrap.yaml"), bootstrap(""));
      process =
          proxy(
              log,
              "-c",
              config.toString(),
              "--drain-time-s",
              "8",
              "--admin-address-path",
              address.toString());
      Awaitility.await()
          .atMost(PATIENCE_SECONDS, TimeUnit.SECONDS)
          .until(() -> !process.isAlive() || (Files.exists(address) && Files.size(address) > 0));
      assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
      admin = "http://" + Files.readString(address);
      Awaitility.await()
          .atMost(PATIENCE_SECONDS, TimeUnit.SECONDS)
          .until(() -> get("/ready").statusCode() == 200);
      String listeners = get("/listeners").body().strip();
      port = Integer.parseInt(listeners.substring(listeners.lastIndexOf(':') + 1));
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
      return client.send(
          HttpRequest.newBuilder(URI.create(admin + path)).build(),
          HttpResponse.BodyHandlers.ofString());
    }

    HttpResponse<String> post(String path) throws IOException, InterruptedException {
      return client.send(
          HttpRequest.newBuilder(URI.create(admin + path))
              .POST(HttpRequest.BodyPublishers.noBody())
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }

    JsonObject json(String path) throws IOException, InterruptedException {
      return JsonParser.parseString(get(path).body()).getAsJsonObject();
    }

    HttpResponse<String> request(String path) throws IOException, InterruptedException {
      return client.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
              .version(HttpClient.Version.HTTP_1_1)
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  @Test
  void theAdminApiTellsWhatServes() throws Exception {
    Serving proxy = new Serving();
    assertThat(proxy.request("/").statusCode()).isEqualTo(200);
    assertThat(proxy.get("/ready").body()).isEqualTo("LIVE\n");
    assertThat(proxy.get("/stats").body())
        .contains("http.in.downstream_rq_total: 1\n", "cluster.up.upstream_rq_total: 1\n")
        .contains("server.state: 0\n");
    assertThat(proxy.get("/stats/prometheus").body())
        .contains("# TYPE envoy_cluster_upstream_rq_total counter\n")
        .contains("envoy_cluster_upstream_rq_total{envoy_cluster_name=\"up\"} 1\n");
    assertThat(proxy.get("/clusters").body())
        .contains("up::127.0.0.1:" + upstream.getAddress().getPort() + "::rq_total::1\n")
        .contains("up::127.0.0.1:" + upstream.getAddress().getPort() + "::health_flags::healthy\n");
    JsonObject info = proxy.json("/server_info");
    assertThat(info.get("state").getAsString()).isEqualTo("LIVE");
    assertThat(info.getAsJsonObject("node").get("id").getAsString()).isEqualTo("one");

    JsonObject bootstrap = null;
    for (JsonElement config : proxy.json("/config_dump").getAsJsonArray("configs")) {
      if (config.getAsJsonObject().has("bootstrap")) {
        bootstrap = config.getAsJsonObject().getAsJsonObject("bootstrap");
      }
    }
    assertThat(bootstrap).isNotNull();
    JsonObject metadata = bootstrap.getAsJsonObject("node").getAsJsonObject("metadata");
    assertThat(metadata.get("team").getAsString()).isEqualTo("weavers");
    assertThat(metadata.get("password").getAsString()).isEqualTo("[redacted]");
    assertThat(proxy.get("/config_dump").body())
        .doesNotContain("open sesame")
        .contains("static_listeners");

    assertThat(proxy.get("/drain_listeners").statusCode()).isEqualTo(405);
    assertThat(proxy.get("/ready").body()).isEqualTo("LIVE\n");
    assertThat(proxy.post("/drain_listeners").body()).isEqualTo("OK\n");
    assertThat(proxy.get("/ready").statusCode()).isEqualTo(503);
    assertThat(proxy.get("/ready").body()).isEqualTo("DRAINING\n");
  }

  @Test
  void aSignalEndsItAfterTheRequestUnderWay() throws Exception {
    Serving proxy = new Serving();
    CompletableFuture<Integer> slow =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return proxy.request("/slow").statusCode();
              } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
              }
            },
            threads);
    assertThat(reached.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    proxy.process.destroy();
    Awaitility.await()
        .atMost(PATIENCE_SECONDS, TimeUnit.SECONDS)
        .until(() -> proxy.get("/ready").body().equals("DRAINING\n"));
    assertThat(slow).isNotDone();
    goOn.countDown();
    assertThat(slow.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(204);
    assertThat(proxy.process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(proxy.process.exitValue()).as(Files.readString(proxy.log)).isZero();
  }

  private record Finished(int code, String said) {}

  private Finished validate(String config, String... more) throws Exception {
    Path log = Files.createTempFile(folder, "validate", ".log");
    List<String> arguments =
        new ArrayList<>(List.of("--mode", "validate", "--config-yaml", config));
    arguments.addAll(List.of(more));
    Process process = proxy(log, arguments.toArray(String[]::new));
    assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    return new Finished(process.exitValue(), Files.readString(log));
  }

  @Test
  void validateSaysWhatServingWouldAndBindsNothing() throws Exception {
    Finished good = validate(bootstrap(""));
    assertThat(good.code()).as(good.said()).isZero();
    assertThat(good.said()).contains("OK").doesNotContain("serves on");
    Finished bad = validate(bootstrap("").replace("prefix: /", "prefix: /, headers: [{}]"));
    assertThat(bad.code()).isEqualTo(1);
    assertThat(bad.said()).contains("heddle proxy: ").contains("headers[0]").doesNotContain("OK");
  }

  @Test
  void validateKnowsThePlugins() throws Exception {
    String config =
        bootstrap(
            "          - name: planted\n"
                + "            typed_config: {\"@type\": "
                + PlantedFilterFactory.TYPE_URL
                + ", value: {}}\n");
    Finished without = validate(config);
    assertThat(without.code()).isEqualTo(1);
    assertThat(without.said()).contains(PlantedFilterFactory.TYPE_URL);

    Path plugins = Files.createDirectory(folder.resolve("plugins"));
    jar(plugins.resolve("planted.jar"));
    Finished with = validate(config, "--plugins", plugins.toString());
    assertThat(with.code()).as(with.said()).isZero();

    Files.writeString(plugins.resolve("broken.jar"), "no jar");
    Finished broken = validate(config, "--plugins", plugins.toString());
    assertThat(broken.code()).isEqualTo(1);
    assertThat(broken.said()).contains("broken.jar");
  }

  /** The plugin's class as this test's own build has compiled it. */
  private static void jar(Path file) throws IOException {
    String path = PlantedFilterFactory.class.getName().replace('.', '/') + ".class";
    try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(file));
        var bytes = PlantedFilterFactory.class.getClassLoader().getResourceAsStream(path)) {
      if (bytes == null) {
        throw new IOException("no " + path);
      }
      jar.putNextEntry(new JarEntry(path));
      bytes.transferTo(jar);
      jar.putNextEntry(new JarEntry("META-INF/services/io.heddle.proxy.api.HttpFilterFactory"));
      jar.write(PlantedFilterFactory.class.getName().getBytes(StandardCharsets.UTF_8));
    }
  }

  private String bootstrap(String filter) {
    return """
    node: {id: one, cluster: test, metadata: {team: weavers, password: open sesame}}
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
    FILTER          - name: router
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
              route_config:
                name: local
                virtual_hosts:
                - name: all
                  domains: ["*"]
                  routes:
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
            - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: PORT}}}
    """
        .replace("FILTER", filter)
        .replace("PORT", Integer.toString(upstream.getAddress().getPort()));
  }
}
