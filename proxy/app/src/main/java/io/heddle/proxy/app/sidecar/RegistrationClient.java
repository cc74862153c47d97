package io.heddle.proxy.app.sidecar;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.heddle.contract.registration.v1.Announce;
import io.heddle.contract.registration.v1.Goodbye;
import io.heddle.contract.registration.v1.Granted;
import io.heddle.contract.registration.v1.Health;
import io.heddle.contract.registration.v1.Heartbeat;
import io.heddle.contract.registration.v1.Refused;
import io.heddle.contract.registration.v1.RegisterRequest;
import io.heddle.contract.registration.v1.RegisterResponse;
import io.heddle.contract.registration.v1.RegistrationGrpc;
import io.heddle.xds.client.ChannelSource;
import io.heddle.xds.client.XdsScheduler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one instance registered: announces it, sends heartbeats, reports health when it changes,
 * and says goodbye. Reconnects for ever, after a wait drawn from nothing to 2 s. Owned by the
 * scheduler's thread; public methods may be called from any.
 */
public final class RegistrationClient {
  static final Duration LONGEST_WAIT = Duration.ofSeconds(2);

  /** The same announcement would be refused again; what refuses it may have been changed. */
  static final Duration AFTER_REFUSAL = Duration.ofSeconds(10);

  private static final Duration FIRST_WAIT = Duration.ofMillis(250);
  private static final Duration KEEP_ALIVE = Duration.ofSeconds(20);
  private static final Duration GRANT_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration GOODBYE_TIMEOUT = Duration.ofSeconds(1);
  private static final long SHORTEST_HEARTBEAT = 100;
  private static final long LONGEST_HEARTBEAT = 60_000;
  private static final int SILENT_HEARTBEATS = 3;
  private static final int LONGEST_DETAIL = 256;
  private static final Logger LOG = LoggerFactory.getLogger(RegistrationClient.class);

  private final Announce announce;
  private final List<String> targets;
  private final ChannelSource channels;
  private final XdsScheduler scheduler;
  private final RandomGenerator random;

  private Health health;
  private @Nullable Lease lease;
  private @Nullable CompletableFuture<Boolean> leaving;
  private int failures;
  private int attempts;
  private String target = "";
  private boolean stopped;

  /**
   * Makes a client that is not started.
   *
   * @param announce what is registered; its health is left out
   * @param target {@code HOST:PORT}, or several behind commas, which are tried in turn
   */
  public RegistrationClient(
      Announce announce,
      String target,
      ChannelSource channels,
      XdsScheduler scheduler,
      RandomGenerator random) {
    this.announce = announce;
    this.targets = new ArrayList<>(List.of(target.split(",", -1)));
    Collections.shuffle(targets, random);
    this.channels = channels;
    this.scheduler = scheduler;
    this.random = random;
    this.health =
        Health.newBuilder()
            .setState(Health.State.STATE_UNHEALTHY)
            .setDetail("not checked yet")
            .build();
  }

  /** Connects, and announces the instance with the health known by then. */
  public void start() {
    scheduler.execute(this::connect);
  }

  /** Reports health; sent only when it differs from what was sent before. */
  public void health(Health.State state, String detail) {
    String text = detail.length() > LONGEST_DETAIL ? detail.substring(0, LONGEST_DETAIL) : detail;
    Health now = Health.newBuilder().setState(state).setDetail(text).build();
    scheduler.execute(() -> {
      boolean changed = now.getState() != health.getState();
      health = now;
      if (changed && lease != null) {
        lease.heartbeat();
      }
    });
  }

  /**
   * Takes the instance away and ends the client. The answer tells, after 1 s at the latest, whether
   * the control plane took note.
   */
  public CompletableFuture<Boolean> goodbye(String reason) {
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    scheduler.execute(() -> {
      stopped = true;
      if (lease == null || !lease.granted) {
        if (lease != null) {
          lease.drop("leaving");
        }
        done.complete(false);
        return;
      }
      leaving = done;
      lease.goodbye(reason);
      var _ = scheduler.schedule(() -> left(false), GOODBYE_TIMEOUT);
    });
    return done;
  }

  /** Lets a successor register the instance: the stream ends without a word, and none is opened. */
  public void standBy() {
    scheduler.execute(() -> {
      stopped = true;
      if (lease != null) {
        lease.drop("replaced");
      }
    });
  }

  /** Registers again, after {@link #standBy}. */
  public void goOn() {
    scheduler.execute(() -> {
      stopped = false;
      connect();
    });
  }

