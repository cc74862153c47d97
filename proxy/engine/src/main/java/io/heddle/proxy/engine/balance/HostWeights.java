package io.heddle.proxy.engine.balance;

import io.heddle.xds.model.LbPolicy.SlowStart;
import java.util.Optional;

/** The weight of a host at one time, lowered while it starts slowly. Immutable. */
final class HostWeights {
  private final long windowNanos;
  private final double power;
  private final double least;

  HostWeights(Optional<SlowStart> slowStart) {
    windowNanos = slowStart.map(s -> s.window().toNanos()).orElse(0L);
    power = slowStart.map(s -> 1 / s.aggression()).orElse(1.0);
    least = slowStart.map(s -> s.minimumWeightPercent() / 100).orElse(0.1);
  }

  /** The factor of a host's weight, 1 for one that is long there. */
  double factor(BalancedHost host, long now) {
    if (windowNanos == 0) {
      return 1;
    }
    long age = now - host.healthySinceNanos();
    if (age >= windowNanos) {
      return 1;
    }
    double share = (double) Math.max(age, 1_000_000) / windowNanos;
    return Math.max(power == 1 ? share : Math.pow(share, power), least);
  }

  /** Whether hosts can be taken in turn without a schedule: all weigh the same, none is new. */
  boolean even(BalancedHost[] hosts, long now) {
    for (BalancedHost host : hosts) {
      if (host.weight() != hosts[0].weight()
          || (windowNanos > 0 && now - host.healthySinceNanos() <= windowNanos)) {
        return false;
      }
    }
    return true;
  }
}
