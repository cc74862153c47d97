package io.heddle.proxy.engine.balance;

import java.util.List;

/**
 * How the load is shared among priorities, as Envoy shares it. Immutable.
 *
 * <p>A priority takes as much as its usable share times the overprovisioning factor covers, healthy
 * hosts of all priorities before degraded ones. Where all together cover too little, loads are
 * scaled up and a priority with too few usable hosts panics; where all panic, load goes by the
 * number of hosts.
 */
public final class PriorityLoads {
  final int[] healthy;
  final int[] degraded;
  final boolean[] panics;

  /** The loads of these priorities. */
  public PriorityLoads(List<HostSet> sets, double panicThresholdPercent) {
    int size = sets.size();
    healthy = new int[size];
    degraded = new int[size];
    panics = new boolean[size];
    if (size == 0) {
      return;
    }
    long[] healthyCover = new long[size];
    long[] degradedCover = new long[size];
    long total = 0;
    for (int p = 0; p < size; p++) {
      healthyCover[p] = cover(sets.get(p), true);
      degradedCover[p] = cover(sets.get(p), false);
      total += healthyCover[p] + degradedCover[p];
    }
    total = Math.min(100, total);
    if (total > 0) {
      int left = distribute(healthy, healthyCover, 100, total);
      left = distribute(degraded, degradedCover, left, total);
      give(left, healthyCover, degradedCover);
    }
    long threshold = Math.clamp(Math.round(panicThresholdPercent), 0, 100);
    if (threshold == 0 && total == 0) {
      healthy[0] = 100;
      return;
    }
    boolean allPanic = true;
    for (int p = 0; p < size; p++) {
      panics[p] = total < 100 && sets.get(p).panics(threshold);
      allPanic &= panics[p];
    }
    if (allPanic) {
      byCount(sets);
    }
  }

  private static long cover(HostSet set, boolean ofHealthy) {
    BalancedHost[] usable = ofHealthy ? set.healthy : set.degraded;
    boolean weighted = set.shape.weightedHealth();
    long all = weighted ? set.eligibleWeight : set.eligible;
    long part = weighted ? HostSet.weightOf(usable) : usable.length;
    return all == 0 ? 0 : Math.min(100, set.shape.overprovisioningFactor() * part / all);
  }

  private static int distribute(int[] loads, long[] cover, int left, long total) {
    int remaining = left;
    for (int p = 0; p < loads.length; p++) {
      loads[p] = (int) Math.min(remaining, cover[p] * 100 / total);
      remaining -= loads[p];
    }
    return remaining;
  }

  /** What rounding has left over goes to the first priority that can take any. */
  private void give(int left, long[] healthyCover, long[] degradedCover) {
    for (int p = 0; p < healthyCover.length; p++) {
      if (healthyCover[p] > 0) {
        healthy[p] += left;
        return;
      }
    }
    for (int p = 0; p < degradedCover.length; p++) {
      if (degradedCover[p] > 0) {
        degraded[p] += left;
        return;
      }
    }
  }

  private void byCount(List<HostSet> sets) {
    int all = 0;
    int first = -1;
    for (int p = 0; p < sets.size(); p++) {
      all += sets.get(p).size();
      first = first < 0 && sets.get(p).size() > 0 ? p : first;
    }
    if (all == 0) {
      healthy[0] = 100;
      return;
    }
    int left = 100;
    for (int p = 0; p < sets.size(); p++) {
      healthy[p] = 100 * sets.get(p).size() / all;
      degraded[p] = 0;
      left -= healthy[p];
    }
    healthy[first] += left;
  }

  /** Twice the priority, plus one where its degraded hosts are meant; -1 where there is none. */
  public int choose(long hash) {
    int point = (int) Long.remainderUnsigned(hash, 100) + 1;
    int upTo = 0;
    for (int p = 0; p < healthy.length; p++) {
      upTo += healthy[p];
      if (point <= upTo) {
        return 2 * p;
      }
    }
    for (int p = 0; p < degraded.length; p++) {
      upTo += degraded[p];
      if (point <= upTo) {
        return 2 * p + 1;
      }
    }
    return healthy.length == 0 ? -1 : 0;
  }
}
