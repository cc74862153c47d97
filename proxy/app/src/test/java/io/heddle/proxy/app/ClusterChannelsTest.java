package io.heddle.proxy.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.service.accesslog.v3.AccessLogServiceGrpc;
import io.envoyproxy.envoy.service.accesslog.v3.StreamAccessLogsMessage;
import io.envoyproxy.envoy.service.accesslog.v3.StreamAccessLogsResponse;
import io.grpc.Server;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.heddle.proxy.api.GrpcClient;
import io.heddle.proxy.engine.Engine;
import io.heddle.testkit.TestAuthority;
import io.heddle.testkit.TestAuthority.Issued;
import io.heddle.testkit.TestAuthority.Wish;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.parse.BootstrapParser;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class ClusterChannelsTest {
  private static final int PATIENCE_SECONDS = 30;
  private static final String METHOD =
      "envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs";

  private final BlockingQueue<StreamAccessLogsMessage> arrived = new LinkedBlockingQueue<>();
  private final CompletableFuture<Boolean> ended = new CompletableFuture<>();

  @Test
  void sendsToAStaticClusterAndEndsItsStream() throws Exception {
    Server server = server();
    try (ClusterChannels channels = new ClusterChannels(bootstrap(server.getPort()))) {
      BlockingQueue<String> heard = new LinkedBlockingQueue<>();
      GrpcClient.Stream stream =
          channels.open(
              new GrpcClient.Target("als", "", Map.of("x-a", "1")),
              METHOD,
              new GrpcClient.Listener() {
                @Override
                public void onReady() {
                  heard.add("ready");
                }

                @Override
                public void onClosed(int status, String message) {
                  heard.add("closed " + status);
                }
              });
      assertThat(heard.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("ready");
      assertThat(stream.ready()).isTrue();
      StreamAccessLogsMessage message =
          StreamAccessLogsMessage.newBuilder()
              .setIdentifier(StreamAccessLogsMessage.Identifier.newBuilder().setLogName("echo"))
              .build();
      stream.send(message);
      assertThat(arrived.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(message);
      stream.close();
      assertThat(ended.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    } finally {
      server.shutdownNow().awaitTermination();
    }
  }

  @Test
  void saysThatThereIsNobody() throws Exception {
    try (ClusterChannels channels = new ClusterChannels(bootstrap(1))) {
      CompletableFuture<Integer> closed = new CompletableFuture<>();
      GrpcClient.Stream stream =
          channels.open(
              new GrpcClient.Target("other", "", Map.of()),
              METHOD,
              (status, message) -> closed.complete(status));
      assertThat(closed.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(14);
      assertThat(stream.ready()).isFalse();
      CompletableFuture<Integer> refused = new CompletableFuture<>();
      channels.open(
          new GrpcClient.Target("als", "", Map.of()),
          METHOD,
          (status, message) -> refused.complete(status));
      assertThat(refused.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(14);
    }
  }

  @Test
  void bothSidesShowTheirCertificates() throws Exception {
    TestAuthority authority = TestAuthority.create("channels");
    Issued theirs = authority.issue(Wish.dns("als.example"));
    Issued ours = authority.issue(Wish.dns("proxy.example"));
    SslContext tls =
        GrpcSslContexts.configure(
                SslContextBuilder.forServer(theirs.key(), theirs.certificate()), SslProvider.JDK)
            .trustManager(authority.certificate())
            .clientAuth(ClientAuth.REQUIRE)
            .build();
    Server server = server(Optional.of(tls));
    try (Engine engine = Engine.builder().concurrency(1).start()) {
      String tlsOf = transport(authority, ours, "als.example");
      assertThat(status(engine, bootstrap(server.getPort(), tlsOf))).isEqualTo("ready");
      // Another name than theirs, and nothing shown of ours.
      String other = transport(authority, ours, "other.example");
      assertThat(status(engine, bootstrap(server.getPort(), other))).isEqualTo("closed 14");
      String silent = transport(authority, null, "als.example");
      assertThat(status(engine, bootstrap(server.getPort(), silent))).isEqualTo("closed 14");
      assertThat(status(engine, bootstrap(server.getPort()))).isEqualTo("closed 14");
    } finally {
      server.shutdownNow().awaitTermination();
    }
  }

  /** What a stream is told first of a message that was answered, or of its end. */
  private String status(Engine engine, BootstrapConfig bootstrap) throws Exception {
    try (ClusterChannels channels = new ClusterChannels(bootstrap)) {
      channels.use(engine);
      CompletableFuture<Integer> closed = new CompletableFuture<>();
      GrpcClient.Stream stream =
          channels.open(
              new GrpcClient.Target("als", "", Map.of()),
              METHOD,
              (status, message) -> closed.complete(status));
      stream.send(StreamAccessLogsMessage.getDefaultInstance());
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
      while (System.nanoTime() < end) {
        if (arrived.poll(50, TimeUnit.MILLISECONDS) != null) {
          stream.close();
          return "ready";
        }
        if (closed.isDone()) {
          return "closed " + closed.get();
        }
      }
      return "nothing";
    }
  }

  private static String transport(TestAuthority authority, @Nullable Issued own, String name) {
    String shown =
        own == null
            ? ""
            : "tls_certificates: [{certificate_chain: {inline_string: "
                + quoted(own.certificatePem())
                + "}, private_key: {inline_string: "
                + quoted(own.keyPem())
                + "}}], ";
    return "    transport_socket: {name: tls, typed_config: {'@type':"
        + " type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext,"
        + " sni: als.example, common_tls_context: {"
        + shown
        + "validation_context: {trusted_ca: {inline_string: "
        + quoted(authority.pem())
        + "}, match_typed_subject_alt_names: [{san_type: DNS, matcher: {exact: "
        + name
        + "}}]}}}}\n";
  }

  private static String quoted(String pem) {
    return '"' + pem.replace("\n", "\\n") + '"';
  }

  private Server server() throws Exception {
    return server(Optional.empty());
  }

  private Server server(Optional<SslContext> tls) throws Exception {
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    tls.ifPresent(builder::sslContext);
    return builder
        .addService(
            new AccessLogServiceGrpc.AccessLogServiceImplBase() {
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
                    ended.complete(false);
                  }

                  @Override
                  public void onCompleted() {
                    ended.complete(true);
                    responses.onCompleted();
                  }
                };
              }
            })
        .build()
        .start();
  }

  private static BootstrapConfig bootstrap(int port) {
    return bootstrap(port, "");
  }

  private static BootstrapConfig bootstrap(int port, String transport) {
    Parsed<BootstrapConfig> parsed =
        new BootstrapParser(ParseOptions.STRICT)
            .parse(
                """
                node: {id: test, cluster: test}
                static_resources:
                  clusters:
                  - name: als
                    type: STATIC
                    connect_timeout: 5s
                    load_assignment:
                      cluster_name: als
                      endpoints:
                      - lb_endpoints:
                        - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}
                """
                        .formatted(port)
                    + transport);
    return ((Parsed.Ok<BootstrapConfig>) parsed).value();
  }
}
