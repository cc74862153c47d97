package io.heddle.proxy.app.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import io.heddle.contract.registration.v1.Announce;
import io.heddle.contract.registration.v1.Granted;
import io.heddle.contract.registration.v1.Health;
import io.heddle.contract.registration.v1.Refused;
import io.heddle.contract.registration.v1.RegisterRequest;
import io.heddle.contract.registration.v1.RegisterResponse;
import io.heddle.contract.registration.v1.RegistrationGrpc;
import io.heddle.contract.registration.v1.Renewed;
import io.heddle.xds.client.ChannelSource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RegistrationClientTest {
  private final String name = UUID.randomUUID().toString();
  private final ManualScheduler scheduler = new ManualScheduler();
  private final List<Lease> leases = new ArrayList<>();
  private boolean renews = true;
  private Server server;
  private RegistrationClient client;

  /** One stream as the control plane sees it. */
  private final class Lease implements StreamObserver<RegisterRequest> {
    final List<RegisterRequest> got = new ArrayList<>();
    final StreamObserver<RegisterResponse> out;
    private boolean left;

    Lease(StreamObserver<RegisterResponse> out) {
      this.out = out;
    }

    @Override
    public void onNext(RegisterRequest request) {
      got.add(request);
      if (request.hasHeartbeat() && renews) {
        out.onNext(RegisterResponse.newBuilder().setRenewed(Renewed.getDefaultInstance()).build());
      }
    }

    @Override
    public void onError(Throwable error) {
      left = true;
    }

    @Override
    public void onCompleted() {
      out.onCompleted();
    }

    void grant(int heartbeatMillis) {
      out.onNext(
          RegisterResponse.newBuilder()
              .setGranted(Granted.newBuilder().setHeartbeatMillis(heartbeatMillis))
              .build());
      scheduler.settle();
    }
  }

  @BeforeEach
  void start() throws Exception {
    startServer();
    ChannelSource channels =
        new ChannelSource() {
          @Override
          public void prepare() {}

          @Override
          public ManagedChannel open(
              String target, String authority, Duration keepAlive, Executor executor) {
            return InProcessChannelBuilder.forName(name).executor(executor).build();
          }

          @Override
          public void close() {}
        };
    Announce announce =
        Sidecar.announce(StateFolderTest.options("orders-1", 0, Path.of("x")), "orders-1", 15_006);
    client = new RegistrationClient(announce, "plane", channels, scheduler, new Random(5));
    client.start();
    scheduler.settle();
  }

  private void startServer() throws Exception {
    server =
        InProcessServerBuilder.forName(name)
            .directExecutor()
            .addService(
                new RegistrationGrpc.RegistrationImplBase() {
                  @Override
                  public StreamObserver<RegisterRequest> register(
                      StreamObserver<RegisterResponse> out) {
                    Lease lease = new Lease(out);
                    leases.add(lease);
                    return lease;
                  }
                })
            .build()
            .start();
  }

  @AfterEach
  void stop() {
    server.shutdownNow();
    scheduler.settle();
  }

  private Lease lease() {
    return leases.getLast();
  }

  @Test
  void announcesWhatItIsAsUnhealthyFirst() {
    Announce announce = lease().got.getFirst().getAnnounce();
    assertThat(announce.getService()).isEqualTo("orders");
    assertThat(announce.getNamespace()).isEqualTo("default");
    assertThat(announce.getInbound().getPort()).isEqualTo(15_006);
    assertThat(announce.getAppPort()).isEqualTo(8080);
    assertThat(announce.getLabelsMap()).containsEntry("version", "v2");
    assertThat(announce.getProxyId()).isEqualTo("sidecar~default~orders-1");
    assertThat(announce.getHealth().getState()).isEqualTo(Health.State.STATE_UNHEALTHY);
  }

  @Test
  void heartbeatsWellWithinTheTermAndTellsHealthAtOnce() {
    lease().grant(1000);
    int before = lease().got.size();
    scheduler.advance(Duration.ofMillis(1900));
    assertThat(lease().got.size() - before).isEqualTo(3);
    client.health(Health.State.STATE_HEALTHY, "");
    scheduler.settle();
    assertThat(lease().got.getLast().getHeartbeat().getHealth().getState())
        .isEqualTo(Health.State.STATE_HEALTHY);
    int after = lease().got.size();
    client.health(Health.State.STATE_HEALTHY, "");
    scheduler.settle();
    assertThat(lease().got).hasSize(after);
  }

  @Test
  void healthThatChangedBeforeTheGrantIsToldAfterIt() {
    client.health(Health.State.STATE_HEALTHY, "");
    scheduler.settle();
    assertThat(lease().got).hasSize(1);
    lease().grant(1000);
    assertThat(lease().got.get(1).getHeartbeat().getHealth().getState())
        .isEqualTo(Health.State.STATE_HEALTHY);
  }

  @Test
  void comesBackWithinTwoSecondsAndAnnouncesAgain() throws Exception {
    lease().grant(1000);
    client.health(Health.State.STATE_HEALTHY, "");
    scheduler.settle();
    lease().out.onError(Status.UNAVAILABLE.asRuntimeException());
    server.shutdownNow();
    scheduler.advance(Duration.ofSeconds(30));
    startServer();
    int before = leases.size();
    scheduler.advance(RegistrationClient.LONGEST_WAIT);
    assertThat(leases.size()).isGreaterThan(before);
    assertThat(lease().got.getFirst().getAnnounce().getHealth().getState())
        .isEqualTo(Health.State.STATE_HEALTHY);
  }

  @Test
  void refusalIsRepeatedSlowly() {
    lease()
        .out
        .onNext(
            RegisterResponse.newBuilder()
                .setRefused(Refused.newBuilder().setCode("conflict").setMessage("taken"))
                .build());
    scheduler.settle();
    scheduler.advance(Duration.ofSeconds(9));
    assertThat(leases).hasSize(1);
    scheduler.advance(Duration.ofSeconds(1));
    assertThat(leases).hasSize(2);
  }

  @Test
  void silentControlPlaneIsLeftAfterThreeHeartbeats() {
    renews = false;
    lease().grant(1000);
    scheduler.advance(Duration.ofSeconds(5));
    assertThat(leases.getFirst().got).hasSizeLessThanOrEqualTo(4);
    assertThat(leases.getFirst().left).isTrue();
    assertThat(leases.size()).isGreaterThan(1);
  }

  @Test
  void silenceInsteadOfAGrantIsLeftToo() {
    scheduler.advance(Duration.ofSeconds(8));
    assertThat(leases.size()).isGreaterThan(1);
  }

  @Test
  void goodbyeIsSaidAndItsNoteAwaited() {
    lease().grant(1000);
    CompletableFuture<Boolean> done = client.goodbye("shutdown");
    scheduler.settle();
    assertThat(lease().got.getLast().getGoodbye().getReason()).isEqualTo("shutdown");
    assertThat(done).isCompletedWithValue(true);
    scheduler.advance(Duration.ofSeconds(60));
    assertThat(leases).hasSize(1);
  }

  @Test
  void goodbyeWithoutAControlPlaneEndsAtOnce() {
    CompletableFuture<Boolean> done = client.goodbye("shutdown");
    scheduler.settle();
    assertThat(done).isCompletedWithValue(false);
    scheduler.advance(Duration.ofSeconds(60));
    assertThat(leases).hasSize(1);
  }
}
