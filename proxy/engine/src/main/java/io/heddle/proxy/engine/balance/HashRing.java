package io.heddle.proxy.engine.balance;

import io.heddle.xds.model.LbPolicy.HashFunction;
import io.heddle.xds.model.LbPolicy.RingHash;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A Ketama ring, the same as Envoy's for the same hosts: each host has points on it by its share,
 * and a hash belongs to the next point that is not below it. Immutable.
 */
final class HashRing implements HashTable {
  private final long[] points;
  private final int[] owners;

  HashRing(WeightedHosts hosts, RingHash policy, BalanceStats stats) {
    if (hosts.hosts.length == 0) {
      points = new long[0];
      owners = new int[0];
      return;
    }
    // So many points that the host with the least share has a whole number of them.
    double scale =
        Math.min(
            Math.ceil(hosts.least * policy.minimumSize()) / hosts.least,
            (double) policy.maximumSize());
    int size = (int) Math.ceil(scale);
    long[] hashes = new long[size + hosts.hosts.length];
    int[] of = new int[hashes.length];
    int count = 0;
    double wanted = 0;
    long fewest = size;
    long most = 0;
    for (int i = 0; i < hosts.hosts.length; i++) {
      byte[] key = WeightedHosts.key(hosts.hosts[i], policy.hashing());
      byte[] text = Arrays.copyOf(key, key.length + 12);
      text[key.length] = '_';
      wanted += scale * hosts.shares[i];
      int own = 0;
      while (count < wanted) {
        byte[] digits = Integer.toString(own).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(digits, 0, text, key.length + 1, digits.length);
        int length = key.length + 1 + digits.length;
        long hash =
            policy.function() == HashFunction.MURMUR_HASH_2
                ? MurmurHash2.hash(text, length, MurmurHash2.STANDARD_SEED)
                : XxHash64.hash(text, 0, length, 0);
        if (count == hashes.length) {
          hashes = Arrays.copyOf(hashes, count * 2);
          of = Arrays.copyOf(of, count * 2);
        }
        hashes[count] = hash;
        of[count++] = i;
        own++;
      }
      fewest = Math.min(fewest, own);
      most = Math.max(most, own);
    }
    points = Arrays.copyOf(hashes, count);
    owners = Arrays.copyOf(of, count);
    sort(points, owners);
    stats.ring(size, fewest, most);
  }

  /** By hash, which is unsigned; equal ones in their order, which hardly ever happens. */
  private static void sort(long[] points, int[] owners) {
    Integer[] order = new Integer[points.length];
    Arrays.setAll(order, i -> i);
    long[] hashes = points.clone();
    int[] of = owners.clone();
    Arrays.sort(order, (a, b) -> Long.compareUnsigned(hashes[a], hashes[b]));
    for (int i = 0; i < points.length; i++) {
      points[i] = hashes[order[i]];
      owners[i] = of[order[i]];
    }
  }

  @Override
  public int find(long hash, int attempt) {
    int size = points.length;
    if (size == 0) {
      return -1;
    }
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (Long.compareUnsigned(points[middle], hash) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return owners[(int) ((low + (long) attempt) % size)];
  }
}
