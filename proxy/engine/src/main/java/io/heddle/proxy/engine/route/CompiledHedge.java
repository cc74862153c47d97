package io.heddle.proxy.engine.route;

import io.heddle.xds.model.HedgePolicy;
import io.heddle.xds.model.HedgePolicy.AfterPercentile;
import java.util.Arrays;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * When the requests of a route are sent to several hosts at once, with what every event loop has
 * seen of how long they take. Each loop sees only its own part.
 */
public final class CompiledHedge {
  /** What a request has that asks for it by itself (x-envoy-hedge-on-per-try-timeout). */
  public static final CompiledHedge BY_HEADER =
      new CompiledHedge(
          new HedgePolicy(1, HedgePolicy.NONE.additionalChance(), true, Optional.empty()));

  private final HedgePolicy policy;
  private volatile @Nullable ObservedLatency[] seen = new @Nullable ObservedLatency[0];

  CompiledHedge(HedgePolicy policy) {
    this.policy = policy;
  }

  /** Whether an attempt that takes too long goes on beside the next. */
  public boolean onPerTryTimeout() {
    return policy.onPerTryTimeout();
  }

  /** How many go beside the first at once. */
  public int besides(RandomGenerator random) {
    boolean more =
        policy.additionalChance().numerator() > 0
            && policy.additionalChance().includes(random.nextLong() >>> 1);
    return policy.initialRequests() - 1 + (more ? 1 : 0);
  }

  /** Whether requests are sent once more when they take long. */
  public boolean watchesLatency() {
    return policy.after().isPresent();
  }

  /** How long this loop waits before it sends one more; negative for not at all. */
  public long delayNanos(int loop) {
    if (policy.after().isEmpty()) {
      return -1;
    }
    AfterPercentile after = policy.after().get();
    ObservedLatency latency = of(loop, after);
    return latency.seen() < after.samples()
        ? -1
        : Math.clamp(latency.quantileNanos(), after.least().toNanos(), after.most().toNanos());
  }

  /** A first attempt was answered, or given up for another's answer, after so long. */
  public void took(int loop, long nanos) {
    if (policy.after().isPresent()) {
      of(loop, policy.after().get()).record(nanos);
    }
  }

  private ObservedLatency of(int loop, AfterPercentile after) {
    @Nullable ObservedLatency[] all = seen;
    ObservedLatency mine = loop < all.length ? all[loop] : null;
    return mine == null ? make(loop, after) : mine;
  }

  private synchronized ObservedLatency make(int loop, AfterPercentile after) {
    @Nullable ObservedLatency[] all = Arrays.copyOf(seen, Math.max(seen.length, loop + 1));
    ObservedLatency made = all[loop];
    if (made == null) {
      made = new ObservedLatency(after.share());
      all[loop] = made;
      seen = all;
    }
    return made;
  }
}