  private void left(boolean noted) {
    if (leaving != null) {
      leaving.complete(noted);
      leaving = null;
    }
    if (lease != null) {
      lease.drop("left");
    }
  }

  private void connect() {
    if (stopped || lease != null) {
      return;
    }
    target = targets.get(attempts++ % targets.size());
    try {
      lease = new Lease(channels.open(target, "", KEEP_ALIVE, scheduler));
      lease.begin();
    } catch (RuntimeException e) {
      lease = null;
      again(e.toString(), delay(failures));
    }
  }

  private Duration delay(int afterFailures) {
    long bound = FIRST_WAIT.toMillis() << Math.min(afterFailures, 10);
    return Duration.ofMillis(1 + random.nextLong(Math.min(bound, LONGEST_WAIT.toMillis())));
  }

  private void again(String reason, Duration delay) {
    if (stopped) {
      return;
    }
    if (failures == 0) {
      LOG.warn("Registration at {}: {}; again in {} ms", target, reason, delay.toMillis());
    }
    failures++;
    var _ = scheduler.schedule(this::connect, delay);
  }

  /** One stream. */
  private final class Lease extends ClientCall.Listener<RegisterResponse> {
    private final ManagedChannel channel;
    private final ClientCall<RegisterRequest, RegisterResponse> call;
    private boolean granted;
    private boolean ended;
    private Duration interval = GRANT_TIMEOUT;
    private int unanswered;
    private XdsScheduler.@Nullable Timer timer;

    Lease(ManagedChannel channel) {
      this.channel = channel;
      this.call = channel.newCall(RegistrationGrpc.getRegisterMethod(), CallOptions.DEFAULT);
    }

    void begin() {
      call.start(this, new Metadata());
      call.request(1);
      call.sendMessage(
          RegisterRequest.newBuilder().setAnnounce(announce.toBuilder().setHealth(health)).build());
      timer = scheduler.schedule(() -> end("no grant in time", delay(failures)), GRANT_TIMEOUT);
    }

    void heartbeat() {
      if (!granted || ended) {
        return;
      }
      if (unanswered >= SILENT_HEARTBEATS) {
        end(unanswered + " heartbeats were not answered", delay(failures));
        return;
      }
      unanswered++;
      call.sendMessage(
          RegisterRequest.newBuilder()
              .setHeartbeat(Heartbeat.newBuilder().setHealth(health))
              .build());
      stopTimer();
      timer = scheduler.schedule(this::heartbeat, interval);
    }

    void goodbye(String reason) {
      stopTimer();
      call.sendMessage(
          RegisterRequest.newBuilder().setGoodbye(Goodbye.newBuilder().setReason(reason)).build());
      call.halfClose();
    }

    void drop(String why) {
      if (!ended) {
        ended = true;
        stopTimer();
        call.cancel(why, null);
      }
      channel.shutdownNow();
      lease = null;
    }

    @Override
    public void onMessage(RegisterResponse response) {
      if (ended) {
        return;
      }
      switch (response.getMessageCase()) {
        case GRANTED -> granted(response.getGranted());
        case RENEWED -> unanswered = 0;
        case REFUSED -> refused(response.getRefused());
        case MESSAGE_NOT_SET -> LOG.debug("A message of a later contract is left out");
      }
      if (!ended) {
        call.request(1);
      }
    }

    private void granted(Granted grant) {
      if (granted) {
        return;
      }
      granted = true;
      failures = 0;
      long asked = grant.getHeartbeatMillis() * 6L / 10;
      interval = Duration.ofMillis(Math.clamp(asked, SHORTEST_HEARTBEAT, LONGEST_HEARTBEAT));
      LOG.info(
          "Registered {} of {} at {}, grace {} ms",
          announce.getInstance(),
          announce.getService(),
          target,
          grant.getGraceMillis());
      // Health may have changed since the announcement.
      heartbeat();
    }

    private void refused(Refused refusal) {
      LOG.error("Registration refused ({}): {}", refusal.getCode(), refusal.getMessage());
      end("refused", AFTER_REFUSAL);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      if (leaving != null) {
        ended = true;
        left(status.isOk());
        return;
      }
      String text = status.getDescription() == null ? "" : " " + status.getDescription();
      end(status.getCode() + text, delay(failures));
    }

    private void end(String reason, Duration delay) {
      if (ended) {
        return;
      }
      drop(reason);
      again(reason, delay);
    }

    private void stopTimer() {
      if (timer != null) {
        timer.cancel();
        timer = null;
      }
    }
  }
}
