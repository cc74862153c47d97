package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.engine.TlsView;
import io.heddle.proxy.engine.balance.BalanceContext;
import io.heddle.proxy.engine.balance.BalanceSettings;
import io.heddle.proxy.engine.balance.BalanceStats;
import io.heddle.proxy.engine.balance.BalancedHost.Availability;
import io.heddle.proxy.engine.balance.Balancer;
import io.heddle.proxy.engine.balance.BalancerPlans;
import io.heddle.proxy.engine.balance.HostSet;
import io.heddle.proxy.engine.balance.LoadReport;
import io.heddle.proxy.engine.chain.SharedFilters;
import io.heddle.proxy.engine.health.EventSink;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.stats.Scope;
import io.heddle.proxy.engine.tls.PeerNames;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ClusterConfig.Discovery;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.LbPolicy;
import io.heddle.xds.model.RouteAction.RoutingPriority;
import io.heddle.xds.model.SocketEndpoint;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A cluster's handle: the same object from when its name appears until it is removed, so that
 * pools, statistics and counts survive updates. Configured under its own lock; used by every event
 * loop.
 */
// Compared by nobody; identity is meant.
@SuppressWarnings({"ArrayRecordComponent", "ReferenceEquality"})
public final class Cluster {
  private static final int MILLION = 1_000_000;

  private final String name;
  private final List<Worker> workers;
  private final ClusterStats stats;
  private final BalanceStats balanceStats;
  private final ClusterSettings settings;
  private final Priority normal;
  private final Priority high;
  private final @Nullable LoopView[] views;
  private final @Nullable Aggregate[] aggregates;
  private final CompletableFuture<Void> warm = new CompletableFuture<>();
  private final CompletableFuture<Void> endpointsThere = new CompletableFuture<>();
  private final CompletableFuture<Void> secretsThere = new CompletableFuture<>();
  private final ClusterHealth health;
  private final UpstreamTransport transport;
  private Map<String, Host> byAddress = Map.of();
  private @Nullable EndpointsConfig endpointsConfig;
  private volatile ClusterConfig config;
  private volatile ClusterExtensions extensions;
  private volatile EndpointSet endpoints = EndpointSet.EMPTY;
  private volatile boolean closed;
  private volatile HostSockets sockets;
  private @Nullable HostSockets waitingSockets; // Under the cluster's lock.
  private volatile int dropPerMillion;
  private volatile @Nullable OnDemandHosts onDemand;
  private @Nullable Discovery onDemandBy; // Under the lock.

  /** What a loop has made of one set of endpoints; belongs to the loop. */
  private record LoopView(EndpointSet set, Balancer balancer) {}

  Cluster(
      ClusterConfig config,
      ClusterExtensions extensions,
      List<Worker> workers,
      Scope root,
      UpstreamTransport transport,
      ClusterSettings settings) {
    this.settings = settings;
    this.name = config.name();
    this.config = config;
    this.extensions = extensions;
    this.workers = workers;
    this.transport = transport;
    Scope scope = root.tagged("cluster", "envoy_cluster_name", config.altStatName());
    this.stats = new ClusterStats(scope);
    this.balanceStats = new BalanceStats(scope);
    Scope breakers = scope.scope("circuit_breakers");
    this.normal = new Priority(config.circuitBreakers().normal(), breakers.scope("default"));
    this.high = new Priority(config.circuitBreakers().high(), breakers.scope("high"));
    this.views = new @Nullable LoopView[workers.size()];
    this.aggregates = new @Nullable Aggregate[workers.size()];
    this.sockets = open(config);
    this.health = new ClusterHealth(this, settings, workers);
    health.configure(config, List.of());
    var _ =
        CompletableFuture.allOf(endpointsThere, secretsThere, health.firstChecks())
            .thenRun(() -> warm.complete(null));
    var _ = sockets.ready().thenRun(() -> secretsThere.complete(null));
  }

  private HostSockets open(ClusterConfig next) {
    return HostSockets.open(
        next.transports(), HostSockets.offer(next), name, transport, stats.scope);
  }

  /** The cluster's name. */
  public String name() {
    return name;
  }

  /** The configuration as it is now. */
  public ClusterConfig config() {
    return config;
  }

  /** What is counted about it. */
  public ClusterStats stats() {
    return stats;
  }

  /** What its channels are made with. */
  UpstreamTransport transport() {
    return transport;
  }

  /** What carries the bytes of its connections. */
  HostSockets sockets() {
    return sockets;
  }

  /** Whether connections are made for one client each, to tell its addresses. */
  public boolean perClient() {
    return sockets.perClient();
  }

  /** The breakers of a routing priority. */
  public Priority priority(RoutingPriority routing) {
    return routing == RoutingPriority.HIGH ? high : normal;
  }

