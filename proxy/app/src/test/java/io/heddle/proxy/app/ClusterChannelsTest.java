package io.heddle.proxy.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.service.accesslog.v3.AccessLogServiceGrpc;
import io.envoyproxy.envoy.service.accesslog.v3.StreamAccessLogsMessage;
import io.envoyproxy.envoy.service.accesslog.v3.StreamAccessLogsResponse;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.heddle.proxy.api.GrpcClient;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.parse.BootstrapParser;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
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

  private Server server() throws Exception {
    return NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
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
                    .formatted(port));
    return ((Parsed.Ok<BootstrapConfig>) parsed).value();
  }
}
