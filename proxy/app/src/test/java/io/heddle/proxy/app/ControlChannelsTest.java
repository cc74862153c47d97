package io.heddle.proxy.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.service.accesslog.v3.AccessLogServiceGrpc;
import io.envoyproxy.envoy.service.accesslog.v3.StreamAccessLogsMessage;
import io.envoyproxy.envoy.service.accesslog.v3.StreamAccessLogsResponse;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.heddle.testkit.TestAuthority;
import io.heddle.testkit.TestAuthority.Issued;
import io.heddle.testkit.TestAuthority.Wish;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The channels to control planes and log services: over TLS on both sides, over unix sockets. */
class ControlChannelsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final String LISTENER =
      """
      name: in
      address: {socket_address: {address: 127.0.0.1, port_value: 0}}
      filter_chains:
      - transport_socket: TLS
        filters:
        - name: http
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
            stat_prefix: in
            access_log: LOGS
            route_config:
              virtual_hosts:
              - {name: all, domains: ["*"], routes: [{match: {prefix: /}, direct_response: {status: 200}}]}
            http_filters:
            - name: router
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
      """;

  private final ScriptedControlPlane plane = new ScriptedControlPlane();
  private final List<Server> servers = new ArrayList<>();
  private final MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

  @AfterEach
  void stop() throws InterruptedException {
    for (Server server : servers) {
      server.shutdownNow().awaitTermination();
    }
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).await();
  }

  @Test
  void bothSidesOfTheAggregatedStreamShowTheirCertificates() throws Exception {
    TestAuthority authority = TestAuthority.create("control");
    int port = tlsServer(authority);
    plane.put("v1", Listener.newBuilder(), plain());
    Issued own = authority.issue(Wish.dns("proxy.example"));
    try (RunningProxy proxy =
        RunningProxy.start(bootstrap(socket(port), transport(authority, shown(own))))) {
      proxy.awaitLive();
      proxy.awaitStat("control_plane.connected_state: 1");
      assertThat(proxy.get("/stats"))
          .contains("control_plane.identifier: \"scripted\"\n")
          .contains("listener_manager.lds.update_success: 1\n")
          .contains("listener_manager.lds.version_text: \"v1\"\n")
          .contains("cluster.control.ssl.fail_verify_error: 0\n");
      assertThat(proxy.runtime().engine().listeners()).hasSize(1);
    }
  }

  @Test
  void controlPlaneOfAnotherAuthorityIsRefusedAndThatIsSaid() throws Exception {
    TestAuthority authority = TestAuthority.create("control");
    int port = tlsServer(authority);
    TestAuthority other = TestAuthority.create("other");
    Issued own = authority.issue(Wish.dns("proxy.example"));
    PrintStream before = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try (RunningProxy proxy =
        RunningProxy.start(bootstrap(socket(port), transport(other, shown(own))))) {
      await()
          .atMost(PATIENCE)
          .until(() -> proxy.stat("cluster.control.ssl.fail_verify_error") >= 2);
      await().atMost(PATIENCE).until(() -> proxy.stat("listener_manager.lds.update_failure") >= 1);
      assertThat(proxy.get("/stats"))
          .contains("control_plane.connected_state: 0\n")
          .contains("listener_manager.lds.update_success: 0\n");
      assertThat(log.toString(StandardCharsets.UTF_8))
          .contains("Control plane at 127.0.0.1:" + port + ": UNAVAILABLE")
          .containsIgnoringCase("certificate");
    } finally {
      System.setErr(before);
    }
  }

  @Test
  void controlPlaneThatWantsACertificateRefusesAProxyWithoutOne() throws Exception {
    TestAuthority authority = TestAuthority.create("control");
    int port = tlsServer(authority);
    try (RunningProxy proxy =
        RunningProxy.start(bootstrap(socket(port), transport(authority, "")))) {
      await().atMost(PATIENCE).until(() -> proxy.stat("listener_manager.lds.update_failure") >= 2);
      assertThat(proxy.get("/stats")).contains("listener_manager.lds.update_success: 0\n");
    }
  }

  @Test
  void unixSocketsCarryConfigurationSecretsAndLogs() throws Exception {
    // A path of at most 107 bytes, which a folder of the build may be too long for.
    Path folder = Files.createTempDirectory("heddle");
    Path control = folder.resolve("control");
    Path logs = folder.resolve("logs");
    BlockingQueue<StreamAccessLogsMessage> arrived = new LinkedBlockingQueue<>();
    try {
      unixServer(control, plane.services());
      unixServer(logs, List.of(logService(arrived)));
      TestAuthority authority = TestAuthority.create("control");
      Issued web = authority.issue(Wish.dns("shop.example"));
      plane.put("s1", Secret.newBuilder(), secret("web", web));
      plane.put(
          "l1",
          Listener.newBuilder(),
          LISTENER.replace(": TLS", ": " + TLS).replace(": LOGS", ": " + LOGS));
      String more =
          """
            - name: logs
              type: STATIC
              load_assignment:
                cluster_name: logs
                endpoints: [{lb_endpoints: [{endpoint: {address: {pipe: {path: %s}}}}]}]
          """
              .formatted(logs);
      try (RunningProxy proxy =
          RunningProxy.start(bootstrap("{pipe: {path: " + control + "}}", "\n" + more))) {
        proxy.awaitLive();
        proxy.awaitStat("sds.web.version_text: \"s1\"");
        assertThat(plane.refusals()).isEmpty();
        try (TlsClient client = TlsClient.connect(proxy.port())) {
          assertThat(client.certificate()).isEqualTo(web.certificate());
          assertThat(client.get("/")).startsWith("HTTP/1.1 200");
        }
        assertThat(arrived.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isNotNull();
      }
    } finally {
      Files.deleteIfExists(control);
      Files.deleteIfExists(logs);
      Files.delete(folder);
    }
  }

  @Test
  void abstractNameOfAControlPlaneIsRefusedByField() {
    assertThatThrownBy(() -> RunningProxy.start(bootstrap("{pipe: {path: '@control'}}", "")))
        .hasMessageContaining("Cluster control: load_assignment")
        .hasMessageContaining("pipe.path: found the abstract name @control");
  }

  private static final String LOGS =
      """
      [{name: grpc, typed_config: {
        "@type": type.googleapis.com/envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig,
        common_config: {log_name: in, transport_api_version: V3, buffer_flush_interval: 0.1s,
          grpc_service: {envoy_grpc: {cluster_name: logs}}}}}]\
      """
          .replace("\n", " ");

  private static final String TLS =
      """
      {name: tls, typed_config: {
        "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext,
        common_tls_context: {tls_certificate_sds_secret_configs: [{name: web, sds_config: {
          api_config_source: {api_type: DELTA_GRPC, transport_api_version: V3,
            grpc_services: [{envoy_grpc: {cluster_name: control}}]}}}]}}}\
      """
          .replace("\n", " ");

  private static String plain() {
    return LISTENER
        .replace("  access_log: LOGS", "")
        .replace("- transport_socket: TLS\n  filters", "- filters");
  }

  static String secret(String name, Issued issued) {
    return "name: %s\ntls_certificate: {certificate_chain: {inline_string: %s}, private_key: {inline_string: %s}}"
        .formatted(name, quoted(issued.certificatePem()), quoted(issued.keyPem()));
  }

  private static String socket(int port) {
    return "{socket_address: {address: 127.0.0.1, port_value: " + port + "}}";
  }

  private static String shown(Issued own) {
    return "tls_certificates: [{certificate_chain: {inline_string: "
        + quoted(own.certificatePem())
        + "}, private_key: {inline_string: "
        + quoted(own.keyPem())
        + "}}], ";
  }

  private static String transport(TestAuthority authority, String shown) {
    return "\n    transport_socket: {name: tls, typed_config: {'@type':"
        + " type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext,"
        + " sni: control.example, common_tls_context: {"
        + shown
        + "validation_context: {trusted_ca: {inline_string: "
        + quoted(authority.pem())
        + "}}}}}\n";
  }

  static String quoted(String pem) {
    return '"' + pem.replace("\n", "\\n") + '"';
  }

  /** The bootstrap of a proxy whose control plane is at an address. */
  static String bootstrap(String address, String more) {
    return """
    node: {id: one, cluster: test}
    admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
    dynamic_resources:
      ads_config:
        api_type: DELTA_GRPC
        transport_api_version: V3
        grpc_services: [{envoy_grpc: {cluster_name: control}}]
      cds_config: {ads: {}, initial_fetch_timeout: 0.05s}
      lds_config: {ads: {}, initial_fetch_timeout: 0s}
    static_resources:
      clusters:
      - name: control
        type: STATIC
        load_assignment:
          cluster_name: control
          endpoints: [{lb_endpoints: [{endpoint: {address: ADDRESS}}]}]\
    """
            .replace("ADDRESS", address)
        + more
        + "\n";
  }

  private int tlsServer(TestAuthority authority) throws Exception {
    Issued theirs = authority.issue(Wish.dns("control.example"));
    SslContext tls =
        GrpcSslContexts.configure(
                SslContextBuilder.forServer(theirs.key(), theirs.certificate()), SslProvider.JDK)
            .trustManager(authority.certificate())
            .clientAuth(ClientAuth.REQUIRE)
            .build();
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .sslContext(tls);
    plane.services().forEach(builder::addService);
    Server server = builder.build().start();
    servers.add(server);
    return server.getPort();
  }

  private void unixServer(Path path, List<BindableService> services) throws Exception {
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(path))
            .channelType(NioServerDomainSocketChannel.class)
            .bossEventLoopGroup(loops)
            .workerEventLoopGroup(loops);
    services.forEach(builder::addService);
    servers.add(builder.build().start());
  }

  private static BindableService logService(BlockingQueue<StreamAccessLogsMessage> arrived) {
    return new AccessLogServiceGrpc.AccessLogServiceImplBase() {
      @Override
      public StreamObserver<StreamAccessLogsMessage> streamAccessLogs(
          StreamObserver<StreamAccessLogsResponse> responses) {
        return new StreamObserver<>() {
          @Override
          public void onNext(StreamAccessLogsMessage message) {
            arrived.add(message);
          }

          @Override
          public void onError(Throwable failure) {
            // It ends with the proxy.
          }

          @Override
          public void onCompleted() {
            responses.onCompleted();
          }
        };
      }
    };
  }
}