  /** Whether it was removed. */
  public boolean closed() {
    return closed;
  }

  /**
   * Completes when the first endpoints and all secrets are there and each endpoint was checked
   * once, where it is; or when it was removed.
   */
  public CompletableFuture<Void> warm() {
    return warm;
  }

  /** The filters for one attempt, which calls {@link SharedFilters#done} at its end. */
  public SharedFilters useFilters() {
    while (true) {
      SharedFilters now = extensions.filters();
      // Refused only when an update has put others in their place already.
      if (now.tryUse()) {
        return now;
      }
    }
  }

  /** Whether its balancer looks at exchanges; otherwise none need be shown to it. */
  public boolean balancesByExchange() {
    return extensions.balancer().isPresent()
        || onDemand != null
        || config.lbPolicy() instanceof LbPolicy.OverrideHost;
  }

  /**
   * The cluster that one attempt goes to: itself, or one of an aggregate's members; itself, too,
   * where no member has a host. On the loop.
   */
  public Cluster forAttempt(Worker worker) {
    Cluster at = this;
    // Aggregates of aggregates end somewhere, whatever is configured.
    for (int depth = 0; depth < 4; depth++) {
      ClusterConfig now = at.config;
      if (!(now.discovery() instanceof ClusterConfig.Discovery.Aggregate members)) {
        return at;
      }
      Aggregate view = at.aggregates[worker.index()];
      if (view == null || !view.of(members.clusters(), now.healthyPanicThreshold())) {
        view = new Aggregate(settings, members.clusters(), now.healthyPanicThreshold());
        at.aggregates[worker.index()] = view;
      }
      Cluster next = view.choose(worker);
      if (next == null) {
        return at;
      }
      at = next;
    }
    return at;
  }

  /**
   * Whether one request is refused because the control plane wants a share of them refused ({@code
   * drop_overloads}); counted. On the loop.
   */
  public boolean drops(Worker worker) {
    int share = dropPerMillion;
    if (share == 0 || (share < MILLION && worker.random().nextInt(MILLION) >= share)) {
      return false;
    }
    worker.stats().increment(stats.rqDropOverload);
    return true;
  }

  /** Whether every request is refused for that reason. */
  public boolean dropsAll() {
    return dropPerMillion >= MILLION;
  }

  /** A response's head came from this host so long after the attempt began. On the loop. */
  public void answered(Worker worker, Host host, long nanos, ResponseHead head) {
    host.answered(head);
    switch (config.lbPolicy()) {
      case LbPolicy.PeakEwma ewma ->
          host.load().answered(nanos, worker.turnNanos(), ewma.decay().toNanos());
      case LbPolicy.ClientSideWeighted _ -> reported(worker, host, head);
      default -> {}
    }
  }

  /** An attempt was given up after this time; the host is at least as slow as that. */
  public void gaveUp(Worker worker, Host host, long nanos) {
    host.timedOut();
    if (config.lbPolicy() instanceof LbPolicy.PeakEwma ewma) {
      host.load().answered(nanos, worker.turnNanos(), ewma.decay().toNanos());
    }
  }

  /** A host may say in a response's head or trailers how loaded it is. On the loop. */
  public void reported(Worker worker, Host host, HeaderMap fields) {
    if (!(config.lbPolicy() instanceof LbPolicy.ClientSideWeighted policy)) {
      return;
    }
    double weight = LoadReport.weightIn(fields, policy);
    if (weight > 0) {
      host.load().reported(weight, worker.turnNanos());
    }
  }

  /** A host for one attempt, or null where none is fit. On the loop; allocates nothing. */
  public @Nullable Host choose(Worker worker, BalanceContext context) {
    OnDemandHosts made = onDemand;
    if (made != null) {
      return made.choose(context);
    }
    EndpointSet set = endpoints;
    String wanted = context.overrideHost();
    if (wanted != null) {
      Host host = set.healthy(wanted);
      if (host != null || context.overrideStrict()) {
        return host;
      }
    }
    LoopView view = views[worker.index()];
    if (view == null || view.set() != set) {
      view = new LoopView(set, set.plan().onLoop(worker));
      views[worker.index()] = view;
    }
    // All hosts of its plan are hosts of this cluster.
    return (Host) view.balancer().choose(worker, context);
  }

  /**
   * Asks for a connection to a host; on the loop. The stream is told, maybe before this returns.
   */
  public void acquire(Worker worker, Host host, UpstreamStream stream, RoutingPriority routing) {
    HostPools pools = host.pools[worker.index()];
    if (pools == null) {
      pools = new HostPools(worker, this, host);
      host.pools[worker.index()] = pools;
    }
    pools.acquire(stream, priority(routing));
  }

