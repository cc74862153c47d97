package io.heddle.proxy.engine.balance;

import io.heddle.xds.model.LbPolicy.Hashing;
import io.heddle.xds.model.StructValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Hosts with their shares of one priority, which add up to 1; the input of a hash table. Immutable.
 */
final class WeightedHosts {
  final BalancedHost[] hosts;
  final double[] shares;
  final double least;
  final double most;

  /** The healthy hosts, or all in a panic; by locality and its weight where that is asked. */
  WeightedHosts(HostSet set, boolean panics, boolean localityWeighted) {
    List<BalancedHost> found = new ArrayList<>();
    List<Double> weights = new ArrayList<>();
    long localities = 0;
    for (long weight : set.localityWeights) {
      localities += weight;
    }
    if (localityWeighted) {
      for (int i = 0; i < set.localities.length; i++) {
        if (set.localityWeights[i] > 0) {
          BalancedHost[] of = (panics ? set.byLocality : set.healthyByLocality)[i];
          add(of, (double) set.localityWeights[i] / localities, found, weights);
        }
      }
    } else {
      add(panics ? set.hosts : set.healthy, 1, found, weights);
    }
    hosts = found.toArray(new BalancedHost[0]);
    shares = new double[hosts.length];
    double smallest = 1;
    double largest = 0;
    for (int i = 0; i < shares.length; i++) {
      shares[i] = weights.get(i);
      smallest = Math.min(smallest, shares[i]);
      largest = Math.max(largest, shares[i]);
    }
    least = smallest;
    most = largest;
  }

  private static void add(
      BalancedHost[] of, double share, List<BalancedHost> found, List<Double> weights) {
    long sum = HostSet.weightOf(of);
    for (BalancedHost host : of) {
      found.add(host);
      weights.add(host.weight() * share / sum);
    }
  }

  /** What a host is placed by: its {@code hash_key}, else its name where wanted, else address. */
  static byte[] key(BalancedHost host, Hashing hashing) {
    StructValue.Fields lb = host.metadata().get("envoy.lb");
    String key = "";
    if (lb != null && lb.values().get("hash_key") instanceof StructValue.Text(String text)) {
      key = text;
    }
    if (key.isEmpty()) {
      key = hashing.useHostname() ? host.hostname() : host.address();
    }
    return key.getBytes(StandardCharsets.UTF_8);
  }
}
