package io.heddle.proxy.engine.balance;

import io.heddle.proxy.api.LoadBalancerFactory.Host;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The host with the fewest requests for its weight, of some drawn at random by weight
 * (Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing").
 */
public final class LeastRequestBalancer implements Balancer {
  private final Host[] hosts;
  private final int choiceCount;
  private final long[] cumulative;

  /** A balancer over these hosts that draws {@code choiceCount}, at least 2. */
  public LeastRequestBalancer(List<? extends Host> hosts, int choiceCount) {
    this.hosts = hosts.toArray(new Host[0]);
    this.choiceCount = choiceCount;
    boolean equal = true;
    for (Host host : this.hosts) {
      equal &= host.weight() == this.hosts[0].weight();
    }
    cumulative = new long[equal ? 0 : this.hosts.length];
    long sum = 0;
    for (int i = 0; i < cumulative.length; i++) {
      sum += this.hosts[i].weight();
      cumulative[i] = sum;
    }
  }

  @Override
  public int choose(SplittableRandom random, BalanceContext context) {
    if (hosts.length <= 1) {
      return hosts.length - 1;
    }
    int best = draw(random);
    for (int i = 1; i < choiceCount; i++) {
      int other = draw(random);
      if (other != best && load(other) < load(best)) {
        best = other;
      }
    }
    return best;
  }

  private double load(int index) {
    Host host = hosts[index];
    return (host.activeRequests() + 1.0) / host.weight();
  }

  private int draw(SplittableRandom random) {
    if (cumulative.length == 0) {
      return random.nextInt(hosts.length);
    }
    long point = random.nextLong(cumulative[cumulative.length - 1]) + 1;
    int at = Arrays.binarySearch(cumulative, point);
    return at >= 0 ? at : -at - 1;
  }
}
