package io.heddle.proxy.filters;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.filters.buffer.BufferFilterFactory;
import io.heddle.proxy.filters.fault.FaultFilterFactory;
import io.heddle.proxy.filters.headermutation.HeaderMutationFilterFactory;
import io.heddle.proxy.filters.localratelimit.LocalRateLimitFilterFactory;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Several built-in filters in one chain, some of them with a configuration on the route. */
@SuppressWarnings("StringConcatToTextBlock") // The line ends matter.
final class BuiltInFiltersIT {
  private static final String FILTERS =
      """
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
            - append: {header: {key: x-seen, value: "%REQ(:PATH)%"}}
            - append: {header: {key: x-where, value: "%UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"}}
      """;

  private static final String ROUTES =
      """
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
      """;

  private ProxyOverSockets proxy;

  @BeforeEach
  void start() throws Exception {
    proxy =
        ProxyOverSockets.http(
            List.of(
                new BufferFilterFactory(),
                new FaultFilterFactory(),
                new HeaderMutationFilterFactory(),
                new LocalRateLimitFilterFactory()),
            FILTERS,
            ROUTES);
    proxy.answer(request -> ProxyOverSockets.text("200 OK", "x-powered-by: test\r\n", "ok"));
  }

  @AfterEach
  void stop() throws Exception {
    proxy.close();
  }

  @Test
  void changesHeadersBothWays() throws Exception {
    assertThat(proxy.get("/plain?secret=1&k=2", ""))
        .startsWith("HTTP/1.1 200 ")
        .doesNotContain("x-powered-by")
        .contains("\r\nx-seen: /plain?k=2\r\n")
        .contains("\r\nx-where: 127.0.0.1\r\n");
    assertThat(proxy.arrived())
        .startsWith("GET /plain?k=2 ")
        .contains("\r\nx-via: filter\r\n")
        .contains("\r\nx-via: route\r\n");
  }

  @Test
  void refusesBeyondTheLimit() throws Exception {
    assertThat(proxy.get("/limited", "")).startsWith("HTTP/1.1 200 ");
    assertThat(proxy.get("/limited", ""))
        .startsWith("HTTP/1.1 429 ")
        .doesNotContain("x-envoy-ratelimited")
        .contains("\r\nx-limit: one\r\n")
        .endsWith("\r\n\r\nlocal_rate_limited");
    assertThat(proxy.get("/plain", "")).startsWith("HTTP/1.1 200 ");
    // The filter's and the route's are found side by side.
    assertThat(proxy.engine().stats().counter("one.http_local_rate_limit.enforced")).hasValue(1L);
    assertThat(proxy.engine().stats().counter("none.http_local_rate_limit.enabled")).hasValue(0L);
  }

  @Test
  void abortsAndDelays() throws Exception {
    assertThat(proxy.get("/aborted", ""))
        .startsWith("HTTP/1.1 418 ")
        .endsWith("\r\n\r\nfault filter abort");
    long before = System.nanoTime();
    assertThat(proxy.get("/delayed", "")).startsWith("HTTP/1.1 200 ");
    assertThat(System.nanoTime() - before).isGreaterThanOrEqualTo(100_000_000);
  }

  @Test
  void buffersAChunkedRequestAndGivesItALength() throws Exception {
    assertThat(chunked("/buffered", 100)).startsWith("HTTP/1.1 200 ");
    assertThat(proxy.arrived())
        .contains("\r\ncontent-length: 100\r\n")
        .endsWith("\r\n\r\n" + "b".repeat(100));
    assertThat(chunked("/buffered", 101)).startsWith("HTTP/1.1 413 ");
    assertThat(chunked("/plain", 101)).startsWith("HTTP/1.1 200 ");
    assertThat(proxy.arrived())
        .contains("\r\ntransfer-encoding: chunked\r\n")
        .endsWith("\r\n\r\n" + "b".repeat(101));
  }

  /** A body of unknown length. */
  private String chunked(String path, int bytes) throws Exception {
    return proxy.exchange(
        "POST "
            + path
            + " HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
            + Integer.toHexString(bytes)
            + "\r\n"
            + "b".repeat(bytes)
            + "\r\n0\r\n\r\n");
  }
}
