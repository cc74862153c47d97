package io.heddle.proxy.engine.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The hosts of a cluster at one time, by priority. Immutable.
 *
 * <p>A priority takes as much of the load as its healthy share times the overprovisioning factor
 * covers, the rest spills to the next; where even all of them cover too little, loads are scaled
 * up. A priority whose healthy share is under the panic threshold is balanced over all its hosts.
 */
final class EndpointSet {
  static final EndpointSet EMPTY = new EndpointSet(List.of(), 140, 50);

  final List<Host> hosts;
  final List<List<Host>> candidates;
  final boolean[] panicking;
  private final int[] loadUpTo;

  EndpointSet(List<Host> hosts, int overprovisioningFactor, double panicThreshold) {
    this.hosts = List.copyOf(hosts);
    int priorities = 0;
    for (Host host : hosts) {
      priorities = Math.max(priorities, host.priority() + 1);
    }
    List<List<Host>> all = new ArrayList<>();
    List<List<Host>> healthy = new ArrayList<>();
    for (int p = 0; p < priorities; p++) {
      all.add(new ArrayList<>());
      healthy.add(new ArrayList<>());
    }
    for (Host host : hosts) {
      all.get(host.priority()).add(host);
      if (host.healthy()) {
        healthy.get(host.priority()).add(host);
      }
    }
    int[] cover = new int[priorities];
    int total = 0;
    for (int p = 0; p < priorities; p++) {
      int size = all.get(p).size();
      cover[p] =
          size == 0
              ? 0
              : (int) Math.min(100, (long) healthy.get(p).size() * overprovisioningFactor / size);
      total += cover[p];
    }
    int scale = Math.min(100, total);
    loadUpTo = new int[priorities];
    panicking = new boolean[priorities];
    List<List<Host>> chosen = new ArrayList<>();
    int given = 0;
    for (int p = 0; p < priorities; p++) {
      int load = scale == 0 ? (p == 0 ? 100 : 0) : Math.min(100 - given, cover[p] * 100 / scale);
      given += load;
      loadUpTo[p] = given;
      int size = all.get(p).size();
      boolean underThreshold = size > 0 && healthy.get(p).size() * 100.0 / size < panicThreshold;
      // While the priorities together can carry the load, a weak one just gets less of it.
      panicking[p] = underThreshold && total < 100;
      chosen.add(List.copyOf(panicking[p] ? all.get(p) : healthy.get(p)));
    }
    if (priorities > 0 && scale > 0) {
      int last = priorities - 1;
      while (last > 0 && cover[last] == 0) {
        last--;
      }
      for (int p = last; p < priorities; p++) {
        loadUpTo[p] = 100;
      }
    }
    candidates = List.copyOf(chosen);
  }

  /** A priority by its share of the load, or -1 where there are no hosts at all. */
  int choosePriority(SplittableRandom random) {
    if (loadUpTo.length <= 1) {
      return loadUpTo.length - 1;
    }
    int point = random.nextInt(100);
    for (int p = 0; p < loadUpTo.length; p++) {
      if (point < loadUpTo[p]) {
        return p;
      }
    }
    return 0;
  }

  long healthyCount() {
    return hosts.stream().filter(Host::healthy).count();
  }
}
