package io.heddle.proxy.engine.balance;

import io.heddle.xds.model.EndpointsConfig.Locality;
import io.heddle.xds.model.LbPolicy.LocalityLb.ZoneAware;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How requests of the highest priority are kept in the proxy's own zone, as Envoy does it: all of
 * them where the zone has at least its share of hosts, otherwise as many as it can bear, the rest
 * to zones with capacity to spare. Immutable.
 */
final class ZoneRouting {
  private static final long ALL = 10_000;

  private final boolean direct;
  private final long ownShare;
  private final long[] residual;

  private ZoneRouting(boolean direct, long ownShare, long[] residual) {
    this.direct = direct;
    this.ownShare = ownShare;
    this.residual = residual;
  }

  /** The routing, or null where zones do not count. */
  static @Nullable ZoneRouting of(
      HostSet upstream, HostSet local, ZoneAware config, BalanceStats stats) {
    stats.recalculateZoneStructures.increment();
    if (upstream.localities.length < 2 || local.localities.length < 2) {
      return null;
    }
    if (!local.ownLocality || local.byLocality[0].length == 0) {
      stats.localClusterNotOk.increment();
      return null;
    }
    if (upstream.healthy.length < config.minimumClusterSize()) {
      stats.zoneClusterTooSmall.increment();
      return null;
    }
    int size = upstream.localities.length;
    long[] ours = new long[size];
    long[] theirs = new long[size];
    shares(upstream, local, config.byWeight(), ours, theirs);
    boolean own = upstream.ownLocality;
    long forced = config.forceLocalZoneMinimum();
    if (own
        && ((theirs[0] > 0 && theirs[0] >= ours[0])
            || (forced > 0 && upstream.healthyByLocality[0].length >= forced))) {
      return new ZoneRouting(true, ALL, new long[size]);
    }
    long[] residual = new long[size];
    long sum = 0;
    for (int i = 0; i < size; i++) {
      boolean isOwn = own && i == 0;
      sum += isOwn ? 0 : Math.max(0, theirs[i] - ours[i]);
      residual[i] = sum;
    }
    return new ZoneRouting(false, own && ours[0] > 0 ? theirs[0] * ALL / ours[0] : 0, residual);
  }

  private static void shares(
      HostSet upstream, HostSet local, boolean byWeight, long[] ours, long[] theirs) {
    Map<Locality, Long> counts = new HashMap<>();
    long localSum = 0;
    for (int i = 0; i < local.localities.length; i++) {
      long count = count(local.healthyByLocality[i], byWeight);
      counts.put(local.localities[i], count);
      localSum += count;
    }
    long upstreamSum = 0;
    for (BalancedHost[] hosts : upstream.healthyByLocality) {
      upstreamSum += count(hosts, byWeight);
    }
    for (int i = 0; i < upstream.localities.length; i++) {
      if (upstream.healthyByLocality[i].length > 0) {
        ours[i] =
            localSum == 0 ? 0 : ALL * counts.getOrDefault(upstream.localities[i], 0L) / localSum;
        theirs[i] =
            upstreamSum == 0
                ? 0
                : ALL * count(upstream.healthyByLocality[i], byWeight) / upstreamSum;
      }
    }
  }

  private static long count(BalancedHost[] hosts, boolean byWeight) {
    return byWeight ? HostSet.weightOf(hosts) : hosts.length;
  }

  /** Index of a locality. */
  int choose(BalanceLoop loop, BalanceStats stats) {
    if (direct) {
      loop.stats().increment(stats.zoneRoutingAllDirectly);
      return 0;
    }
    if (loop.random().nextLong(ALL) < ownShare) {
      loop.stats().increment(stats.zoneRoutingSampled);
      return 0;
    }
    loop.stats().increment(stats.zoneRoutingCrossZone);
    long spare = residual[residual.length - 1];
    if (spare == 0) {
      loop.stats().increment(stats.zoneNoCapacityLeft);
      return loop.random().nextInt(residual.length);
    }
    long point = loop.random().nextLong(spare);
    int i = 0;
    while (point >= residual[i]) {
      i++;
    }
    return i;
  }
}
