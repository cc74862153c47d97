package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.api.LoadBalancerFactory.LoadBalancerConfig;
import io.heddle.proxy.engine.balance.BalanceContext;
import io.heddle.proxy.engine.balance.Balancer;
import io.heddle.proxy.engine.balance.ExtensionBalancer;
import io.heddle.proxy.engine.balance.LeastRequestBalancer;
import io.heddle.proxy.engine.balance.RoundRobinBalancer;
import io.heddle.proxy.engine.chain.SharedFilters;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.stats.Scope;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ClusterConfig.LbPolicy;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.RouteAction.RoutingPriority;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A cluster's handle: the same object from when its name appears until it is removed, so that
 * pools, statistics and counts survive updates. Configured under its own lock; used by every event
 * loop.
 */
// Compared by nobody; identity is meant.
@SuppressWarnings({"ArrayRecordComponent", "ReferenceEquality"})
public final class Cluster {
  private final String name;
  private final List<Worker> workers;
  private final ClusterStats stats;
  private final Priority normal;
  private final Priority high;
  private final @Nullable LoopView[] views;
  private final CompletableFuture<Void> warm = new CompletableFuture<>();
  private final UpstreamTransport transport;
  private Map<String, Host> byAddress = Map.of();
  private @Nullable EndpointsConfig endpointsConfig;
  private volatile ClusterConfig config;
  private volatile ClusterExtensions extensions;
  private volatile EndpointSet endpoints = EndpointSet.EMPTY;
  private volatile boolean closed;

  /** What a loop has made of one set of endpoints; belongs to the loop. */
  private record LoopView(EndpointSet set, LbPolicy policy, Balancer[] balancers) {}

  Cluster(
      ClusterConfig config,
      ClusterExtensions extensions,
      List<Worker> workers,
      Scope root,
      UpstreamTransport transport) {
    this.name = config.name();
    this.config = config;
    this.extensions = extensions;
    this.workers = workers;
    this.transport = transport;
    Scope scope = root.tagged("cluster", "envoy_cluster_name", config.altStatName());
    this.stats = new ClusterStats(scope);
    Scope breakers = scope.scope("circuit_breakers");
    this.normal = new Priority(config.circuitBreakers().normal(), breakers.scope("default"));
    this.high = new Priority(config.circuitBreakers().high(), breakers.scope("high"));
    this.views = new @Nullable LoopView[workers.size()];
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

  /** How its hosts are connected to. */
  public UpstreamTransport transport() {
    return transport;
  }

  /** The breakers of a routing priority. */
  public Priority priority(RoutingPriority routing) {
    return routing == RoutingPriority.HIGH ? high : normal;
  }

  /** Whether it was removed. */
  public boolean closed() {
    return closed;
  }

  /** Completes when the first endpoints are there, or when it was removed. */
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
    return extensions.balancer().isPresent();
  }

  /** A host for one attempt, or null where none is fit. On the loop; allocates nothing. */
  public @Nullable Host choose(Worker worker, BalanceContext context) {
    EndpointSet set = endpoints;
    String wanted = context.overrideHost();
    if (wanted != null) {
      for (Host host : set.hosts) {
        if (host.healthy() && host.address().equals(wanted)) {
          return host;
        }
      }
      if (context.overrideStrict()) {
        return null;
      }
    }
    LoopView view = views[worker.index()];
    if (view == null || view.set() != set || view.policy() != config.lbPolicy()) {
      view = view(worker, set);
    }
    int priority = set.choosePriority(worker.random());
    if (priority < 0) {
      return null;
    }
    if (set.panicking[priority]) {
      worker.stats().increment(stats.lbHealthyPanic);
    }
    int index = view.balancers()[priority].choose(worker.random(), context);
    return index < 0 ? null : set.candidates.get(priority).get(index);
  }

  private LoopView view(Worker worker, EndpointSet set) {
    LbPolicy policy = config.lbPolicy();
    LoadBalancerConfig plugin = extensions.balancer().orElse(null);
    Balancer[] balancers = new Balancer[set.candidates.size()];
    for (int i = 0; i < balancers.length; i++) {
      List<Host> hosts = set.candidates.get(i);
      balancers[i] =
          plugin != null
              ? new ExtensionBalancer(
                  plugin.newBalancer(List.copyOf(hosts)), hosts, worker.random())
              : switch (policy) {
                case LbPolicy.RoundRobin _ -> new RoundRobinBalancer(hosts, worker.random());
                case LbPolicy.LeastRequest least ->
                    new LeastRequestBalancer(hosts, least.choiceCount());
              };
    }
    LoopView view = new LoopView(set, policy, balancers);
    views[worker.index()] = view;
    return view;
  }

