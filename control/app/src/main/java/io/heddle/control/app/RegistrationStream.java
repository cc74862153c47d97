package io.heddle.control.app;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.heddle.contract.registration.v1.Announce;
import io.heddle.contract.registration.v1.Granted;
import io.heddle.contract.registration.v1.Heartbeat;
import io.heddle.contract.registration.v1.Refused;
import io.heddle.contract.registration.v1.RegisterRequest;
import io.heddle.contract.registration.v1.RegisterResponse;
import io.heddle.contract.registration.v1.Renewed;
import io.heddle.control.api.registry.Announcement;
import io.heddle.control.api.registry.Lease;
import io.heddle.control.api.registry.LeaseListener;
import io.heddle.control.api.registry.Registry;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One registration stream. Requests come on an event loop, news of the lease on the registry's
 * thread; the lock makes one of them wait, never for long.
 */
final class RegistrationStream implements StreamObserver<RegisterRequest>, LeaseListener {
  private static final Logger LOG = LoggerFactory.getLogger(RegistrationStream.class);
  private static final RegisterResponse RENEWED =
      RegisterResponse.newBuilder().setRenewed(Renewed.getDefaultInstance()).build();

  private final ReentrantLock lock = new ReentrantLock();
  private final Registry registry;
  private final ServerCallStreamObserver<RegisterResponse> responses;
  private final Duration heartbeat;
  private final Duration grace;
  private final Runnable ended;

  @GuardedBy("lock")
  private @Nullable Lease lease;

  @GuardedBy("lock")
  private boolean over;

  /**
   * @param ended is run once, when the stream is over
   */
  RegistrationStream(
      Registry registry,
      ServerCallStreamObserver<RegisterResponse> responses,
      Duration heartbeat,
      Duration grace,
      Runnable ended) {
    this.registry = registry;
    this.responses = responses;
    this.heartbeat = heartbeat;
    this.grace = grace;
    this.ended = ended;
    responses.setOnCancelHandler(this::broken);
  }

  @Override
  public void onNext(RegisterRequest request) {
    lock.lock();
    try {
      if (over) {
        return;
      }
      switch (request.getMessageCase()) {
        case ANNOUNCE -> announce(request.getAnnounce());
        case HEARTBEAT -> heartbeat(request.getHeartbeat());
        case GOODBYE -> goodbye();
        case MESSAGE_NOT_SET -> refuse("invalid", "message: absent (expected: one is set)");
      }
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void announce(Announce announce) {
    if (lease != null) {
      refuse("invalid", "announce: a second one (expected: one a stream)");
      return;
    }
    Announcement announcement;
    try {
      announcement = AnnouncementReader.read(announce);
    } catch (IllegalArgumentException e) {
      refuse("invalid", String.valueOf(e.getMessage()));
      return;
    }
    // Requests come in the context of their call, and so with its token.
    Optional<String> stranger = GrpcAccess.claims(announcement.key());
    if (stranger.isPresent()) {
      refuse("forbidden", stranger.get());
      return;
    }
    lease = registry.announce(announcement, this);
    LOG.info(
        "{} is announced at {}:{}",
        announcement.key(),
        announcement.address(),
        announcement.port());
    responses.onNext(
        RegisterResponse.newBuilder()
            .setGranted(
                Granted.newBuilder()
                    .setHeartbeatMillis(Math.toIntExact(heartbeat.toMillis()))
                    .setGraceMillis(Math.toIntExact(grace.toMillis())))
            .build());
  }

  @GuardedBy("lock")
  private void heartbeat(Heartbeat message) {
    Lease held = lease;
    if (held == null) {
      refuse("invalid", "heartbeat: before announce (expected: announce first)");
      return;
    }
    if (message.hasHealth()) {
      held.health(AnnouncementReader.health(message.getHealth().getState()));
    } else {
      held.heartbeat();
    }
    // A sidecar that does not read is not answered: nothing piles up.
    if (responses.isReady()) {
      responses.onNext(RENEWED);
    }
  }

  @GuardedBy("lock")
  private void goodbye() {
    if (lease != null) {
      LOG.info("{} says goodbye", lease.key());
      lease.goodbye();
    }
    finish();
    responses.onCompleted();
  }

  @GuardedBy("lock")
  private void refuse(String code, String message) {
    LOG.warn("a registration is refused: {}", message);
    if (lease != null) {
      lease.streamLost();
    }
    finish();
    responses.onNext(
        RegisterResponse.newBuilder()
            .setRefused(Refused.newBuilder().setCode(code).setMessage(message))
            .build());
    responses.onCompleted();
  }

  @GuardedBy("lock")
  private void finish() {
    over = true;
    lease = null;
    ended.run();
  }

  /** Ends the stream with a status. */
  void fail(Status status) {
    lock.lock();
    try {
      if (!over) {
        finish();
        responses.onError(status.asRuntimeException());
      }
    } finally {
      lock.unlock();
    }
  }

  /** Ends the stream when it has announced nothing. */
  void announceOverdue() {
    lock.lock();
    try {
      if (lease == null) {
        fail(Status.DEADLINE_EXCEEDED.withDescription("nothing was announced in time"));
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void superseded() {
    lock.lock();
    try {
      if (!over) {
        refuse("conflict", "a newer stream announced the same instance");
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void expired() {
    fail(Status.ABORTED.withDescription("the lease ran out: announce again"));
  }

  @Override
  public void onError(Throwable failure) {
    broken();
  }

  @Override
  public void onCompleted() {
    lock.lock();
    try {
      if (!over) {
        broken();
        responses.onCompleted();
      }
    } finally {
      lock.unlock();
    }
  }

  private void broken() {
    lock.lock();
    try {
      if (!over) {
        if (lease != null) {
          LOG.info("the stream of {} is gone; its grace begins", lease.key());
          lease.streamLost();
        }
        finish();
      }
    } finally {
      lock.unlock();
    }
  }
}
