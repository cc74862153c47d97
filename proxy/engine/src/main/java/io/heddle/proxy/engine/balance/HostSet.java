package io.heddle.proxy.engine.balance;

import io.heddle.proxy.engine.balance.BalancedHost.Availability;
import io.heddle.xds.model.EndpointsConfig.Locality;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The hosts of one priority at one time, by availability and by locality. Immutable.
 *
 * <p>Localities are in lexical order, the proxy's own before all others; all arrays by locality
 * have the same order.
 */
public final class HostSet {
  private static final Comparator<Locality> BY_NAME =
      Comparator.comparing(Locality::region)
          .thenComparing(Locality::zone)
          .thenComparing(Locality::subZone);
  private static final BalancedHost[] NONE = {};

  final BalancedHost[] hosts;
  final BalancedHost[] healthy;
  final BalancedHost[] degraded;
  final Locality[] localities;
  final BalancedHost[][] byLocality;
  final BalancedHost[][] healthyByLocality;
  final BalancedHost[][] degradedByLocality;
  final long[] localityWeights;

  /** Those that count, and what they weigh. */
  final int eligible;

  final long eligibleWeight;

  /** Whether the first locality is the proxy's own. */
  final boolean ownLocality;

  final Shape shape;

  /**
   * What is said of all priorities of a cluster.
   *
   * @param own where the proxy runs
   * @param overprovisioningFactor in percent
   * @param weightedHealth whether a priority's health is a share of weights, not of hosts
   */
  public record Shape(Locality own, int overprovisioningFactor, boolean weightedHealth) {
    /** Envoy's defaults, nowhere. */
    public static final Shape DEFAULT = new Shape(Locality.NONE, 140, false);
  }

  /** These hosts, with the weights of their localities; a locality without one weighs nothing. */
  public HostSet(List<? extends BalancedHost> all, Map<Locality, Long> weights, Shape shape) {
    this.shape = shape;
    hosts = all.toArray(NONE);
    Map<Locality, List<BalancedHost>> grouped = new TreeMap<>(BY_NAME);
    for (BalancedHost host : hosts) {
      grouped.computeIfAbsent(host.locality(), _ -> new ArrayList<>()).add(host);
    }
    List<Locality> order = new ArrayList<>(grouped.keySet());
    ownLocality = !shape.own().equals(Locality.NONE) && order.remove(shape.own());
    if (ownLocality) {
      order.addFirst(shape.own());
    }
    localities = order.toArray(new Locality[0]);
    byLocality = new BalancedHost[localities.length][];
    healthyByLocality = new BalancedHost[localities.length][];
    degradedByLocality = new BalancedHost[localities.length][];
    localityWeights = new long[localities.length];
    for (int i = 0; i < localities.length; i++) {
      byLocality[i] = grouped.getOrDefault(localities[i], List.of()).toArray(NONE);
      healthyByLocality[i] = only(byLocality[i], Availability.HEALTHY);
      degradedByLocality[i] = only(byLocality[i], Availability.DEGRADED);
      localityWeights[i] = weights.getOrDefault(localities[i], 0L);
    }
    healthy = only(hosts, Availability.HEALTHY);
    degraded = only(hosts, Availability.DEGRADED);
    int counting = 0;
    long weight = 0;
    for (BalancedHost host : hosts) {
      if (!host.leftOut()) {
        counting++;
        weight += host.weight();
      }
    }
    eligible = counting;
    eligibleWeight = weight;
  }

  /**
   * Some of the hosts.
   *
   * @param weighted whether localities keep their weights
   * @param scaled whether a weight is lowered by the share of the locality's hosts that are left
   */
  HostSet part(Predicate<BalancedHost> member, boolean weighted, boolean scaled) {
    List<BalancedHost> some = new ArrayList<>();
    for (BalancedHost host : hosts) {
      if (member.test(host)) {
        some.add(host);
      }
    }
    Map<Locality, Long> weights = new HashMap<>();
    for (int i = 0; weighted && i < localities.length; i++) {
      long left = Arrays.stream(byLocality[i]).filter(member).count();
      weights.put(
          localities[i],
          scaled
              ? Math.round((double) localityWeights[i] * left / byLocality[i].length)
              : localityWeights[i]);
    }
    return new HostSet(some, weights, shape);
  }

  private static BalancedHost[] only(BalancedHost[] hosts, Availability wanted) {
    List<BalancedHost> found = new ArrayList<>(hosts.length);
    for (BalancedHost host : hosts) {
      if (host.availability() == wanted) {
        found.add(host);
      }
    }
    return found.toArray(NONE);
  }

  /** How many hosts there are. */
  public int size() {
    return hosts.length;
  }

  /** Whether too few hosts can be used to believe what is said of the others. */
  boolean panics(long thresholdPercent) {
    double usable = eligible == 0 ? 0 : 100.0 * (healthy.length + degraded.length) / eligible;
    return usable < thresholdPercent;
  }

  static long weightOf(BalancedHost[] hosts) {
    long sum = 0;
    for (BalancedHost host : hosts) {
      sum += host.weight();
    }
    return sum;
  }
}
