package io.heddle.proxy.filters.adaptiveconcurrency;

import io.heddle.proxy.api.StatsScope;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;

/**
 * Finds how many requests may be under way ({@code
 * adaptive_concurrency.v3.GradientControllerConfig}).
 *
 * <p>Now and then, and at first, only few are let go, until enough of them have shown how long one
 * takes at least. In between the limit follows, window by window, the gradient of that least time,
 * with some more for what varies by nature, to the time that requests take; and the root of the
 * limit is added so that it can grow.
 *
 * <p>Shared by all event loops, without a lock. There is no timer: requests come upon a window that
 * has passed. One of them computes, and none waits for it.
 */
final class GradientController {
  private static final double LEAST_GRADIENT = 0.5;
  private static final double MOST_GRADIENT = 2;

  /** After so many windows at the least limit, the least time may be wrong. */
  private static final int TOO_OFTEN_AT_LEAST = 5;

  /**
   * How it is done.
   *
   * @param quantile of the samples that stands for all, 0 to 1
   * @param mostLimit the limit is never above
   * @param windowNanos between two limits
   * @param minRttEveryNanos between two measurements of the least time; zero for none
   * @param fixedMinRttMicros the least time where it is not measured
   * @param minRttRequests that a measurement takes
   * @param jitter of the time between two measurements, as a share of it
   * @param leastLimit while it is measured, and ever
   * @param buffer added to the least time, as a share of it
   */
  record Settings(
      double quantile,
      int mostLimit,
      long windowNanos,
      long minRttEveryNanos,
      double fixedMinRttMicros,
      int minRttRequests,
      double jitter,
      int leastLimit,
      double buffer) {}

  /** The statistics {@code http.<stat_prefix>.adaptive_concurrency.gradient_controller.*}. */
  record Stats(
      StatsScope.Counter blocked,
      StatsScope.Gauge limit,
      StatsScope.Gauge gradient,
      StatsScope.Gauge burst,
      StatsScope.Gauge minRtt,
      StatsScope.Gauge sampleRtt,
      StatsScope.Gauge measuring) {
    static Stats of(StatsScope scope) {
      StatsScope mine = scope.scope("adaptive_concurrency").scope("gradient_controller");
      return new Stats(
          mine.counter("rq_blocked"),
          mine.gauge("concurrency_limit"),
          mine.gauge("gradient"),
          mine.gauge("burst_queue_size"),
          mine.gauge("min_rtt_msecs"),
          mine.gauge("sample_rtt_msecs"),
          mine.gauge("min_rtt_calculation_active"));
    }
  }

  private final Settings settings;
  private final Stats stats;
  private final AtomicInteger underWay = new AtomicInteger();
  private final AtomicBoolean computing = new AtomicBoolean();
  private volatile int limit;
  private volatile boolean measuring;

  /** Requests that began before do not count. */
  private volatile long epochNanos;

  /** When somebody is to look at the windows. */
  private volatile long lookAtNanos;

  private volatile LatencyHistogram samples = new LatencyHistogram();

  // Of whoever computes.
  private LatencyHistogram spare = new LatencyHistogram();
  private double minRttMicros;
  private int limitAfter;
  private long windowEndsNanos;
  private long measureAtNanos;
  private int atLeast;

  GradientController(Settings settings, Stats stats, long nowNanos) {
    this.settings = settings;
    this.stats = stats;
    this.limit = settings.leastLimit();
    set(stats.limit(), limit);
    windowEndsNanos = nowNanos + settings.windowNanos();
    if (settings.minRttEveryNanos() > 0) {
      measure(nowNanos);
    } else {
      minRttMicros = settings.fixedMinRttMicros();
      set(stats.minRtt(), (long) (minRttMicros / 1_000));
      lookAtNanos = windowEndsNanos;
    }
  }

  /** How many may be under way now. */
  int limit() {
    return limit;
  }

  /** How many are. */
  int underWay() {
    return underWay.get();
  }

