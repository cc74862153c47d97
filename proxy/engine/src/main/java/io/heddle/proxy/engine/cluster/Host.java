package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.engine.balance.BalancedHost;
import io.heddle.proxy.engine.balance.HostLoad;
import io.heddle.proxy.engine.loop.Addresses;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.EndpointsConfig.Health;
import io.heddle.xds.model.EndpointsConfig.Locality;
import io.heddle.xds.model.StructValue;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * One endpoint of a cluster, the same object for as long as its address stays in the endpoints, so
 * that counts and connections survive updates. Its attributes are written under the cluster's lock.
 */
public final class Host implements BalancedHost {
  private final InetSocketAddress socketAddress;
  private final String address;
  private final AtomicInteger active = new AtomicInteger();

  /** Connections by worker; each slot belongs to its loop. */
  final @Nullable HostPools[] pools;

  final AtomicInteger connectionsActive = new AtomicInteger();
  final LongAdder connectionsTotal = new LongAdder();
  final LongAdder connectFailures = new LongAdder();
  private final LongAdder requestsTotal = new LongAdder();
  private final LongAdder requestsSuccess = new LongAdder();
  private final LongAdder requestsError = new LongAdder();
  private final LongAdder requestsTimeout = new LongAdder();
  private volatile boolean removed;
  private boolean known; // Under the cluster's lock.
  private volatile String hostname = "";
  private volatile Health health = Health.UNKNOWN;
  private volatile long weight = 1;
  private volatile Locality locality = Locality.NONE;
  private volatile int priority;
  private volatile Map<String, StructValue.Fields> metadata = Map.of();
  private volatile long healthySinceNanos;
  private final HostLoad load = new HostLoad();

  Host(InetSocketAddress socketAddress, int workers) {
    this.socketAddress = socketAddress;
    this.address = addressText(socketAddress);
    this.pools = new @Nullable HostPools[workers];
  }

  static String addressText(InetSocketAddress address) {
    return Addresses.text(address);
  }

  void update(EndpointsConfig.Endpoint endpoint, Locality place, int atPriority, long nowNanos) {
    hostname = endpoint.hostname();
    boolean was = known && availability() == Availability.HEALTHY;
    known = true;
    health = endpoint.health();
    metadata = endpoint.metadata();
    if (!was) {
      healthySinceNanos = nowNanos;
    }
    weight = endpoint.weight();
    locality = place;
    priority = atPriority;
  }

  /** Where to connect to. */
  public InetSocketAddress socketAddress() {
    return socketAddress;
  }

  @Override
  public String address() {
    return address;
  }

  @Override
  public long weight() {
    return weight;
  }

  @Override
  public int activeRequests() {
    return active.get();
  }

  @Override
  public Availability availability() {
    Health now = health;
    return now == Health.DEGRADED
        ? Availability.DEGRADED
        : now.usable() ? Availability.HEALTHY : Availability.UNHEALTHY;
  }

  @Override
  public Map<String, StructValue.Fields> metadata() {
    return metadata;
  }

  @Override
  public long healthySinceNanos() {
    return healthySinceNanos;
  }

  @Override
  public HostLoad load() {
    return load;
  }

  /** What is sent as host where a route rewrites it automatically; may be empty. */
  @Override
  public String hostname() {
    return hostname;
  }

  /** Whether requests may be sent there. */
  public boolean healthy() {
    return health.usable();
  }

  Health health() {
    return health;
  }

  @Override
  public Locality locality() {
    return locality;
  }

  int priority() {
    return priority;
  }

  /** Whether it is no longer among the endpoints. */
  public boolean removed() {
    return removed;
  }

  void remove() {
    removed = true;
  }

  void restore() {
    removed = false;
  }

  /** Counts a connection that begins, unless there are this many. */
  boolean admitsConnection(long most) {
    while (true) {
      int now = connectionsActive.get();
      if (now >= most) {
        return false;
      }
      if (connectionsActive.compareAndSet(now, now + 1)) {
        return true;
      }
    }
  }

  /** A connection that is not pooled begins. */
  public void rawConnectionBegan() {
    connectionsTotal.increment();
    connectionsActive.incrementAndGet();
  }

  /** A connection that is not pooled has ended, or never stood. */
  public void rawConnectionEnded(boolean connectFailed) {
    connectionsActive.decrementAndGet();
    if (connectFailed) {
      connectFailures.increment();
    }
  }

  /** A request was given to this host. */
  public void requestBegan() {
    active.incrementAndGet();
    requestsTotal.increment();
  }

  /** It ended; {@code status} is 0 where there was no response. */
  public void requestEnded(int status, boolean timedOut) {
    active.decrementAndGet();
    if (timedOut) {
      requestsTimeout.increment();
    } else if (status > 0 && status < 500) {
      requestsSuccess.increment();
    } else {
      requestsError.increment();
    }
  }

  long requestsTotal() {
    return requestsTotal.sum();
  }

  long requestsSuccess() {
    return requestsSuccess.sum();
  }

  long requestsError() {
    return requestsError.sum();
  }

  long requestsTimeout() {
    return requestsTimeout.sum();
  }

  @Override
  public String toString() {
    return address;
  }
}
