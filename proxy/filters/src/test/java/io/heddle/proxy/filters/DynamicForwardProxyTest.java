package io.heddle.proxy.filters;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.Engine;
import io.heddle.proxy.engine.ListenerResult;
import io.heddle.proxy.filters.dynamicforwardproxy.DynamicForwardProxyFilterFactory;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.parse.BootstrapParser;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A proxy that goes wherever its requests name a host: filter, cache and cluster together. */
class DynamicForwardProxyTest {
  private static final String TYPE = "type.googleapis.com/envoy.extensions.";
  private static final String CACHE = "{name: names, dns_lookup_family: V4_ONLY, max_hosts: 4}";

  private final AtomicInteger asked = new AtomicInteger();
  private final CompletableFuture<List<InetAddress>> late = new CompletableFuture<>();
  private ServerSocket upstream;
  private Engine engine;
  private int port;

  @BeforeEach
  void begin() throws Exception {
    upstream = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::serve);
    engine =
        Engine.builder()
            .concurrency(1)
            .resolver(this::resolve)
            .httpFilters(List.of(new DynamicForwardProxyFilterFactory()))
            .start();
    BootstrapConfig config = parse(CACHE, CACHE);
    config.clusters().forEach(cluster -> assertThat(engine.applyCluster(cluster)).isEmpty());
    ListenerResult result =
        engine
            .applyListener(config.listeners().getFirst())
            .toCompletableFuture()
            .get(20, TimeUnit.SECONDS);
    assertThat(result).isInstanceOf(ListenerResult.Serving.class);
    port = ((ListenerResult.Serving) result).address().getPort();
  }

  @AfterEach
  void end() throws IOException {
    engine.close();
    upstream.close();
  }

  private CompletionStage<List<InetAddress>> resolve(String name) {
    asked.incrementAndGet();
    return switch (name) {
      case "a.test", "b.test" ->
          CompletableFuture.completedFuture(List.of(InetAddress.getLoopbackAddress()));
      case "late.test" -> late;
      default -> CompletableFuture.failedFuture(new UnknownHostException(name));
    };
  }

  /** Answers with the first line and the host of each request. */
  private void serve() {
    while (!upstream.isClosed()) {
      try {
        Socket socket = upstream.accept();
        Thread.ofVirtual()
            .start(() -> {
              try (socket) {
                for (String head = head(socket); !head.isEmpty(); head = head(socket)) {
                  String host = head.replaceAll("(?s).*\r\n(?i:host): ([^\r]*)\r\n.*", "$1");
                  String answer =
                      "HTTP/1.1 200 OK\r\ncontent-length: " + host.length() + "\r\n\r\n" + host;
                  socket.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
                }
              } catch (IOException _) {
                // The proxy has gone.
              }
            });
      } catch (IOException _) {
        // Closed.
      }
    }
  }

  private static String head(Socket socket) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = socket.getInputStream().read();
      if (next < 0) {
        return "";
      }
      head.append((char) next);
    }
    return head.toString();
  }

  private static BootstrapConfig parse(String ofFilter, String ofCluster) {
    Parsed<BootstrapConfig> parsed =
        new BootstrapParser(ParseOptions.STRICT).parse(bootstrap(ofFilter, ofCluster));
    return switch (parsed) {
      case Parsed.Ok<BootstrapConfig> ok -> ok.value();
      case Parsed.Refused<BootstrapConfig> refused -> throw new AssertionError(refused.message());
    };
  }

  private static String bootstrap(String ofFilter, String ofCluster) {
    return """
    node: {id: test, cluster: here}
    static_resources:
      listeners:
      - name: in
        address: {socket_address: {address: 127.0.0.1, port_value: 0}}
        filter_chains:
        - filters:
          - name: http
            typed_config:
              "@type": TYPEfilters.network.http_connection_manager.v3.HttpConnectionManager
              stat_prefix: in
              http_filters:
              - name: envoy.filters.http.dynamic_forward_proxy
                typed_config:
                  "@type": TYPEfilters.http.dynamic_forward_proxy.v3.FilterConfig
                  dns_cache_config: OF_FILTER
              - name: router
                typed_config: {"@type": TYPEfilters.http.router.v3.Router}
              route_config:
                name: local
                virtual_hosts:
                - name: all
                  domains: ["*"]
                  routes:
                  - match: {prefix: /literal}
                    route: {cluster: anywhere}
                    typed_per_filter_config:
                      envoy.filters.http.dynamic_forward_proxy:
                        "@type": TYPEfilters.http.dynamic_forward_proxy.v3.PerRouteConfig
                        host_rewrite_literal: nowhere.test
                  - match: {prefix: /header}
                    route: {cluster: anywhere}
                    typed_per_filter_config:
                      envoy.filters.http.dynamic_forward_proxy:
                        "@type": TYPEfilters.http.dynamic_forward_proxy.v3.PerRouteConfig
                        host_rewrite_header: x-to
                  - match: {prefix: /}
                    route: {cluster: anywhere}
      clusters:
      - name: anywhere
        lb_policy: CLUSTER_PROVIDED
        connect_timeout: 5s
        cluster_type:
          name: envoy.clusters.dynamic_forward_proxy
          typed_config:
            "@type": TYPEclusters.dynamic_forward_proxy.v3.ClusterConfig
            dns_cache_config: OF_CLUSTER
    """
        .replace("TYPE", TYPE)
        .replace("OF_FILTER", ofFilter)
        .replace("OF_CLUSTER", ofCluster);
  }

  private String get(String path, String host, String... headers) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(20_000);
      send(socket, path, host, headers);
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  private static void send(Socket socket, String path, String host, String... headers)
      throws IOException {
    String request =
        "GET "
            + path
            + " HTTP/1.1\r\nhost: "
            + host
            + "\r\nconnection: close\r\n"
            + String.join("", List.of(headers).stream().map(h -> h + "\r\n").toList())
            + "\r\n";
    socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
  }

  private String named(String host) {
    return host + ":" + upstream.getLocalPort();
  }

  @Test
  void aRequestGoesWhereItSays() throws Exception {
    assertThat(get("/", named("a.test"))).startsWith("HTTP/1.1 200").endsWith(named("a.test"));
    assertThat(get("/", named("b.test"))).endsWith(named("b.test"));
    assertThat(get("/", named("a.test"))).endsWith(named("a.test"));
    assertThat(get("/", named("127.0.0.1"))).endsWith(named("127.0.0.1"));
    assertThat(asked).hasValue(2);
    assertThat(engine.clusters().getFirst().hosts())
        .extracting(host -> host.hostname())
        .containsExactlyInAnyOrder("a.test", "b.test", "127.0.0.1");
    assertThat(engine.stats().counter("dns_cache.names.host_added")).hasValue(3L);
  }

  @Test
  void aNameWithoutAnAddressIsRefused() throws Exception {
    assertThat(get("/", "nowhere.test"))
        .startsWith("HTTP/1.1 503")
        .endsWith("\r\n\r\nDNS resolution failure");
    assertThat(get("/", "a..b")).startsWith("HTTP/1.1 503");
    assertThat(get("/literal", named("a.test"))).startsWith("HTTP/1.1 503");
    assertThat(engine.stats().counter("dns_cache.names.dns_query_failure")).isNotEmpty();
  }

  @Test
  void aRouteNamesAnotherHost() throws Exception {
    assertThat(get("/header", "nowhere.test", "x-to: " + named("a.test")))
        .endsWith(named("a.test"));
    assertThat(get("/header", named("b.test"))).endsWith(named("b.test"));
  }

  @Test
  void aRequestWaitsForItsAnswer() throws Exception {
    Socket gone = new Socket(InetAddress.getLoopbackAddress(), port);
    try (Socket waiting = new Socket(InetAddress.getLoopbackAddress(), port)) {
      waiting.setSoTimeout(20_000);
      send(waiting, "/", named("late.test"));
      send(gone, "/", named("late.test"));
      until(() -> remaining() == 1022);
      gone.close();
      until(() -> remaining() == 1023);
      late.complete(List.of(InetAddress.getLoopbackAddress()));
      assertThat(new String(waiting.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1))
          .endsWith(named("late.test"));
      assertThat(remaining()).isEqualTo(1024);
    }
  }

  /** Waits, at most twenty seconds, for what another thread brings about. */
  private static void until(BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("the time that a test waits").isLessThan(end);
      LockSupport.parkNanos(500_000);
    }
  }

  private long remaining() {
    return engine
        .stats()
        .gauge("dns_cache.names.circuit_breakers.rq_pending_remaining")
        .orElse(-1L);
  }

  @Test
  void thereIsRoomForSoManyNames() throws Exception {
    for (int i = 0; i < 4; i++) {
      assertThat(get("/", named("127.0.0." + (i + 1)))).startsWith("HTTP/1.1 ");
    }
    assertThat(get("/", named("a.test")))
        .startsWith("HTTP/1.1 503")
        .endsWith("\r\n\r\nDNS cache overflow");
  }

  @Test
  void anotherCacheOfTheSameNameIsRefused() {
    BootstrapConfig other = parse("{name: names}", "{name: names, max_hosts: 7}");
    assertThat(engine.checkCluster(other.clusters().getFirst()))
        .extracting(ConfigError::field)
        .containsExactly("cluster_type.typed_config.dns_cache_config.name");
    assertThat(engine.checkListener(other.listeners().getFirst()))
        .singleElement()
        .satisfies(
            error -> assertThat(error.field()).endsWith("typed_config.dns_cache_config.name"));
  }

  @Test
  void withoutItsClusterTheCacheGoes() throws Exception {
    assertThat(get("/", named("a.test"))).endsWith(named("a.test"));
    engine.removeCluster("anywhere");
    assertThat(get("/", named("a.test"))).startsWith("HTTP/1.1 503");
  }
}
