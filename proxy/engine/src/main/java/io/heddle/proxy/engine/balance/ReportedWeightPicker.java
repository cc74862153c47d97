package io.heddle.proxy.engine.balance;

import io.heddle.xds.model.LbPolicy.ClientSideWeighted;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Hosts in turn by the weights that they report of themselves; a host without a report that counts
 * has the median of the others, and where fewer than two have one all weigh the same.
 */
final class ReportedWeightPicker implements HostPicker {
  private final BalancedHost[] hosts;
  private final HostWeights slowStart;
  private final long blackoutNanos;
  private final long expirationNanos;
  private final long updateNanos;
  private final double[] weights;
  private final double[] sorted;
  private @Nullable EdfSchedule schedule;
  private long updatedAt;
  private int next;

  ReportedWeightPicker(
      BalancedHost[] hosts, HostWeights slowStart, ClientSideWeighted policy, BalanceLoop loop) {
    this.hosts = hosts;
    this.slowStart = slowStart;
    this.blackoutNanos = policy.blackout().toNanos();
    this.expirationNanos = policy.expiration().toNanos();
    this.updateNanos = policy.updatePeriod().toNanos();
    this.weights = new double[hosts.length];
    this.sorted = new double[hosts.length];
    this.next = loop.random().nextInt(hosts.length);
    update(loop);
  }

  @Override
  public int pick(BalanceLoop loop, BalanceContext context) {
    if (loop.turnNanos() - updatedAt >= updateNanos) {
      update(loop);
    }
    EdfSchedule turns = schedule;
    if (turns == null) {
      int chosen = next;
      next = chosen + 1 == hosts.length ? 0 : chosen + 1;
      return chosen;
    }
    int chosen = turns.next();
    turns.again(weights[chosen] * slowStart.factor(hosts[chosen], loop.turnNanos()));
    return chosen;
  }

  private void update(BalanceLoop loop) {
    long now = loop.turnNanos();
    updatedAt = now;
    int known = 0;
    for (int i = 0; i < hosts.length; i++) {
      weights[i] = hosts[i].load().reportedWeight(now, blackoutNanos, expirationNanos);
      if (weights[i] > 0) {
        sorted[known++] = weights[i];
      }
    }
    double median = 1;
    if (known > 0) {
      Arrays.sort(sorted, 0, known);
      median = known % 2 == 1 ? sorted[known / 2] : (sorted[known / 2] + sorted[known / 2 - 1]) / 2;
    }
    for (int i = 0; i < weights.length; i++) {
      weights[i] = weights[i] > 0 ? weights[i] : median;
    }
    if (known == 0 && slowStart.even(hosts, now)) {
      schedule = null;
    } else if (schedule == null) {
      // A schedule that runs takes new weights as each host's turn comes.
      schedule = new EdfSchedule(weights, loop.random());
    }
  }
}
