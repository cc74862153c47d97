package io.heddle.proxy.engine.balance;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Localities in turn by their weights, each lowered as far as its usable hosts, overprovisioned,
 * cannot carry it. Owned by one event loop.
 */
final class LocalityTurns {
  private final int[] localities;
  private final double[] weights;
  private final @Nullable EdfSchedule schedule;

  LocalityTurns(HostSet set, boolean degraded, BalanceLoop loop) {
    int size = 0;
    int[] found = new int[set.localities.length];
    double[] effective = new double[set.localities.length];
    for (int i = 0; i < set.localities.length; i++) {
      int usable = (degraded ? set.degradedByLocality : set.healthyByLocality)[i].length;
      double share = (double) usable / set.byLocality[i].length;
      double weight =
          set.localityWeights[i] * Math.min(1, set.shape.overprovisioningFactor() / 100.0 * share);
      if (weight > 0) {
        found[size] = i;
        effective[size++] = weight;
      }
    }
    localities = Arrays.copyOf(found, size);
    weights = Arrays.copyOf(effective, size);
    schedule = size == 0 ? null : new EdfSchedule(weights, loop.random());
  }

  /** Index of the locality whose turn it is; -1 where none has any weight. */
  int next() {
    EdfSchedule turns = schedule;
    if (turns == null) {
      return -1;
    }
    int chosen = turns.next();
    turns.again(weights[chosen]);
    return localities[chosen];
  }
}
