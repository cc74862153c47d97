package io.heddle.proxy.filters.localratelimit;

import io.heddle.proxy.api.ServerView;
import io.heddle.proxy.api.ServerView.Membership;

/**
 * How many proxies share a limit: the members of the local cluster. Looked up ten times a second at
 * most, as counting costs with their number; loops that look at once find the same.
 */
final class ClusterShare {
  private static final long FRESH_NANOS = 100_000_000;

  private final ServerView server;
  private final String cluster;
  private volatile long sharers;
  private volatile long seenNanos;

  ClusterShare(ServerView server, String cluster, long nowNanos) {
    this.server = server;
    this.cluster = cluster;
    look(nowNanos);
  }

  long sharers(long nowNanos) {
    if (nowNanos - seenNanos >= FRESH_NANOS) {
      look(nowNanos);
    }
    return sharers;
  }

  private void look(long nowNanos) {
    sharers = Math.max(1, server.membership(cluster).map(Membership::total).orElse(1L));
    seenNanos = nowNanos;
  }
}
