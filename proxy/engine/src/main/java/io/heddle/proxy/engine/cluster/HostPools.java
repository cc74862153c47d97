package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.engine.cluster.UpstreamStream.PoolFailure;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.tls.PeerNames;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.HostTransports.RequestNames;
import io.netty.util.NetUtil;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All connections of one event loop to one host: one pool for every request, or, where connections
 * depend on requests, one for each server name or client. A configuration that changes what
 * connections are begins pools anew; those before finish what they have. Owned by the loop.
 */
// Identity of a configuration is meant.
@SuppressWarnings("ReferenceEquality")
final class HostPools {
  /** So many names at once; more are refused as a breaker would. */
  private static final int MOST_POOLS = 1024;

  private final Worker worker;
  private final Cluster cluster;
  private final Host host;
  private ClusterConfig madeFor;
  private @Nullable HostPool shared;
  private Map<Key, HostPool> keyed = Map.of();
  private List<HostPool> retired = new ArrayList<>(0);

  /** Of pools that are counted, as the cluster may have only so many: where. */
  private Map<HostPool, Priority> counted = Map.of();

  /** What a connection is good for. */
  private record Key(PeerNames names, long client) {}

  HostPools(Worker worker, Cluster cluster, Host host) {
    this.worker = worker;
    this.cluster = cluster;
    this.host = host;
    this.madeFor = cluster.config();
  }

  /** Gives the stream a connection, at once or later, or tells it why there is none. */
  void acquire(UpstreamStream stream, Priority priority) {
    ClusterConfig config = cluster.config();
    if (madeFor != config) {
      renew(config);
    }
    RequestNames names = config.transports().names();
    boolean perClient = cluster.sockets().perClient();
    if (!names.any() && !perClient) {
      HostPool pool = shared;
      if (pool == null) {
        pool = make(PeerNames.NONE, null, priority);
        if (pool == null) {
          stream.onPoolFailure(PoolFailure.OVERFLOW, "");
          return;
        }
        shared = pool;
      }
      pool.acquire(stream, priority);
      return;
    }
    ConnectionInfo client = perClient ? stream.client() : null;
    Key key = new Key(names(stream, names), client == null ? -1 : client.id());
    HostPool pool = keyed.get(key);
    if (pool == null) {
      if (keyed.isEmpty()) {
        keyed = new HashMap<>();
      } else if (keyed.size() >= MOST_POOLS) {
        dropEmpty();
      }
      if (keyed.size() >= MOST_POOLS) {
        stream.onPoolFailure(PoolFailure.OVERFLOW, "");
        return;
      }
      pool = make(key.names(), client, priority);
      if (pool == null) {
        stream.onPoolFailure(PoolFailure.OVERFLOW, "");
        return;
      }
      keyed.put(key, pool);
    }
    pool.acquire(stream, priority);
  }

  /** Whose pools nobody counts need not be told that one is empty. */
  private static void nothing() {}

  /** A new pool, or null where there may be no further one. */
  private @Nullable HostPool make(
      PeerNames names, @Nullable ConnectionInfo client, Priority priority) {
    if (!priority.boundsPools()) {
      return cluster.newPool(worker, host, names, client, HostPools::nothing);
    }
    if (!priority.pools.tryAcquire()) {
      dropEmpty();
      if (!priority.pools.tryAcquire()) {
        worker.stats().increment(cluster.stats().cxPoolOverflow);
        return null;
      }
    }
    HostPool made =
        cluster.newPool(
            // Later, as the pools may just be gone through.
            worker, host, names, client, () -> worker.loop().execute(this::dropEmpty));
    if (counted.isEmpty()) {
      counted = new HashMap<>();
    }
    counted.put(made, priority);
    return made;
  }

  private static PeerNames names(UpstreamStream stream, RequestNames wanted) {
    if (!wanted.any()) {
      return PeerNames.NONE;
    }
    String name = hostOf(stream.requestName(wanted.header()));
    boolean address = NetUtil.isValidIpV4Address(name) || NetUtil.isValidIpV6Address(name);
    return new PeerNames(
        wanted.serverName() && !address ? name : "", wanted.certificateName() ? name : "");
  }

  /** Without a port, and what is no name at all is none. */
  private static String hostOf(String authority) {
    String host = authority;
    if (authority.startsWith("[")) {
      int end = authority.indexOf(']');
      host = end < 0 ? "" : authority.substring(1, end);
    } else {
      int colon = authority.indexOf(':');
      host = colon < 0 ? authority : authority.substring(0, colon);
    }
    if (host.length() > 255 || !host.chars().allMatch(c -> c > ' ' && c < 127)) {
      return "";
    }
    return host;
  }

  private void renew(ClusterConfig config) {
    boolean same =
        madeFor.protocol() == config.protocol()
            && madeFor.http2().equals(config.http2())
            && madeFor.transports().equals(config.transports());
    madeFor = config;
    if (same) {
      return;
    }
    List<HostPool> old = new ArrayList<>(retired);
    HostPool before = shared;
    if (before != null) {
      old.add(before);
      shared = null;
    }
    old.addAll(keyed.values());
    keyed = Map.of();
    old.forEach(HostPool::retire);
    retired = old;
    retired.removeIf(this::drops);
  }

  private void dropEmpty() {
    keyed.values().removeIf(this::drops);
    retired.removeIf(this::drops);
    HostPool all = shared;
    if (all != null && counted.containsKey(all) && drops(all)) {
      shared = null;
    }
  }

  /** Whether a pool is dropped as it is empty; then it is counted no more. */
  private boolean drops(HostPool pool) {
    if (!pool.empty()) {
      return false;
    }
    Priority under = counted.isEmpty() ? null : counted.remove(pool);
    if (under != null) {
      under.pools.release();
    }
    return true;
  }

  /** Withdraws a stream that waits; nothing is called on it any more. */
  void cancel(UpstreamStream stream) {
    HostPool pool = shared;
    if (pool != null) {
      pool.cancel(stream);
    }
    keyed.values().forEach(one -> one.cancel(stream));
    retired.forEach(one -> one.cancel(stream));
  }

  /** Ends the connections that nobody uses, now or when their last stream has ended. */
  void closeIdle() {
    renew(cluster.config());
    HostPool pool = shared;
    if (pool != null) {
      pool.closeIdle();
    }
    keyed.values().forEach(HostPool::closeIdle);
    retired.forEach(HostPool::closeIdle);
    if (!counted.isEmpty()) {
      dropEmpty();
    }
  }
}
