package io.heddle.proxy.engine.health;

import io.heddle.proxy.api.RuntimeView;
import io.heddle.xds.model.HealthCheck;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/**
 * What checks have found out about one host, as Envoy judges it. Written by the loop that checks
 * the host; read on every thread.
 */
public final class CheckState {
  private static final int FAILED = 1;
  private static final int DEGRADED = 2;
  private static final int PENDING = 4;
  private static final int TIMED_OUT = 8;
  private static final int LEFT_OUT = 16;
  private static final long NANOS_PER_MILLI = 1_000_000;

  /** Why a check failed ({@code envoy.data.core.v3.HealthCheckFailureType}). */
  public enum Failure {
    /** The host says so. */
    ACTIVE,
    /** The host said so in the answer to somebody's request. */
    PASSIVE,
    /** There is no answer. */
    NETWORK,
    /** There is no answer in time. */
    NETWORK_TIMEOUT
  }

  private enum Change {
    NONE,
    PENDING,
    DONE
  }

  private final HealthCheck config;
  private final CheckStats stats;
  private final CheckEvents events;
  private final BooleanSupplier used;
  private final RuntimeView runtime;
  private final RandomGenerator random;
  private final Runnable changed;
  private volatile int flags;
  private boolean first = true;
  private boolean counting;
  private long successes;
  private long failures;

  /**
   * Before the first check.
   *
   * @param used whether the cluster has ever been used
   * @param changed is called when anything that is told here is told otherwise
   */
  public CheckState(
      HealthCheck config,
      CheckStats stats,
      CheckEvents events,
      BooleanSupplier used,
      RuntimeView runtime,
      RandomGenerator random,
      Runnable changed) {
    this.config = config;
    this.stats = stats;
    this.events = events;
    this.used = used;
    this.runtime = runtime;
    this.random = random;
    this.changed = changed;
  }

  /** A host that is new: unhealthy until it is known. */
  public CheckState unknown(boolean leftOut) {
    flags = leftOut ? FAILED | PENDING : FAILED;
    return this;
  }

  /** A host about which something is known. */
  public CheckState like(CheckState before) {
    flags = before.flags & ~PENDING;
    return this;
  }

  /** It is checked from now on. */
  public void begin() {
    counting = true;
    stats.healthy.add(failed() ? 0 : 1);
    stats.degraded.add(degraded() ? 1 : 0);
  }

  /** It is checked no more. */
  public void end() {
    if (counting) {
      counting = false;
      stats.healthy.add(failed() ? 0 : -1);
      stats.degraded.add(degraded() ? -1 : 0);
    }
  }

  // --- what is known, on every thread ---

  /** Whether it must not be used. */
  public boolean failed() {
    return (flags & FAILED) != 0;
  }

  /** Whether it is used only for what others cannot carry. */
  public boolean degraded() {
    return (flags & DEGRADED) != 0;
  }

  /** Whether it waits for its first check, and does not count until then. */
  public boolean pending() {
    return (flags & PENDING) != 0;
  }

  /** Whether it failed because it did not answer in time. */
  public boolean timedOut() {
    return (flags & TIMED_OUT) != 0;
  }

  /** Whether it has asked to be left out. */
  public boolean leftOut() {
    return (flags & LEFT_OUT) != 0;
  }

  private void set(int flag, boolean on) {
    int now = flags;
    flags = on ? now | flag : now & ~flag;
  }

  // --- results, on its loop ---

  /** The host said that it must not count from now on, for better or worse. */
  public void leaveOut() {
    set(LEFT_OUT, true);
  }

  /** A check succeeded; how long it is until the next, in nanoseconds. */
  public long succeeded(boolean asDegraded) {
    failures = 0;
    Change change = Change.NONE;
    if (failed()) {
      // The very first result counts at once: that makes starting quick.
      if (first || ++successes == config.healthyAfter()) {
        set(TIMED_OUT | LEFT_OUT | FAILED, false);
        successes = 0;
        stats.healthy.add(1);
        change = Change.DONE;
        events.becameHealthy(first);
      } else {
        change = Change.PENDING;
      }
    }
    if (change != Change.DONE) {
      events.succeeded();
    }
    change = counted(change);
    if (asDegraded != degraded()) {
      set(DEGRADED, asDegraded);
      stats.degraded.add(asDegraded ? 1 : -1);
      events.degraded(asDegraded);
      change = change == Change.NONE ? Change.DONE : change;
    }
    stats.success.increment();
    first = false;
    tell(change);
    return wait(true, change);
  }

  /**
   * A check failed, or passive evidence came; how long it is until the next check.
   *
   * @param repeatable whether only several of them decide
   */
  public long failed(Failure failure, boolean repeatable) {
    boolean network = failure == Failure.NETWORK || failure == Failure.NETWORK_TIMEOUT;
    successes = 0;
    Change change = Change.NONE;
    if (!failed()) {
      if ((!network && !repeatable) || ++failures == config.unhealthyAfter()) {
        set(FAILED, true);
        failures = 0;
        stats.healthy.add(-1);
        change = Change.DONE;
        events.becameUnhealthy(failure);
      } else {
        change = Change.PENDING;
      }
    }
    set(TIMED_OUT, failed() && failure == Failure.NETWORK_TIMEOUT);
    change = counted(change);
    events.failed(failure, first);
    stats.failure.increment();
    if (network) {
      stats.networkFailure.increment();
    } else if (failure == Failure.PASSIVE) {
      stats.passiveFailure.increment();
    }
    first = false;
    tell(change);
    return wait(false, change);
  }

  /** From the first check on it counts. */
  private Change counted(Change change) {
    if (pending()) {
      set(PENDING, false);
      return Change.DONE;
    }
    return change;
  }

  private void tell(Change change) {
    if (change == Change.DONE) {
      changed.run();
    }
  }

  // --- times ---

  /** How long it is until the first check, in nanoseconds. */
  public long firstWait() {
    long jitter = config.times().initialJitter().toMillis();
    return jitter == 0 ? 0 : bounded(random.nextLong(jitter)) * NANOS_PER_MILLI;
  }

  private long wait(boolean healthy, Change change) {
    HealthCheck.Times times = config.times();
    Duration base;
    if (!used.getAsBoolean()) {
      base = healthy && change != Change.PENDING ? times.noTrafficHealthy() : times.noTraffic();
    } else if (healthy) {
      base = change == Change.PENDING ? times.healthyEdge() : times.interval();
    } else {
      base = change == Change.PENDING ? times.unhealthyEdge() : times.unhealthy();
    }
    long millis = base.toMillis();
    long share = millis * times.jitterPercent() / 100;
    if (share > 0) {
      millis += random.nextLong(share);
    }
    long jitter = times.jitter().toMillis();
    if (jitter > 0) {
      millis += random.nextLong(jitter);
    }
    return bounded(millis) * NANOS_PER_MILLI;
  }

  private long bounded(long millis) {
    long most = runtime.integer("health_check.max_interval", Long.MAX_VALUE / NANOS_PER_MILLI);
    long least = runtime.integer("health_check.min_interval", 0);
    return Math.clamp(Math.max(Math.min(millis, most), least), 1, Long.MAX_VALUE / NANOS_PER_MILLI);
  }
}
