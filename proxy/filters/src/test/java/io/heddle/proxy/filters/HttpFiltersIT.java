package io.heddle.proxy.filters;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.filters.cors.CorsFilterFactory;
import io.heddle.proxy.filters.grpcweb.GrpcWebFilterFactory;
import io.heddle.proxy.filters.healthcheck.HealthCheckFilterFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Filters one at a time, over sockets. */
// Wire bytes are written as they are.
@SuppressWarnings("StringConcatToTextBlock")
final class HttpFiltersIT {
  private static final String TYPE = "type.googleapis.com/envoy.extensions.filters.http.";
  private static final String TO_UPSTREAM = "- {match: {prefix: /}, route: {cluster: up}}";

  @Test
  void corsAnswersPreflightsAndMarksResponses() throws Exception {
    try (ProxyOverSockets proxy =
        ProxyOverSockets.http(
            List.of(new CorsFilterFactory()),
            """
            - name: envoy.filters.http.cors
              typed_config: {"@type": %scors.v3.Cors}
            """
                .formatted(TYPE),
            """
            - match: {prefix: /}
              route: {cluster: up}
              typed_per_filter_config:
                envoy.filters.http.cors:
                  "@type": %scors.v3.CorsPolicy
                  allow_origin_string_match: [{suffix: .example}]
                  allow_methods: PUT
            """
                .formatted(TYPE))) {
      String preflight =
          proxy.exchange(
              "OPTIONS / HTTP/1.1\r\nhost: a\r\nconnection: close\r\norigin: https://a.example\r\n"
                  + "access-control-request-method: PUT\r\n\r\n");
      assertThat(preflight)
          .startsWith("HTTP/1.1 200 OK\r\n")
          .contains("access-control-allow-origin: https://a.example\r\n")
          .contains("access-control-allow-methods: PUT\r\n");
      assertThat(proxy.nothingArrived()).isTrue();
      assertThat(proxy.get("/", "origin: https://a.example\r\n"))
          .contains("access-control-allow-origin: https://a.example\r\n")
          .endsWith("\r\n\r\nok");
      assertThat(proxy.get("/", "origin: https://a.test\r\n")).doesNotContain("access-control");
      assertThat(proxy.engine().stats().counter("http.in.cors.origin_valid")).hasValue(2L);
      assertThat(proxy.engine().stats().counter("http.in.cors.origin_invalid")).hasValue(1L);
    }
  }

  @Test
  void healthCheckAnswersForTheCluster() throws Exception {
    try (ProxyOverSockets proxy =
        ProxyOverSockets.http(
            List.of(new HealthCheckFilterFactory()),
            """
            - name: envoy.filters.http.health_check
              typed_config:
                "@type": %shealth_check.v3.HealthCheck
                pass_through_mode: false
                cluster_min_healthy_percentages: {up: {value: 50}}
                headers: [{name: ":path", string_match: {exact: /healthz}}]
            """
                .formatted(TYPE),
            TO_UPSTREAM)) {
      assertThat(proxy.get("/healthz", ""))
          .startsWith("HTTP/1.1 200 OK\r\n")
          .contains("x-envoy-upstream-healthchecked-cluster: here\r\n");
      assertThat(proxy.nothingArrived()).isTrue();
      assertThat(proxy.get("/", "")).endsWith("ok");
      proxy.engine().removeCluster("up");
      assertThat(proxy.get("/healthz", "")).startsWith("HTTP/1.1 503 ");
    }
  }

  @Test
  void grpcWebTurnsTrailersIntoAFrame() throws Exception {
    try (ProxyOverSockets proxy =
        ProxyOverSockets.http(
            List.of(new GrpcWebFilterFactory()),
            """
            - name: envoy.filters.http.grpc_web
              typed_config: {"@type": %sgrpc_web.v3.GrpcWeb}
            """
                .formatted(TYPE),
            TO_UPSTREAM)) {
      proxy.answer(request ->
          "HTTP/1.1 200 OK\r\ncontent-type: application/grpc\r\n"
              + "transfer-encoding: chunked\r\n\r\n"
              + "6\r\n\0\0\0\0\1x\r\n0\r\ngrpc-status: 0\r\n\r\n");
      String response =
          proxy.post("/a.B/C", "content-type: application/grpc-web-text\r\n", "AAAAAAF5");
      assertThat(proxy.arrived())
          .contains("content-type: application/grpc\r\n")
          .contains("te: trailers\r\n")
          .endsWith("\0\0\0\0\1y");
      assertThat(response)
          .contains("content-type: application/grpc-web+proto\r\n")
          .contains("6\r\n\0\0\0\0\1x\r\n")
          .contains("14\r\n\u0080\0\0\0\17grpc-status:0\r\n\r\n0\r\n\r\n");
    }
  }
}
