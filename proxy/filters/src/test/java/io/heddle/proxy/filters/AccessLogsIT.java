package io.heddle.proxy.filters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.envoyproxy.envoy.data.accesslog.v3.HTTPAccessLogEntry;
import io.envoyproxy.envoy.data.accesslog.v3.TCPAccessLogEntry;
import io.envoyproxy.envoy.service.accesslog.v3.StreamAccessLogsMessage;
import io.heddle.proxy.filters.grpcaccesslog.HttpGrpcAccessLoggerFactory;
import io.heddle.proxy.filters.grpcaccesslog.TcpGrpcAccessLoggerFactory;
import io.heddle.proxy.filters.harness.FakeGrpcClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Access logs that go to a service, over sockets up to the gRPC client. */
final class AccessLogsIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String LOG =
      """
      access_log:
      - name: als
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.access_loggers.grpc.v3.%sGrpcAccessLogConfig
          common_config:
            log_name: echo
            transport_api_version: V3
            buffer_flush_interval: 0.01s
            grpc_service: {envoy_grpc: {cluster_name: xds_cluster}}
      """;

  private final FakeGrpcClient grpc = new FakeGrpcClient();

  @Test
  void logsExchanges() throws Exception {
    String manager =
        """
        - name: http
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
            stat_prefix: in
        LOG
            http_filters:
            - name: router
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
            route_config:
              name: local
              virtual_hosts:
              - {name: all, domains: ["*"], routes: [{name: r, match: {prefix: /}, route: {cluster: up}}]}
        """
            .replace("LOG\n", LOG.formatted("Http").indent(4));
    try (ProxyOverSockets proxy = proxy(manager)) {
      assertThat(proxy.post("/a", "", "hello")).endsWith("ok");
      HTTPAccessLogEntry entry = first().getHttpLogs().getLogEntry(0);
      assertThat(entry.getRequest().getPath()).isEqualTo("/a");
      assertThat(entry.getRequest().getRequestBodyBytes()).isEqualTo(5);
      assertThat(entry.getResponse().getResponseCode().getValue()).isEqualTo(200);
      assertThat(entry.getResponse().getResponseBodyBytes()).isEqualTo(2);
      assertThat(entry.getResponse().getResponseCodeDetails()).isEqualTo("via_upstream");
      assertThat(entry.getCommonProperties().getRouteName()).isEqualTo("r");
      assertThat(entry.getCommonProperties().getUpstreamCluster()).isEqualTo("up");
      assertThat(entry.getCommonProperties().hasTimeToLastUpstreamRxByte()).isTrue();
      assertThat(
              entry
                  .getCommonProperties()
                  .getUpstreamRemoteAddress()
                  .getSocketAddress()
                  .getAddress())
          .isEqualTo("127.0.0.1");
    }
  }

  @Test
  void logsConnections() throws Exception {
    String tcp =
        """
        - name: tcp
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
            stat_prefix: in
            cluster: up
        LOG
        """
            .replace("LOG\n", LOG.formatted("Tcp").indent(4));
    try (ProxyOverSockets proxy = proxy(tcp)) {
      proxy.answer(request -> ProxyOverSockets.text("200 OK", "", "ok").replace("k", "K"));
      try (var socket =
          new java.net.Socket(java.net.InetAddress.getLoopbackAddress(), proxy.port())) {
        socket
            .getOutputStream()
            .write(
                "GET / HTTP/1.1\r\nhost: a\r\n\r\n"
                    .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        assertThat(socket.getInputStream().readNBytes(40)).hasSize(40);
      }
      TCPAccessLogEntry entry = first().getTcpLogs().getLogEntry(0);
      assertThat(entry.getConnectionProperties().getReceivedBytes()).isEqualTo(27);
      assertThat(entry.getConnectionProperties().getSentBytes()).isEqualTo(40);
      assertThat(entry.getCommonProperties().getUpstreamCluster()).isEqualTo("up");
    }
  }

  /** Number of lines wanted, then the filter. */
  private static final String[] FILTERS = {
    "2 status_code_filter: {comparison: {op: EQ, value: {default_value: 200, runtime_key: a}}}",
    "1 status_code_filter: {comparison: {op: GE, value: {default_value: 400, runtime_key: a}}}",
    "2 status_code_filter: {comparison: {op: LE, value: {default_value: 200, runtime_key: a}}}",
    "3 duration_filter: {comparison: {op: LE, value: {default_value: 600000, runtime_key: a}}}",
    "1 response_flag_filter: {flags: [NR, UF]}",
    "1 response_flag_filter: {}",
    "0 and_filter: {filters: [{response_flag_filter: {}}, {grpc_status_filter: {statuses: [OK]}}]}",
    "2 or_filter: {filters: [{response_flag_filter: {}}, {grpc_status_filter: {statuses: [OK]}}]}",
    "3 not_health_check_filter: {}",
    "0 traceable_filter: {}",
    "3 runtime_filter: {runtime_key: k, percent_sampled: {numerator: 100}}",
    "0 runtime_filter: {runtime_key: k}",
    "1 header_filter: {header: {name: x-log, string_match: {exact: 'yes'}}}",
    "1 grpc_status_filter: {statuses: [NOT_FOUND]}",
    "2 grpc_status_filter: {statuses: [NOT_FOUND], exclude: true}",
    "1 grpc_status_filter: {statuses: [UNIMPLEMENTED]}",
    "3 log_type_filter: {types: [DownstreamEnd]}",
    "0 log_type_filter: {types: [DownstreamEnd], exclude: true}"
  };

  @Test
  void filtersSayWhatIsLogged(@TempDir Path folder) throws Exception {
    StringBuilder logs = new StringBuilder();
    for (int i = 0; i < FILTERS.length; i++) {
      logs.append(
          """
              - name: file
                filter: {FILTER}
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
                  path: FILE
                  log_format: {text_format_source: {inline_string: "%RESPONSE_CODE%\\n"}}
          """
              .replace("FILTER", FILTERS[i].substring(2))
              .replace("FILE\n", folder.resolve(Integer.toString(i)) + "\n"));
    }
    String manager =
        """
        - name: http
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
            stat_prefix: in
            access_log:
        LOGS
            http_filters:
            - name: router
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
            route_config:
              name: local
              virtual_hosts:
              - {name: all, domains: ["*"], routes: [{match: {prefix: /known}, route: {cluster: up}}]}
        """
            .replace("LOGS\n", logs);
    try (ProxyOverSockets proxy = proxy(manager)) {
      proxy.answer(request ->
          ProxyOverSockets.text(
              "200 OK", request.contains("x-log") ? "grpc-status: 5\r\n" : "", ""));
      assertThat(proxy.get("/known", "x-log: yes\r\n")).startsWith("HTTP/1.1 200");
      assertThat(proxy.get("/known", "")).startsWith("HTTP/1.1 200");
      assertThat(proxy.get("/unknown", "")).startsWith("HTTP/1.1 404");
    }
    for (int i = 0; i < FILTERS.length; i++) {
      assertThat(Files.readAllLines(folder.resolve(Integer.toString(i))))
          .as(FILTERS[i])
          .hasSize(FILTERS[i].charAt(0) - '0');
    }
  }

  private ProxyOverSockets proxy(String filters) throws Exception {
    return new ProxyOverSockets(
        new ProxyOverSockets.Setup(
            List.of(),
            List.of(),
            List.of(new HttpGrpcAccessLoggerFactory(), new TcpGrpcAccessLoggerFactory()),
            grpc,
            ProxyOverSockets.bootstrap(filters)));
  }

  private StreamAccessLogsMessage first() {
    await()
        .atMost(PATIENCE)
        .until(() -> !grpc.streams().isEmpty() && !grpc.streams().getLast().sent().isEmpty());
    return (StreamAccessLogsMessage) grpc.streams().getLast().sent().getFirst();
  }
}
