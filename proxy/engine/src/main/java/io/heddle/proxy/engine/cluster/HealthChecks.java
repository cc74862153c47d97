package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.engine.health.CheckEvents;
import io.heddle.proxy.engine.health.CheckState;
import io.heddle.proxy.engine.health.CheckStats;
import io.heddle.proxy.engine.health.HostWatch;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.EndpointsConfig.Locality;
import io.heddle.xds.model.EndpointsConfig.LocalityEndpoints;
import io.heddle.xds.model.HealthCheck;
import io.heddle.xds.model.HealthCheck.Probe;
import io.heddle.xds.model.HostTransports;
import io.heddle.xds.model.SocketEndpoint;
import io.heddle.xds.model.StructValue;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The active checks of a cluster's hosts. Hosts are reached by connections of their own, which no
 * statistics tell of: those of a cluster that nobody can name. Under the lock of the cluster that
 * is checked, but for what it is told on loops.
 */
final class HealthChecks {
  private final Cluster cluster;
  private final ClusterConfig connectionsAs;
  private final HealthCheck config;
  private final HealthTools tools;
  private final List<Worker> workers;
  private final CheckStats stats;
  private final Cluster connections;
  private final Runnable changed;
  private final Runnable allFirst;
  private final Map<Host, Running> running = new LinkedHashMap<>();

  /** Of hosts that have joined and that {@link #hosts} has not named yet. */
  private final Map<Host, HostCheck> fresh = new HashMap<>();

  private final AtomicInteger awaited = new AtomicInteger(1);
  private boolean begun;

  private record Running(HostCheck check, HealthCheck.Target target) {}

  /**
   * Checks nobody yet.
   *
   * @param settings of the proxy
   * @param connectionsAs made by {@link HiddenCluster#config}
   * @param changed is called on a loop when a host's health has changed
   * @param allFirst is called once when each of the first hosts has had its first check
   */
  HealthChecks(
      Cluster cluster,
      HealthCheck config,
      ClusterConfig connectionsAs,
      ClusterSettings settings,
      List<Worker> workers,
      Runnable changed,
      Runnable allFirst) {
    this.cluster = cluster;
    this.config = config;
    this.connectionsAs = connectionsAs;
    this.tools = settings.health();
    this.workers = workers;
    this.stats = new CheckStats(cluster.stats().scope);
    this.changed = changed;
    this.allFirst = allFirst;
    this.connections =
        HiddenCluster.of(connectionsAs, workers, tools, cluster.transport(), settings);
  }

  /** Whether it would be made like this. */
  boolean madeFrom(HealthCheck check, ClusterConfig as) {
    return config.equals(check) && connectionsAs.equals(as);
  }

  /** A host is new; it is checked once {@link #hosts} names it. */
  void joined(Host host, boolean leftOut) {
    if (!host.checkTarget().disabled()) {
      HostCheck made = newCheck(host);
      made.state().unknown(leftOut);
      host.check(made);
      fresh.put(host, made);
    }
  }

  /** The hosts are these from now on. */
  void hosts(Collection<Host> now) {
    List<Host> starting = new ArrayList<>();
    for (Host host : now) {
      Running before = running.get(host);
      if (before != null && before.target().equals(host.checkTarget())) {
        continue;
      }
      if (before != null) {
        before.check().stop();
        running.remove(host);
      }
      if (host.checkTarget().disabled()) {
        host.check(null);
        continue;
      }
      HostCheck check = fresh.get(host);
      if (check == null) {
        check = renewed(host);
      }
      awaited.incrementAndGet();
      running.put(host, new Running(check, host.checkTarget()));
      starting.add(host);
    }
    fresh.clear();
    int before = running.size();
    Set<Host> present = Set.copyOf(now);
    running
        .entrySet()
        .removeIf(entry -> {
          boolean gone = !present.contains(entry.getKey());
          if (gone) {
            entry.getValue().check().stop();
          }
          return gone;
        });
    if (!starting.isEmpty() || running.size() != before) {
      reach();
    }
    if (!starting.isEmpty()) {
      Map<String, Host> reached = new HashMap<>();
      connections.hosts().forEach(host -> reached.put(host.address(), host));
      starting.forEach(host -> start(host, reached));
    }
    if (!begun) {
      begun = true;
      first();
    }
  }

  /** Of a host that was there before: as well as it was. */
  private HostCheck renewed(Host host) {
    HostCheck made = newCheck(host);
    HostCheck former = host.check();
    if (former != null) {
      made.state().like(former.state());
    }
    host.check(made);
    return made;
  }

