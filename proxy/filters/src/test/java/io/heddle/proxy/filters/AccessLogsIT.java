package io.heddle.proxy.filters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.envoyproxy.envoy.data.accesslog.v3.HTTPAccessLogEntry;
import io.envoyproxy.envoy.data.accesslog.v3.TCPAccessLogEntry;
import io.envoyproxy.envoy.service.accesslog.v3.StreamAccessLogsMessage;
import io.heddle.proxy.filters.grpcaccesslog.HttpGrpcAccessLoggerFactory;
import io.heddle.proxy.filters.grpcaccesslog.TcpGrpcAccessLoggerFactory;
import io.heddle.proxy.filters.harness.FakeGrpcClient;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

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