  /** Lets a request go, if it may; who got it calls {@link #end} or {@link #cancel} once. */
  boolean tryBegin(long nowNanos, RandomGenerator random) {
    if (nowNanos - lookAtNanos >= 0) {
      compute(nowNanos, random);
    }
    int most = limit;
    while (true) {
      int now = underWay.get();
      if (now >= most) {
        stats.blocked().increment();
        return false;
      }
      if (underWay.compareAndSet(now, now + 1)) {
        return true;
      }
    }
  }

  /** It was answered. */
  void end(long beganNanos, long nowNanos, RandomGenerator random) {
    underWay.decrementAndGet();
    if (beganNanos - epochNanos < 0) {
      return;
    }
    LatencyHistogram to = samples;
    to.record((nowNanos - beganNanos) / 1_000);
    if (measuring && to.count() >= settings.minRttRequests()) {
      compute(nowNanos, random);
    }
  }

  /** It ended without an answer, of which nothing is learned. */
  void cancel() {
    underWay.decrementAndGet();
  }

  private void compute(long nowNanos, RandomGenerator random) {
    if (!computing.compareAndSet(false, true)) {
      return;
    }
    try {
      if (measuring) {
        if (samples.count() >= settings.minRttRequests()) {
          measured(nowNanos, random);
        }
      } else if (settings.minRttEveryNanos() > 0 && nowNanos - measureAtNanos >= 0) {
        measure(nowNanos);
      } else if (nowNanos - windowEndsNanos >= 0) {
        if (samples.count() > 0) {
          follow(nowNanos);
        }
        windowEndsNanos = nowNanos + settings.windowNanos();
        lookLater();
      }
    } finally {
      computing.set(false);
    }
  }

  private void lookLater() {
    lookAtNanos =
        settings.minRttEveryNanos() > 0 && measureAtNanos - windowEndsNanos < 0
            ? measureAtNanos
            : windowEndsNanos;
  }

  /** From now on only few go, until they have shown the least time. */
  private void measure(long nowNanos) {
    limitAfter = limit;
    measuring = true;
    set(stats.measuring(), 1);
    limit(settings.leastLimit());
    take();
    epochNanos = nowNanos;
    // It ends by how many were answered, and not by time.
    lookAtNanos = nowNanos + (Long.MAX_VALUE >> 1);
  }

  private void measured(long nowNanos, RandomGenerator random) {
    minRttMicros = take();
    set(stats.minRtt(), (long) (minRttMicros / 1_000));
    measuring = false;
    set(stats.measuring(), 0);
    limit(limitAfter);
    long every = settings.minRttEveryNanos();
    measureAtNanos = nowNanos + every + (long) (every * settings.jitter() * random.nextDouble());
    windowEndsNanos = nowNanos + settings.windowNanos();
    lookLater();
  }

  private void follow(long nowNanos) {
    double micros = Math.max(1, take());
    set(stats.sampleRtt(), (long) (micros / 1_000));
    double gradient =
        Math.clamp(minRttMicros * (1 + settings.buffer()) / micros, LEAST_GRADIENT, MOST_GRADIENT);
    // In thousandths, as Envoy tells it.
    set(stats.gradient(), (long) (gradient * 1_000));
    double next = limit * gradient;
    double burst = Math.sqrt(next);
    set(stats.burst(), (long) burst);
    int before = limit;
    int now = Math.clamp((long) (next + burst), settings.leastLimit(), settings.mostLimit());
    atLeast = before == settings.leastLimit() && now == settings.leastLimit() ? atLeast + 1 : 0;
    limit(now);
    if (atLeast >= TOO_OFTEN_AT_LEAST && settings.minRttEveryNanos() > 0) {
      // The limit is where it has to be to measure again.
      atLeast = 0;
      measureAtNanos = nowNanos;
    }
  }

  private void limit(int next) {
    limit = next;
    set(stats.limit(), next);
  }

  /** What stands for the samples so far, which are forgotten. */
  private double take() {
    LatencyHistogram taken = samples;
    samples = spare;
    double micros = taken.quantile(settings.quantile());
    taken.clear();
    spare = taken;
    return micros;
  }

  private static void set(StatsScope.Gauge gauge, long value) {
    gauge.add(value - gauge.value());
  }
}