  HostPool newPool(
      Worker worker,
      Host host,
      PeerNames names,
      @Nullable ConnectionInfo client,
      Runnable emptied) {
    return new CarriagePools(worker, this, host, names, client, emptied);
  }

  /** Withdraws what still waits for a connection. On the loop. */
  public void cancel(Worker worker, Host host, UpstreamStream stream) {
    HostPools pool = host.pools[worker.index()];
    if (pool != null) {
      pool.cancel(stream);
    }
  }

  /** The port of hosts that are named without one; empty where requests do not name hosts. */
  public OptionalInt forwardPort() {
    ClusterConfig now = config;
    return now.discovery() instanceof Discovery.DynamicForward
        ? OptionalInt.of(NamedHosts.defaultPort(now))
        : OptionalInt.empty();
  }

  /** All hosts as they are now. */
  public List<Host> hosts() {
    OnDemandHosts made = onDemand;
    return made == null ? endpoints.hosts() : made.hosts();
  }

  /** From now on its hosts are made when they are asked for; no news where they were already. */
  synchronized void onDemand(Discovery wanted, Function<Cluster, OnDemandHosts> maker) {
    if (!closed && !wanted.equals(onDemandBy)) {
      endOnDemand();
      if (endpointsConfig != null) {
        rebuild(new EndpointsConfig(name, List.of()), true);
        endpointsConfig = null;
      }
      onDemandBy = wanted;
      onDemand = maker.apply(this);
    }
    endpointsThere.complete(null);
  }

  /** From now on its hosts are those that it is given. */
  synchronized void endOnDemand() {
    OnDemandHosts made = onDemand;
    onDemand = null;
    onDemandBy = null;
    if (made != null) {
      made.close();
    }
  }

  /** A host that was made on demand, on any thread. */
  Host newHost(InetSocketAddress address, String hostname) {
    Host host = new Host(address, workers.size());
    host.update(
        new EndpointsConfig.Endpoint(
            new SocketEndpoint(address.getHostString(), address.getPort()),
            hostname,
            EndpointsConfig.Health.UNKNOWN,
            1,
            Map.of()),
        EndpointsConfig.Locality.NONE,
        0,
        settings.nanoTime().getAsLong());
    stats.membershipTotal.add(1);
    stats.membershipHealthy.add(1);
    stats.membershipChange.increment();
    return host;
  }

  /** Hosts that were made on demand are not wanted any more. */
  void forget(List<Host> hosts) {
    if (!hosts.isEmpty()) {
      hosts.forEach(Host::remove);
      stats.membershipTotal.add(-hosts.size());
      stats.membershipHealthy.add(-hosts.size());
      stats.membershipChange.increment();
      closeIdle(hosts);
    }
  }

  synchronized Optional<EndpointsConfig> endpointsConfig() {
    return Optional.ofNullable(endpointsConfig);
  }

  synchronized void update(ClusterConfig next, ClusterExtensions nextExtensions) {
    config = next;
    ClusterExtensions before = extensions;
    extensions = nextExtensions;
    before.close();
    normal.update(next.circuitBreakers().normal());
    high.update(next.circuitBreakers().high());
    carryBy(next);
    health.configure(next, byAddress.values());
    EndpointsConfig present = endpointsConfig;
    if (present != null) {
      rebuild(present, true);
    }
  }

  /** What is written down about checks goes there, at this time. */
  EventSink checkEvents() {
    return extensions.checkEvents();
  }

  /** Some hosts are well, or not any more. Off the loops. */
  void healthChanged() {
    synchronized (this) {
      EndpointsConfig present = endpointsConfig;
      if (closed || present == null) {
        return;
      }
      rebuild(present, false);
    }
    settings.endpointsChanged(name);
  }

  /** New secrets may have to come first; until then the former transports serve. */
  private void carryBy(ClusterConfig next) {
    HostSockets waiting = waitingSockets;
    HostSockets latest = waiting == null ? sockets : waiting;
    if (latest.madeFrom(next.transports(), HostSockets.offer(next))) {
      return;
    }
    HostSockets opened = open(next);
    if (waiting != null) {
      waiting.close();
    }
    waitingSockets = opened;
    var _ = opened.ready().thenRun(() -> swapSockets(opened));
  }

  private synchronized void swapSockets(HostSockets opened) {
    if (closed || waitingSockets != opened) {
      return;
    }
    waitingSockets = null;
    HostSockets before = sockets;
    sockets = opened;
    before.close();
    // What stands by the former is let go.
    closeIdle(List.copyOf(byAddress.values()));
  }

  /** The certificates in use. */
  List<TlsView> certificates() {
    return sockets.views("cluster " + name);
  }

  /** Takes these endpoints, whose addresses are IP literals, in the place of all before. */
  void endpoints(EndpointsConfig next) {
    take(next);
    endpointsThere.complete(null);
    // Outside the lock, as it leads to other clusters.
    settings.endpointsChanged(name);
  }

