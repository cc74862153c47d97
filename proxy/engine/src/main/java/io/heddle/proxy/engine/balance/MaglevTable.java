package io.heddle.proxy.engine.balance;

import io.heddle.xds.model.LbPolicy.Maglev;
import java.util.Arrays;

/**
 * A Maglev table, the same as Envoy's for the same hosts (Eisenbud et al., "Maglev: A Fast and
 * Reliable Software Network Load Balancer", 3.4): hosts take turns in choosing places by orders of
 * their own, the heavier ones oftener. Immutable.
 */
final class MaglevTable implements HashTable {
  private final int size;
  // One of the two is used, the smaller that can name every host.
  private final char[] narrow;
  private final int[] wide;

  MaglevTable(WeightedHosts hosts, Maglev policy, BalanceStats stats) {
    int count = hosts.hosts.length;
    size = count == 0 ? 0 : (int) policy.tableSize();
    byte[][] keys = new byte[count][];
    Integer[] order = new Integer[count];
    for (int i = 0; i < count; i++) {
      keys[i] = WeightedHosts.key(hosts.hosts[i], policy.hashing());
      order[i] = i;
    }
    Arrays.sort(order, (a, b) -> Arrays.compareUnsigned(keys[a], keys[b]));
    long[] next = new long[count];
    long[] skip = new long[count];
    double[] shares = new double[count];
    for (int i = 0; i < count; i++) {
      byte[] key = keys[order[i]];
      next[i] = Long.remainderUnsigned(XxHash64.hash(key), size);
      skip[i] = Long.remainderUnsigned(XxHash64.hash(key, 0, key.length, 1), size - 1L) + 1;
      shares[i] = hosts.shares[order[i]];
    }
    int[] table = fill(next, skip, shares, hosts.most, stats);
    boolean small = count <= Character.MAX_VALUE;
    narrow = new char[small ? size : 0];
    wide = new int[small ? 0 : size];
    for (int i = 0; i < size; i++) {
      if (small) {
        narrow[i] = (char) (int) order[table[i]];
      } else {
        wide[i] = order[table[i]];
      }
    }
  }

  private int[] fill(long[] next, long[] skip, double[] shares, double most, BalanceStats stats) {
    int[] table = new int[size];
    Arrays.fill(table, -1);
    double[] target = new double[shares.length];
    long[] places = new long[shares.length];
    int taken = 0;
    for (long turn = 1; taken < size; turn++) {
      for (int i = 0; i < shares.length && taken < size; i++) {
        if (turn * shares[i] < target[i]) {
          continue;
        }
        target[i] += most;
        while (table[(int) next[i]] >= 0) {
          next[i] = (next[i] + skip[i]) % size;
        }
        table[(int) next[i]] = i;
        next[i] = (next[i] + skip[i]) % size;
        places[i]++;
        taken++;
      }
    }
    if (size > 0) {
      stats.maglev(Arrays.stream(places).min().orElse(0), Arrays.stream(places).max().orElse(0));
    }
    return table;
  }

  @Override
  public int find(long hash, int attempt) {
    if (size == 0) {
      return -1;
    }
    // Most bits change with each attempt, so that repeats do not all fall on one host.
    long now = attempt > 0 ? hash ^ -(long) attempt : hash;
    int at = (int) Long.remainderUnsigned(now, size);
    return narrow.length > 0 ? narrow[at] : wide[at];
  }
}