  /** There will be no hosts for now. */
  void nobodyComes() {
    if (!begun) {
      begun = true;
      first();
    }
  }

  private void first() {
    if (awaited.decrementAndGet() == 0) {
      allFirst.run();
    }
  }

  private HostCheck newCheck(Host host) {
    SocketEndpoint at = address(host);
    CheckEvents events =
        new CheckEvents(
            config,
            cluster::checkEvents,
            tools.clock(),
            cluster.name(),
            at.address(),
            at.port(),
            host::locality);
    CheckState state =
        new CheckState(
            config,
            stats,
            events,
            () -> cluster.stats().cxTotal.value() > 0,
            tools.runtime(),
            new SplittableRandom(),
            changed);
    return new HostCheck(
        owner(host),
        state,
        stats,
        config.times().timeout().toNanos(),
        new HostCheck.Watcher() {
          @Override
          public void first() {
            HealthChecks.this.first();
          }

          @Override
          public void well() {
            HostWatch watched = host.watch();
            if (watched != null && watched.ejected()) {
              tools.scheduler().execute(() -> watched.checkedWell());
            }
          }
        });
  }

  private void start(Host host, Map<String, Host> byAddress) {
    Running check = Objects.requireNonNull(running.get(host));
    String key = Host.addressText(Literals.address(address(host)));
    Host reached = Objects.requireNonNull(byAddress.get(key), key);
    Worker worker = owner(host);
    // With TLS its secrets come first.
    var _ =
        connections
            .warm()
            .thenRun(() -> check.check().start(to -> probe(worker, host, reached, to)));
  }

  private Worker owner(Host host) {
    return workers.get(Math.floorMod(host.address().hashCode(), workers.size()));
  }

  private HostProbe probe(Worker worker, Host host, Host reached, HostProbe.Listener listener) {
    return switch (config.probe()) {
      case Probe.Http http ->
          new HttpProbe(
              worker,
              connections,
              reached,
              new HttpAsked.Plain(http, stats::verified),
              authority(host, http.host()),
              listener);
      case Probe.Grpc grpc ->
          new HttpProbe(
              worker,
              connections,
              reached,
              new HttpAsked.Grpc(grpc, config.times()),
              authority(host, grpc.authority()),
              listener);
      case Probe.Tcp tcp ->
          new TcpProbe(worker, connections, reached, tcp, config.reuseConnection(), listener);
    };
  }

  private String authority(Host host, String configured) {
    String own = host.checkTarget().hostname();
    return !own.isEmpty() ? own : configured.isEmpty() ? cluster.name() : configured;
  }

  /** Where a host is asked. */
  private SocketEndpoint address(Host host) {
    HealthCheck.Target target = host.checkTarget();
    InetSocketAddress own = host.socketAddress();
    String text = host.address();
    if (text.startsWith("/") || text.startsWith("@")) {
      return new SocketEndpoint(text, 0);
    }
    String address =
        target.address().isEmpty() ? own.getAddress().getHostAddress() : target.address();
    int port = target.port().orElse(config.altPort().orElse(own.getPort()));
    return new SocketEndpoint(address, port);
  }

  /** Makes the connections' hosts those where somebody is asked. */
  private void reach() {
    Map<SocketEndpoint, EndpointsConfig.Endpoint> targets = new LinkedHashMap<>();
    for (Host host : running.keySet()) {
      targets.putIfAbsent(
          address(host),
          new EndpointsConfig.Endpoint(
              address(host), host.hostname(), EndpointsConfig.Health.UNKNOWN, 1, metadata(host)));
    }
    connections.endpoints(
        new EndpointsConfig(
            cluster.name(),
            List.of(new LocalityEndpoints(Locality.NONE, 0, 0, List.copyOf(targets.values())))));
  }

  private Map<String, StructValue.Fields> metadata(Host host) {
    return config
        .socketMatch()
        .map(criteria -> Map.of(HostTransports.METADATA, criteria))
        .orElseGet(host::metadata);
  }

  void close() {
    running.values().forEach(each -> each.check().stop());
    running.keySet().forEach(host -> host.check(null));
    running.clear();
    nobodyComes();
    connections.close();
  }

  /** Ends its checks and leaves the hosts what was found out, for those that follow. */
  void handOver() {
    running.values().forEach(each -> each.check().stop());
    running.clear();
    nobodyComes();
    connections.close();
  }
}
