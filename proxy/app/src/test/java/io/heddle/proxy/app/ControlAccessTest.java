package io.heddle.proxy.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.heddle.contract.registration.v1.RegisterRequest;
import io.heddle.contract.registration.v1.RegisterResponse;
import io.heddle.contract.registration.v1.RegistrationGrpc;
import io.heddle.testkit.TestAuthority;
import io.heddle.xds.client.ChannelSource;
import io.heddle.xds.client.ClientLimits;
import io.netty.handler.ssl.SslContextBuilder;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS and tokens on the way to the control plane, over sockets. */
class ControlAccessTest {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  @TempDir Path folder;
  private final TestAuthority authority = TestAuthority.create("control");
  private final BlockingQueue<Optional<String>> seen = new LinkedBlockingQueue<>();
  private Server server = new Nothing();
  private ChannelSource channels = ChannelSource.netty(ClientLimits.DEFAULT);

  /** Stands for the server before there is one. */
  private static final class Nothing extends Server {
    @Override
    public Server start() {
      return this;
    }

    @Override
    public Server shutdown() {
      return this;
    }

    @Override
    public Server shutdownNow() {
      return this;
    }

    @Override
    public boolean isShutdown() {
      return true;
    }

    @Override
    public boolean isTerminated() {
      return true;
    }

    @Override
    public boolean awaitTermination(long timeout, java.util.concurrent.TimeUnit unit) {
      return true;
    }

    @Override
    public void awaitTermination() {}
  }

  /** Writes down who calls. */
  private final class Doorman implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      seen.add(Optional.ofNullable(headers.get(AUTHORIZATION)));
      return next.startCall(call, headers);
    }
  }

  @BeforeEach
  void start() throws Exception {
    TestAuthority.Issued issued = authority.issue(TestAuthority.Wish.dns("localhost"));
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0))
            .sslContext(
                GrpcSslContexts.configure(
                        SslContextBuilder.forServer(issued.key(), issued.certificate()))
                    .build())
            .intercept(new Doorman())
            .addService(new RegistrationGrpc.RegistrationImplBase() {})
            .build()
            .start();
  }

  @AfterEach
  void stop() {
    server.shutdownNow();
    channels.close();
  }

  private Arguments given(String... args) throws UsageException {
    return ControlAccess.declare(new Arguments.Declaration("gateway", "Runs."))
        .parse(List.of(args));
  }

  private Path write(String name, String text) throws Exception {
    return Files.writeString(folder.resolve(name), text);
  }

  /** How a call ends. */
  private Status call(ControlAccess access) {
    ManagedChannel channel =
        access
            .over(channels)
            .open(
                "127.0.0.1:" + server.getPort(),
                "localhost",
                Duration.ofSeconds(30),
                Runnable::run);
    BlockingQueue<Status> ends = new LinkedBlockingQueue<>();
    try {
      StreamObserver<RegisterRequest> requests =
          RegistrationGrpc.newStub(channel)
              .register(
                  new StreamObserver<RegisterResponse>() {
                    @Override
                    public void onNext(RegisterResponse response) {}

                    @Override
                    public void onError(Throwable failure) {
                      ends.add(Status.fromThrowable(failure));
                    }

                    @Override
                    public void onCompleted() {
                      ends.add(Status.OK);
                    }
                  });
      assertThat(requests).isNotNull();
      await().atMost(Duration.ofSeconds(20)).until(() -> !ends.isEmpty());
      return ends.remove();
    } finally {
      channel.shutdownNow();
    }
  }

  @Test
  void speaksTlsAndSaysWhoseItIsWithTheTokenOfTheMoment() throws Exception {
    Path ca = write("ca.pem", authority.pem());
    Path token = write("token", "hdl_first\n");
    ControlAccess access =
        ControlAccess.of(given("--control-ca", ca.toString(), "--token-file", token.toString()));
    assertThat(call(access).getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
    Files.writeString(token, "hdl_second");
    assertThat(call(access).getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
    Files.delete(token);
    assertThat(call(access).getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
    assertThat(seen)
        .containsExactly(
            Optional.of("Bearer hdl_first"), Optional.of("Bearer hdl_second"), Optional.empty());
  }

  @Test
  void trustsNoOtherAuthorityAndDoesNotSpeakInTheClear() throws Exception {
    Path ca = write("ca.pem", TestAuthority.create("another").pem());
    Path token = write("token", "hdl_secret");
    assertThat(
            call(ControlAccess.of(
                    given("--control-ca", ca.toString(), "--token-file", token.toString())))
                .getCode())
        .isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(call(ControlAccess.OPEN).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(seen).isEmpty();
  }

  @Test
  void namesTheOptionThatIsWrong() throws Exception {
    Path ca = write("ca.pem", authority.pem());
    Path empty = write("empty", "");
    for (String[] wrong :
        new String[][] {
          {"--token-file", empty.toString()},
          {"--control-ca", empty.toString()},
          {"--control-ca", folder.resolve("none").toString()},
          {"--control-ca", ca.toString(), "--token-file", empty.toString()},
        }) {
      Arguments given = given(wrong);
      ControlAccess.of(given);
      org.assertj.core.api.Assertions.assertThatThrownBy(given::check)
          .isInstanceOf(UsageException.class)
          .hasMessageContaining(wrong[wrong.length - 2])
          .hasMessageContaining("expected");
    }
  }
}