  private synchronized void take(EndpointsConfig next) {
    if (closed) {
      return;
    }
    if (endpointsConfig != null && next.equals(endpointsConfig)) {
      stats.updateNoRebuild.increment();
    } else {
      endpointsConfig = next;
      rebuild(next, true);
    }
  }

  /** {@code members} says that there may be other hosts, not only other health. */
  private void rebuild(EndpointsConfig next, boolean members) {
    Map<String, Host> now = new LinkedHashMap<>();
    long time = settings.nanoTime().getAsLong();
    for (EndpointsConfig.LocalityEndpoints locality : next.localities()) {
      for (EndpointsConfig.Endpoint endpoint : locality.endpoints()) {
        InetSocketAddress address = Literals.address(endpoint.address());
        String key = Host.addressText(address);
        Host before = byAddress.get(key);
        Host host = before == null ? new Host(address, workers.size()) : before;
        // The first mention of an address wins.
        if (now.putIfAbsent(key, host) == null) {
          host.update(endpoint, locality.locality(), locality.priority(), time);
          if (before == null) {
            health.joined(host);
          }
        }
      }
    }
    List<Host> gone = new ArrayList<>();
    byAddress.forEach((key, host) -> {
      if (now.containsKey(key)) {
        return;
      }
      if (health.keeps(host)) {
        host.leaving();
        now.put(key, host);
      } else {
        host.remove();
        health.left(host);
        gone.add(host);
      }
    });
    byAddress = now;
    now.values().forEach(host -> host.look(time));
    dropPerMillion = next.policy().dropPerMillion();
    publish(List.copyOf(now.values()), HostSets.of(now.values(), next, settings.own()));
    if (members || !gone.isEmpty()) {
      stats.membershipChange.increment();
    }
    health.hosts(now.values());
    closeIdle(gone);
  }

  /** Makes a plan for these hosts and hands it to the loops; tables are built here. */
  private void publish(List<Host> hosts, List<HostSet> sets) {
    BalanceSettings balance =
        new BalanceSettings(
            config.healthyPanicThreshold(),
            balanceStats,
            settings.localHosts(name),
            stats::requestsActive,
            settings.nanoTime());
    EndpointSet set =
        new EndpointSet(
            hosts,
            sets,
            extensions
                .balancer()
                .map(plugin -> BalancerPlans.of(plugin, sets, balance))
                .orElseGet(() -> BalancerPlans.of(config.lbPolicy(), sets, balance)));
    endpoints = set;
    ClusterStats.set(stats.membershipTotal, hosts.size());
    ClusterStats.set(stats.membershipHealthy, set.count(Availability.HEALTHY));
    ClusterStats.set(stats.membershipDegraded, set.count(Availability.DEGRADED));
    ClusterStats.set(stats.membershipExcluded, set.leftOut());
  }

  /** The local cluster's hosts are others: shares among zones are computed anew. */
  synchronized void localHostsChanged() {
    if (!closed) {
      publish(endpoints.hosts(), endpoints.sets());
    }
  }

  /** It is not waited for its endpoints any more, or has none of its own. */
  void waitForEndpointsNoMore() {
    synchronized (this) {
      health.nobodyComes();
    }
    endpointsThere.complete(null);
  }

  /** It is not waited for its secrets any more; it makes connections once they are there. */
  void waitForSecretsNoMore() {
    secretsThere.complete(null);
  }

  EndpointSet endpointSet() {
    return endpoints;
  }

  /** The hosts by priority. */
  List<HostSet> hostSets() {
    return endpoints.sets();
  }

  /** Ends this loop's connections to a host that nobody uses. On the loop. */
  void closeIdle(Worker worker, Host host) {
    HostPools pool = host.pools[worker.index()];
    if (pool != null) {
      pool.closeIdle();
    }
  }

  private void closeIdle(List<Host> hosts) {
    if (hosts.isEmpty()) {
      return;
    }
    for (Worker worker : workers) {
      worker
          .loop()
          .execute(() -> {
            for (Host host : hosts) {
              closeIdle(worker, host);
            }
          });
    }
  }

  synchronized void close() {
    endOnDemand();
    closed = true;
    endpoints = EndpointSet.EMPTY;
    ClusterExtensions before = extensions;
    extensions = ClusterExtensions.NONE;
    before.close();
    health.close(byAddress.values());
    closeIdle(List.copyOf(byAddress.values()));
    byAddress = Map.of();
    sockets.close();
    HostSockets waiting = waitingSockets;
    if (waiting != null) {
      waitingSockets = null;
      waiting.close();
    }
    stats.scope.hide();
    warm.complete(null);
  }
}
