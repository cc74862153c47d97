package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.engine.HostFlag;
import io.heddle.proxy.engine.HostHealth;
import io.heddle.proxy.engine.balance.BalancedHost;
import io.heddle.proxy.engine.balance.HostLoad;
import io.heddle.proxy.engine.health.CheckState;
import io.heddle.proxy.engine.health.HostWatch;
import io.heddle.proxy.engine.loop.Addresses;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.EndpointsConfig.Health;
import io.heddle.xds.model.EndpointsConfig.Locality;
import io.heddle.xds.model.HealthCheck;
import io.heddle.xds.model.StructValue;
import java.net.InetSocketAddress;
import java.util.EnumSet;
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
  private boolean wasHealthy; // Under the cluster's lock.
  private volatile String hostname = "";
  private volatile Health health = Health.UNKNOWN;
  private volatile long weight = 1;
  private volatile Locality locality = Locality.NONE;
  private volatile int priority;
  private volatile Map<String, StructValue.Fields> metadata = Map.of();
  private volatile long healthySinceNanos;
  private volatile HealthCheck.Target checkTarget = HealthCheck.Target.DEFAULT;
  private volatile boolean leaving;
  private volatile @Nullable HostWatch watch;
  private volatile @Nullable HostCheck check;
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
    health = endpoint.health();
    metadata = endpoint.metadata();
    weight = endpoint.weight();
    checkTarget = endpoint.check();
    locality = place;
    priority = atPriority;
    leaving = false;
    look(nowNanos);
  }

  /** Something may have changed its health: from when it is well it begins slowly again. */
  void look(long nowNanos) {
    boolean is = availability() == Availability.HEALTHY;
    if (!wasHealthy) {
      healthySinceNanos = nowNanos;
    }
    wasHealthy = is;
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
    HostWatch watched = watch;
    HostCheck checked = check;
    CheckState state = checked == null ? null : checked.state();
    if (!now.usable()
        || (watched != null && watched.ejected())
        || (state != null && state.failed())) {
      return Availability.UNHEALTHY;
    }
    return now == Health.DEGRADED || (state != null && state.degraded())
        ? Availability.DEGRADED
        : Availability.HEALTHY;
  }

  @Override
  public boolean leftOut() {
    HostCheck checked = check;
    return checked != null && (checked.state().pending() || checked.state().leftOut());
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
    return availability() != Availability.UNHEALTHY;
  }

  /** Why it is not well, or how its rates of success were. */
  HostHealth healthView() {
    HostWatch watched = watch;
    HostCheck checked = check;
    EnumSet<HostFlag> flags = EnumSet.noneOf(HostFlag.class);
    if (checked != null) {
      CheckState state = checked.state();
      flag(flags, HostFlag.FAILED_ACTIVE_HC, state.failed());
      flag(flags, HostFlag.DEGRADED_ACTIVE_HC, state.degraded());
      flag(flags, HostFlag.PENDING_ACTIVE_HC, state.pending());
      flag(flags, HostFlag.EXCLUDED_VIA_IMMEDIATE_HC_FAIL, state.leftOut());
      flag(flags, HostFlag.ACTIVE_HC_TIMEOUT, state.timedOut());
    }
    flag(flags, HostFlag.FAILED_OUTLIER_CHECK, watched != null && watched.ejected());
    Health said = health;
    flag(flags, HostFlag.FAILED_EDS_HEALTH, said == Health.UNHEALTHY || said == Health.TIMEOUT);
    flag(flags, HostFlag.DEGRADED_EDS_HEALTH, said == Health.DEGRADED);
    flag(flags, HostFlag.EDS_STATUS_DRAINING, said == Health.DRAINING);
    flag(flags, HostFlag.PENDING_DYNAMIC_REMOVAL, leaving);
    return new HostHealth(
        flags,
        watched == null ? -1 : watched.successRate(),
        watched == null ? -1 : watched.localSuccessRate());
  }

  private static void flag(EnumSet<HostFlag> flags, HostFlag flag, boolean on) {
    if (on) {
      flags.add(flag);
    }
  }

  HealthCheck.Target checkTarget() {
    return checkTarget;
  }

  /** It is not listed any more, and kept because its checks succeed. */
  void leaving() {
    leaving = true;
  }

  /** Who takes it out when it answers badly. */
  @Nullable HostWatch watch() {
    return watch;
  }

  void watch(@Nullable HostWatch by) {
    watch = by;
  }

  /** Who asks it whether it is well. */
  @Nullable HostCheck check() {
    return check;
  }

  void check(@Nullable HostCheck by) {
    check = by;
  }

  // --- what it did, on any loop ---

  /** The head of a response came. */
  public void answered(ResponseHead head) {
    HostWatch watched = watch;
    if (watched != null) {
      watched.answered(GrpcStatus.asHttp(head));
    }
    HostCheck checked = check;
    if (checked != null && head.contains(HttpAsked.IMMEDIATE_FAIL)) {
      checked.failedInPassing();
    }
  }

  /** A connection for a request is there. */
  public void connected() {
    HostWatch watched = watch;
    if (watched != null) {
      watched.connected();
    }
  }

  /** A connection is there, on which no protocol is known. */
  public void connectedForGood() {
    HostWatch watched = watch;
    if (watched != null) {
      watched.connectedForGood();
    }
  }

  /** There is no connection, or it was lost before the response was whole. */
  public void failed() {
    HostWatch watched = watch;
    if (watched != null) {
      watched.failed();
    }
  }

  /** A response, or a connection, did not come in time. */
  public void timedOut() {
    HostWatch watched = watch;
    if (watched != null) {
      watched.timedOut();
    }
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
