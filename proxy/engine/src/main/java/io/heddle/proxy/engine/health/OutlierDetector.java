package io.heddle.proxy.engine.health;

import io.heddle.proxy.api.RuntimeView;
import io.heddle.proxy.engine.health.HostWatch.Tally;
import io.heddle.proxy.engine.health.OutlierEvents.Comparison;
import io.heddle.proxy.engine.stats.Scope;
import io.heddle.xds.model.OutlierDetection;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * Takes hosts of a cluster out for a time when they answer badly, as Envoy does ({@code
 * envoy.config.cluster.v3.OutlierDetection}): after failures in a row at once, by their share in an
 * interval when it ends.
 *
 * <p>Decisions are made under its own lock and never on a loop. {@code changed} is called without
 * it whenever a host is out or back.
 */
public final class OutlierDetector implements AutoCloseable {
  private static final String RUNTIME = "outlier_detection.";
  private static final long NANOS_PER_MILLI = 1_000_000;

  private final OutlierDetection config;
  private final OutlierStats stats;
  private final OutlierEvents events;
  private final Surroundings with;
  private final Runnable changed;
  private final Set<HostWatch> hosts = new LinkedHashSet<>();
  private long active;
  private boolean closed;

  /**
   * What it lives with.
   *
   * @param decisions where decisions are made
   * @param random for jitter and for what is enforced in part
   */
  public record Surroundings(
      RuntimeView runtime,
      LongSupplier nanoTime,
      InstantSource clock,
      RandomGenerator random,
      Executor decisions,
      EventSink events) {}

  /**
   * Without hosts.
   *
   * @param scope of the cluster
   * @param changed is called when a host is out or back
   */
  public OutlierDetector(
      OutlierDetection config, String cluster, Scope scope, Surroundings with, Runnable changed) {
    this.config = config;
    this.stats = new OutlierStats(scope.scope("outlier_detection"));
    this.events = new OutlierEvents(cluster, with.events(), with.clock());
    this.with = with;
    this.changed = changed;
  }

  /** A host of the cluster, from now on. */
  public synchronized HostWatch watch(String address) {
    HostWatch made = new HostWatch(this, address);
    hosts.add(made);
    return made;
  }

