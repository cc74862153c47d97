package io.heddle.proxy.engine.balance;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * What has been observed of one host: its latency, and the weight that its own reports give it.
 * Shared by all event loops; a lost race loses one observation.
 */
public final class HostLoad {
  private static final VarHandle LATENCY;

  static {
    try {
      LATENCY = MethodHandles.lookup().findVarHandle(HostLoad.class, "latency", long.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  // The mean latency in nanoseconds as the bits of a double; negative before the first answer.
  private volatile long latency = Double.doubleToRawLongBits(-1);
  private volatile long latencyAt;
  private volatile double reportedWeight;
  private volatile long reportedSince;
  private volatile long reportedAt;

  /**
   * An answer took this long. A peak counts at once, whatever is better decays.
   *
   * @param decayNanos after which an observation counts 1/e
   */
  public void answered(long nanos, long now, long decayNanos) {
    long bits = latency;
    double mean = Double.longBitsToDouble(bits);
    double next;
    if (mean < 0 || nanos > mean) {
      next = nanos;
    } else {
      double keep = Math.exp(-Math.max(0.0, (double) (now - latencyAt)) / decayNanos);
      next = mean * keep + nanos * (1 - keep);
    }
    if (LATENCY.compareAndSet(this, bits, Double.doubleToRawLongBits(next))) {
      latencyAt = now;
    }
  }

  /** Expected latency in nanoseconds, falling towards zero while nothing is heard; or absent. */
  double latencyNanos(long now, long decayNanos, double absent) {
    double mean = Double.longBitsToDouble(latency);
    if (mean < 0) {
      return absent;
    }
    double silent = Math.max(0.0, (double) (now - latencyAt));
    return silent <= decayNanos ? mean : mean * Math.exp(-(silent - decayNanos) / decayNanos);
  }

  /** The host's own report gives it this weight, above zero. */
  public void reported(double weight, long now) {
    if (reportedSince == 0) {
      reportedSince = now == 0 ? 1 : now;
    }
    reportedAt = now;
    reportedWeight = weight;
  }

  /** The reported weight, or 0 where there is none that counts. */
  double reportedWeight(long now, long blackoutNanos, long expirationNanos) {
    double weight = reportedWeight;
    if (weight <= 0) {
      return 0;
    }
    if (now - reportedAt >= expirationNanos) {
      // What comes after such a silence has to prove itself anew.
      reportedSince = 0;
      reportedWeight = 0;
      return 0;
    }
    return now - reportedSince < blackoutNanos ? 0 : weight;
  }
}
