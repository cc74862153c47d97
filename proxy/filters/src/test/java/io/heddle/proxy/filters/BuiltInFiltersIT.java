package io.heddle.proxy.filters;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.heddle.proxy.engine.Engine;
import io.heddle.proxy.engine.ListenerResult;
import io.heddle.proxy.filters.buffer.BufferFilterFactory;
import io.heddle.proxy.filters.fault.FaultFilterFactory;
import io.heddle.proxy.filters.headermutation.HeaderMutationFilterFactory;
import io.heddle.proxy.filters.localratelimit.LocalRateLimitFilterFactory;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.parse.BootstrapParser;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** All built-in filters in one chain; the upstream answers with what it was sent. */
final class BuiltInFiltersIT {
  private static final long PATIENCE_SECONDS = 20;

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient client = HttpClient.newHttpClient();
  private HttpServer upstream;
  private Engine engine;
  private int port;

  @BeforeEach
  void start() throws Exception {
    upstream = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    upstream.setExecutor(threads);
    upstream.createContext("/", BuiltInFiltersIT::describe);
    upstream.start();
    Parsed<BootstrapConfig> parsed =
        new BootstrapParser(ParseOptions.STRICT).parse(bootstrap(upstream.getAddress().getPort()));
    if (!(parsed instanceof Parsed.Ok<BootstrapConfig> ok)) {
      throw new AssertionError(parsed.toString());
    }
    engine =
        Engine.builder()
            .concurrency(2)
            .httpFilters(
                List.of(
                    new BufferFilterFactory(),
                    new FaultFilterFactory(),
                    new HeaderMutationFilterFactory(),
                    new LocalRateLimitFilterFactory()))
            .start();
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
    client.close();
    engine.close();
    upstream.stop(0);
    threads.close();
  }

  @Test
  void changesHeadersBothWays() throws Exception {
    HttpResponse<String> response = get("/plain?secret=1&k=2");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).contains("path=/plain?k=2").contains("x-via=filter,route");
    assertThat(response.headers().firstValue("x-powered-by")).isEmpty();
    assertThat(response.headers().firstValue("x-seen")).contains("/plain?k=2");
  }

  @Test
  void refusesBeyondTheLimit() throws Exception {
    assertThat(get("/limited").statusCode()).isEqualTo(200);
    HttpResponse<String> refused = get("/limited");
    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(refused.body()).isEqualTo("local_rate_limited");
    assertThat(refused.headers().firstValue("x-envoy-ratelimited")).isEmpty();
    assertThat(refused.headers().firstValue("x-limit")).contains("one");
    assertThat(get("/plain").statusCode()).isEqualTo(200);
    // The filter's and the route's are found side by side.
    assertThat(engine.stats().counter("one.http_local_rate_limit.enforced")).hasValue(1L);
    assertThat(engine.stats().counter("none.http_local_rate_limit.enabled")).hasValue(0L);
  }

  @Test
  void abortsAndDelays() throws Exception {
    HttpResponse<String> aborted = get("/aborted");
    assertThat(aborted.statusCode()).isEqualTo(418);
    assertThat(aborted.body()).isEqualTo("fault filter abort");
    long before = System.nanoTime();
    assertThat(get("/delayed").statusCode()).isEqualTo(200);
    assertThat(System.nanoTime() - before).isGreaterThanOrEqualTo(100_000_000);
  }

  @Test
  void buffersAChunkedRequestAndGivesItALength() throws Exception {
    assertThat(post("/buffered", 100).body()).contains("length=100").contains("body=100");
    assertThat(post("/buffered", 101).statusCode()).isEqualTo(413);
    assertThat(post("/plain", 101).body()).contains("length=null").contains("body=101");
  }

  private HttpResponse<String> get(String path) throws Exception {
    return send(HttpRequest.newBuilder(uri(path)).GET());
  }

  /** A body of unknown length goes out in chunks. */
  private HttpResponse<String> post(String path, int bytes) throws Exception {
    return send(
        HttpRequest.newBuilder(uri(path))
            .POST(
                HttpRequest.BodyPublishers.ofInputStream(
                    () -> new ByteArrayInputStream(new byte[bytes]))));
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return client.send(
        request.version(HttpClient.Version.HTTP_1_1).build(), HttpResponse.BodyHandlers.ofString());
  }

  private static void describe(HttpExchange exchange) throws IOException {
    int bytes = exchange.getRequestBody().readAllBytes().length;
    List<String> via = exchange.getRequestHeaders().get("x-via");
    String text =
        "path="
            + exchange.getRequestURI()
            + " x-via="
            + (via == null ? "" : String.join(",", via))
            + " length="
            + exchange.getRequestHeaders().getFirst("content-length")
            + " body="
            + bytes;
    byte[] body = text.getBytes(StandardCharsets.US_ASCII);
    exchange.getResponseHeaders().add("x-powered-by", "test");
    exchange.sendResponseHeaders(200, body.length);
    exchange.getResponseBody().write(body);
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
              - name: limit
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit
                  stat_prefix: none
              - name: fault
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault
              - name: buffer
                disabled: true
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer
                  max_request_bytes: 1
              - name: headers
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation
                  mutations:
                    request_mutations:
                    - append: {header: {key: x-via, value: filter}}
                    query_parameter_mutations:
                    - remove: secret
                    response_mutations:
                    - remove: x-powered-by
                    - append: {header: {key: x-seen, value: "%%REQ(:PATH)%%"}}
              - name: router
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
              route_config:
                name: local
                virtual_hosts:
                - name: all
                  domains: ["*"]
                  routes:
                  - match: {prefix: /limited}
                    route: {cluster: up}
                    typed_per_filter_config:
                      limit:
                        "@type": type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit
                        stat_prefix: one
                        token_bucket: {max_tokens: 1, fill_interval: 3600s}
                        filter_enabled: {default_value: {numerator: 100}}
                        filter_enforced: {default_value: {numerator: 100}}
                        response_headers_to_add:
                        - header: {key: x-limit, value: one}
                  - match: {prefix: /aborted}
                    route: {cluster: up}
                    typed_per_filter_config:
                      fault:
                        "@type": type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault
                        abort: {http_status: 418, percentage: {numerator: 100}}
                  - match: {prefix: /delayed}
                    route: {cluster: up}
                    typed_per_filter_config:
                      fault:
                        "@type": type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault
                        delay: {fixed_delay: 0.1s, percentage: {numerator: 100}}
                  - match: {prefix: /buffered}
                    route: {cluster: up}
                    typed_per_filter_config:
                      buffer:
                        "@type": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.BufferPerRoute
                        buffer: {max_request_bytes: 100}
                  - match: {prefix: /}
                    route: {cluster: up}
                    typed_per_filter_config:
                      headers:
                        "@type": type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute
                        mutations:
                          request_mutations:
                          - append: {header: {key: x-via, value: route}}
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