  /** It is a host of the cluster no more. */
  public synchronized void forget(HostWatch host) {
    if (hosts.remove(host)) {
      host.known = false;
      if (host.ejected()) {
        count(-1);
      }
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    for (HostWatch host : List.copyOf(hosts)) {
      forget(host);
      host.ejected(false);
    }
  }

  /** Whether it decides nothing any more. */
  public synchronized boolean closed() {
    return closed;
  }

  /** How long it is until {@link #sweep} is due, as the runtime has it now. */
  public Duration interval() {
    long millis = integer("interval_ms", config.interval().toMillis());
    return Duration.ofMillis(Math.max(1, millis));
  }

  // --- what watches ask, on every loop ---

  boolean split() {
    return config.split();
  }

  /** Asked only after a failure. */
  long threshold(EjectionType type) {
    return switch (type) {
      case CONSECUTIVE_5XX -> integer("consecutive_5xx", config.consecutive5xx().count());
      case CONSECUTIVE_GATEWAY_FAILURE ->
          integer("consecutive_gateway_failure", config.consecutiveGateway().count());
      case CONSECUTIVE_LOCAL_ORIGIN_FAILURE ->
          integer("consecutive_local_origin_failure", config.consecutiveLocal().count());
      case SUCCESS_RATE,
          SUCCESS_RATE_LOCAL_ORIGIN,
          FAILURE_PERCENTAGE,
          FAILURE_PERCENTAGE_LOCAL_ORIGIN ->
          Long.MAX_VALUE;
    };
  }

  void suspected(HostWatch host, EjectionType type) {
    with.decisions().execute(() -> judge(host, type));
  }

  // --- decisions ---

  private void judge(HostWatch host, EjectionType type) {
    boolean out;
    synchronized (this) {
      if (closed || !host.known || host.ejected()) {
        return;
      }
      stats.detected(type);
      out = eject(host, type, Comparison.NONE, with.nanoTime().getAsLong());
      // Another such row is noticed even where no success comes between.
      host.forgetRow(type);
      if (type == EjectionType.CONSECUTIVE_5XX) {
        stats.consecutive5xx.increment();
      }
    }
    if (out) {
      changed.run();
    }
  }

  /** The interval has ended: looks at everything. Never on a loop. */
  public void sweep() {
    boolean any = false;
    synchronized (this) {
      if (closed) {
        return;
      }
      long now = with.nanoTime().getAsLong();
      for (HostWatch host : hosts) {
        any |= returnIfDue(host, now);
        host.answers.turn();
        host.local.turn();
      }
      any |= compare(true, now);
      any |= compare(false, now);
      forgive(now);
    }
    if (any) {
      changed.run();
    }
  }

  /** An active health check says that it is well. */
  public void checkedWell(HostWatch host) {
    synchronized (this) {
      if (closed || !config.checkReturns() || !host.known || !host.ejected()) {
        return;
      }
      comeBack(host, with.nanoTime().getAsLong());
    }
    changed.run();
  }

  private boolean returnIfDue(HostWatch host, long now) {
    if (!host.ejected()) {
      return false;
    }
    long base = integer("base_ejection_time_ms", config.ejection().base().toMillis());
    long longest = integer("max_ejection_time_ms", config.ejection().longest().toMillis());
    long time = Math.min(base * host.multiplier, longest) * NANOS_PER_MILLI + host.jitterNanos;
    if (now - host.ejectedAt < time) {
      return false;
    }
    comeBack(host, now);
    return true;
  }

  private void comeBack(HostWatch host, long now) {
    count(-1);
    host.ejected(false);
    host.forgetRows();
    host.returned = true;
    host.returnedAt = now;
    events.returned(host, now);
  }

  /** Whether it is out now. */
  private boolean eject(HostWatch host, EjectionType type, Comparison compared, long now) {
    long most = Math.min(100, integer("max_ejection_percent", config.ejection().mostPercent()));
    boolean admitted = 100.0 * (active + 1) / hosts.size() <= most;
    if (!admitted && !(config.ejection().alwaysOne() && active == 0)) {
      stats.overflow.increment();
      return false;
    }
    if (type == EjectionType.CONSECUTIVE_5XX || type == EjectionType.SUCCESS_RATE) {
      stats.total.increment();
    }
    long percent = enforcing(type);
    boolean enforced =
        with.runtime().includes(type.enforcingKey, percent, 100, with.random().nextLong());
    if (enforced) {
      count(1);
      stats.enforced(type);
      host.ejected(true);
      host.ejections++;
      host.ejectedAt = now;
      long jitter = integer("max_ejection_time_jitter_ms", config.ejection().jitter().toMillis());
      host.jitterNanos = with.random().nextLong(jitter + 1) * NANOS_PER_MILLI;
      long base = integer("base_ejection_time_ms", config.ejection().base().toMillis());
      long longest = integer("max_ejection_time_ms", config.ejection().longest().toMillis());
      if (host.multiplier * base < longest + base) {
        host.multiplier++;
      }
    }
    events.ejected(host, type, enforced, compared, now);
    return enforced;
  }

  private long enforcing(EjectionType type) {
    return switch (type) {
      case CONSECUTIVE_5XX -> config.consecutive5xx().enforcing();
      case CONSECUTIVE_GATEWAY_FAILURE -> config.consecutiveGateway().enforcing();
      case CONSECUTIVE_LOCAL_ORIGIN_FAILURE -> config.consecutiveLocal().enforcing();
      case SUCCESS_RATE -> config.successRate().enforcing();
      case SUCCESS_RATE_LOCAL_ORIGIN -> config.successRate().enforcingLocal();
      case FAILURE_PERCENTAGE -> config.failurePercentage().enforcing();
      case FAILURE_PERCENTAGE_LOCAL_ORIGIN -> config.failurePercentage().enforcingLocal();
    };
  }

  /** By their answers, or by whether they answer at all. */
  private boolean compare(boolean external, long now) {
    long rateHosts = integer("success_rate_minimum_hosts", config.successRate().leastHosts());
    long rateVolume = integer("success_rate_request_volume", config.successRate().leastRequests());
    long shareHosts =
        integer("failure_percentage_minimum_hosts", config.failurePercentage().leastHosts());
    long shareVolume =
        integer("failure_percentage_request_volume", config.failurePercentage().leastRequests());
    if (hosts.size() < rateHosts && hosts.size() < shareHosts) {
      return false;
    }
    List<HostWatch> compared = new ArrayList<>();
    List<HostWatch> shared = new ArrayList<>();
    for (HostWatch host : hosts) {
      Tally tally = external ? host.answers : host.local;
      if (host.ejected() || tally.requests == 0) {
        continue;
      }
      if (tally.requests >= Math.min(rateVolume, shareVolume)) {
        tally.successRate = tally.measured();
      }
      if (tally.requests >= rateVolume) {
        compared.add(host);
      }
      if (tally.requests >= shareVolume) {
        shared.add(host);
      }
    }
    boolean any = false;
    if (!compared.isEmpty() && compared.size() >= rateHosts) {
      any = byRate(compared, external, now);
    }
    if (!shared.isEmpty() && shared.size() >= shareHosts) {
      any |= byShare(shared, external, now);
    }
    return any;
  }

  private boolean byRate(List<HostWatch> compared, boolean external, long now) {
    double sum = 0;
    for (HostWatch host : compared) {
      sum += rate(host, external);
    }
    double mean = sum / compared.size();
    double squares = 0;
    for (HostWatch host : compared) {
      double off = rate(host, external) - mean;
      squares += off * off;
    }
    double factor =
        integer("success_rate_stdev_factor", config.successRate().deviations()) / 1000.0;
    double threshold = mean - factor * Math.sqrt(squares / compared.size());
    Comparison comparison = new Comparison(mean, threshold);
    EjectionType type =
        external ? EjectionType.SUCCESS_RATE : EjectionType.SUCCESS_RATE_LOCAL_ORIGIN;
    boolean any = false;
    for (HostWatch host : compared) {
      if (rate(host, external) < threshold) {
        stats.successRate.increment();
        stats.detected(type);
        any |= eject(host, type, comparison, now);
      }
    }
    return any;
  }

  private boolean byShare(List<HostWatch> shared, boolean external, long now) {
    double threshold =
        integer("failure_percentage_threshold", config.failurePercentage().threshold());
    EjectionType type =
        external ? EjectionType.FAILURE_PERCENTAGE : EjectionType.FAILURE_PERCENTAGE_LOCAL_ORIGIN;
    boolean any = false;
    for (HostWatch host : shared) {
      // It may have gone by its rate just now.
      if (!host.ejected() && 100.0 - rate(host, external) >= threshold) {
        stats.detected(type);
        any |= eject(host, type, Comparison.NONE, now);
      }
    }
    return any;
  }

  private static double rate(HostWatch host, boolean external) {
    return (external ? host.answers : host.local).measured();
  }

  /** Who has been back for an interval is out for less the next time. */
  private void forgive(long now) {
    long interval = interval().toNanos();
    for (HostWatch host : hosts) {
      if (!host.ejected()
          && host.returned
          && now - host.returnedAt >= interval
          && host.multiplier > 0) {
        host.multiplier--;
      }
    }
  }

  private void count(int change) {
    active += change;
    stats.active.add(change);
  }

  private long integer(String key, long absent) {
    return with.runtime().integer(RUNTIME.concat(key), absent);
  }
}
