package io.heddle.control.app;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.heddle.contract.registration.v1.RegisterRequest;
import io.heddle.contract.registration.v1.RegisterResponse;
import io.heddle.contract.registration.v1.RegistrationGrpc;
import io.heddle.control.api.registry.Registry;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Takes the announcements of sidecars: one stream is one lease.
 *
 * <p>Bounded: so many streams at once, and each must announce within 10 s.
 */
final class RegistrationService extends RegistrationGrpc.RegistrationImplBase {
  private static final int MOST_STREAMS = 50_000;
  private static final Duration ANNOUNCE_WITHIN = Duration.ofSeconds(10);

  private final Registry registry;
  private final Duration heartbeat;
  private final Duration grace;
  private final AtomicInteger streams = new AtomicInteger();
  private final Executor later =
      CompletableFuture.delayedExecutor(ANNOUNCE_WITHIN.toMillis(), TimeUnit.MILLISECONDS);

  RegistrationService(Registry registry, Duration heartbeat, Duration grace) {
    this.registry = registry;
    this.heartbeat = heartbeat;
    this.grace = grace;
  }

  @Override
  public StreamObserver<RegisterRequest> register(StreamObserver<RegisterResponse> responses) {
    ServerCallStreamObserver<RegisterResponse> call =
        (ServerCallStreamObserver<RegisterResponse>) responses;
    RegistrationStream stream =
        new RegistrationStream(registry, call, heartbeat, grace, streams::decrementAndGet);
    if (streams.incrementAndGet() > MOST_STREAMS) {
      stream.fail(
          Status.RESOURCE_EXHAUSTED.withDescription(
              "more than " + MOST_STREAMS + " registration streams"));
    } else if (!registry.admits()) {
      stream.fail(
          Status.UNAVAILABLE.withDescription(
              "this control plane is cut off from the shared store: try another"));
    } else {
      later.execute(stream::announceOverdue);
    }
    return stream;
  }
}
