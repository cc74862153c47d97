package io.heddle.proxy.filters.ratelimit;

import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse.Code;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse.DescriptorStatus;
import java.util.concurrent.atomic.AtomicLong;

/** What is lent for one descriptor. Shared by the event loops; races cost a question, no hit. */
final class Lease {
  private static final long MOST = 1_000_000;
  private static final long IDLE_NANOS = 10_000_000_000L;

  private final AtomicLong tokens = new AtomicLong();
  private final AtomicLong demand = new AtomicLong();
  private final AtomicLong askingUntil = new AtomicLong(Long.MIN_VALUE);
  private volatile DescriptorStatus last = DescriptorStatus.getDefaultInstance();
  private volatile long lifeNanos = 100_000_000;
  private volatile long expiresNanos;
  private volatile long refusedUntil;
  private volatile long unlimitedUntil;
  private volatile long demandSince;
  private volatile long lastPerLife;

  Lease(long nowNanos) {
    expiresNanos = nowNanos;
    refusedUntil = nowNanos;
    unlimitedUntil = nowNanos;
    demandSince = nowNanos;
  }

  /** A request counts this much, whoever decides on it. */
  void demanded(long hits, long nowNanos) {
    if (nowNanos - demandSince >= lifeNanos) {
      measured(nowNanos);
    }
    demand.addAndGet(hits);
  }

  private void measured(long nowNanos) {
    lastPerLife = perLife(nowNanos);
    demand.set(0);
    demandSince = nowNanos;
  }

  DescriptorStatus last() {
    return last;
  }

  /** Whether the service has just refused, and nothing is left of an earlier lease. */
  boolean refused(long nowNanos) {
    return refusedUntil - nowNanos > 0 && held(nowNanos) <= 0;
  }

  private boolean unlimited(long nowNanos) {
    return unlimitedUntil - nowNanos > 0;
  }

  private long held(long nowNanos) {
    return expiresNanos - nowNanos > 0 ? tokens.get() : 0;
  }

  boolean tryTake(long hits, long nowNanos) {
    if (unlimited(nowNanos)) {
      return true;
    }
    while (true) {
      long held = held(nowNanos);
      if (held < Math.max(1, hits)) {
        return false;
      }
      if (tokens.compareAndSet(held, held - hits)) {
        return true;
      }
    }
  }

  void giveBack(long hits, long nowNanos) {
    if (!unlimited(nowNanos)) {
      tokens.addAndGet(hits);
    }
  }

  /** Whether less is left than half a lease's life will use; never where that is next to none. */
  boolean isLow(long nowNanos) {
    return !unlimited(nowNanos) && held(nowNanos) < perLife(nowNanos) / 2;
  }

  /**
   * What a whole life uses: as much as in the last, or what this one has used already; zero where
   * that is less than one.
   */
  private long perLife(long nowNanos) {
    long elapsed = nowNanos - demandSince;
    long counted = demand.get();
    return elapsed < lifeNanos
        ? Math.max(lastPerLife, counted)
        : Math.min(MOST, (long) ((double) counted * lifeNanos / elapsed));
  }

  /** What is missing to last for a life: what is lent in vain is lost to everybody. */
  long wanted(long nowNanos) {
    return Math.max(0, perLife(nowNanos) - held(nowNanos));
  }

  /** Whether nobody is asking already; a question that got lost is forgotten after a while. */
  boolean beginAsking(long nowNanos, long askNanos) {
    long until = askingUntil.get();
    return (until == Long.MIN_VALUE || until - nowNanos <= 0)
        && askingUntil.compareAndSet(until, nowNanos + askNanos);
  }

  void answered(DescriptorStatus status, long leaseMillis, long nowNanos) {
    last = status.hasQuota() ? status.toBuilder().clearQuota().build() : status;
    lifeNanos = leaseMillis * 1_000_000;
    if (status.getCode() == Code.OVER_LIMIT) {
      refusedUntil = nowNanos + Leases.refusedNanos(status);
    } else if (Leases.isUnlimited(status)) {
      unlimitedUntil = nowNanos + Leases.unlimitedNanos();
    }
    if (status.hasQuota()) {
      long more = Integer.toUnsignedLong(status.getQuota().getRequests());
      if (held(nowNanos) == 0) {
        tokens.set(more);
      } else {
        tokens.addAndGet(more);
      }
      expiresNanos = nowNanos + lifeNanos;
    }
    askingUntil.set(Long.MIN_VALUE);
  }

  boolean isOver(long nowNanos) {
    return nowNanos - expiresNanos > IDLE_NANOS
        && nowNanos - refusedUntil > IDLE_NANOS
        && nowNanos - unlimitedUntil > IDLE_NANOS;
  }
}