  /**
   * Asks for a connection to a host; on the loop. The stream is told, maybe before this returns.
   */
  public void acquire(Worker worker, Host host, UpstreamStream stream, RoutingPriority routing) {
    HostPool pool = host.pools[worker.index()];
    if (pool == null) {
      pool = newPool(worker, host);
      host.pools[worker.index()] = pool;
    }
    pool.acquire(stream, priority(routing));
  }

  private HostPool newPool(Worker worker, Host host) {
    return switch (config.protocol()) {
      case HTTP1 -> new Http1Pool(worker, this, host);
      case HTTP2 -> new Http2Pool(worker, this, host);
    };
  }

  /** Withdraws what still waits for a connection. On the loop. */
  public void cancel(Worker worker, Host host, UpstreamStream stream) {
    HostPool pool = host.pools[worker.index()];
    if (pool != null) {
      pool.cancel(stream);
    }
  }

  /** All hosts as they are now. */
  public List<Host> hosts() {
    return endpoints.hosts;
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
    EndpointsConfig present = endpointsConfig;
    if (present != null) {
      rebuild(present);
    }
  }

  /** Takes these endpoints, whose addresses are IP literals, in the place of all before. */
  synchronized void endpoints(EndpointsConfig next) {
    if (closed) {
      return;
    }
    if (next.equals(endpointsConfig)) {
      stats.updateNoRebuild.increment();
    } else {
      endpointsConfig = next;
      rebuild(next);
    }
    warm.complete(null);
  }

  private void rebuild(EndpointsConfig next) {
    Map<String, Host> now = new LinkedHashMap<>();
    for (EndpointsConfig.LocalityEndpoints locality : next.localities()) {
      for (EndpointsConfig.Endpoint endpoint : locality.endpoints()) {
        InetSocketAddress address =
            literal(endpoint.address().address(), endpoint.address().port());
        String key = Host.addressText(address);
        Host host = byAddress.get(key);
        if (host == null) {
          host = new Host(address, workers.size());
        }
        // The first mention of an address wins.
        if (now.putIfAbsent(key, host) == null) {
          host.update(endpoint, locality.locality(), locality.priority());
        }
      }
    }
    List<Host> gone = new ArrayList<>();
    byAddress.forEach((key, host) -> {
      if (!now.containsKey(key)) {
        host.remove();
        gone.add(host);
      }
    });
    byAddress = now;
    EndpointSet set =
        new EndpointSet(
            List.copyOf(now.values()),
            next.overprovisioningFactor(),
            config.healthyPanicThreshold());
    endpoints = set;
    stats.membershipChange.increment();
    ClusterStats.set(stats.membershipTotal, set.hosts.size());
    ClusterStats.set(stats.membershipHealthy, set.healthyCount());
    ClusterStats.set(
        stats.membershipDegraded,
        set.hosts.stream().filter(h -> h.health() == EndpointsConfig.Health.DEGRADED).count());
    closeIdle(gone);
  }

  static InetSocketAddress literal(String address, int port) {
    byte[] bytes = NetUtil.createByteArrayFromIpAddressString(address);
    if (bytes == null) {
      throw new IllegalArgumentException("address: \"" + address + "\" (expected: an IP literal)");
    }
    try {
      return new InetSocketAddress(InetAddress.getByAddress(bytes), port);
    } catch (UnknownHostException impossible) {
      throw new IllegalArgumentException("address: " + address, impossible);
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
              HostPool pool = host.pools[worker.index()];
              if (pool != null) {
                pool.closeIdle();
              }
            }
          });
    }
  }

  synchronized void close() {
    closed = true;
    endpoints = EndpointSet.EMPTY;
    ClusterExtensions before = extensions;
    extensions = ClusterExtensions.NONE;
    before.close();
    closeIdle(List.copyOf(byAddress.values()));
    byAddress = Map.of();
    stats.scope.hide();
    warm.complete(null);
  }
}
