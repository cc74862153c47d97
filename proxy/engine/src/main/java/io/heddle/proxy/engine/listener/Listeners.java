package io.heddle.proxy.engine.listener;

import io.heddle.proxy.engine.DrainPlan;
import io.heddle.proxy.engine.InheritedSockets;
import io.heddle.proxy.engine.ListenerResult;
import io.heddle.proxy.engine.ListenerView;
import io.heddle.proxy.engine.OpenSocket;
import io.heddle.proxy.engine.TlsView;
import io.heddle.proxy.engine.cluster.Clusters;
import io.heddle.proxy.engine.connection.ConnectionGroup;
import io.heddle.proxy.engine.loop.Addresses;
import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.Sockets;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.overload.Admission;
import io.heddle.proxy.engine.overload.HeaviestStreams;
import io.heddle.proxy.engine.stats.ScalarStat;
import io.heddle.proxy.engine.stats.Scope;
import io.heddle.proxy.engine.tls.DownstreamTls;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.FilterChainConfig;
import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.ListenerConfig.TrafficDirection;
import io.heddle.xds.model.RouteTable;
import io.heddle.xds.model.ScopedRoute;
import io.heddle.xds.model.SocketEndpoint;
import io.heddle.xds.model.VirtualHostConfig;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelOption;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The listeners of the process by name, and the routes by name that they share. Guarded by its
 * lock.
 */
// The channel's handler learns of failures.
@SuppressWarnings("FutureReturnValueIgnored")
public final class Listeners {
  private final List<Worker> workers;
  private final Clusters clusters;
  private final ChainCompiler compiler;
  private final Sockets sockets;
  private final ByteBufAllocator allocator;
  private final Scope root;
  private final AtomicLong connectionIds = new AtomicLong();
  private final Redirections redirections = new Redirections();
  private final Map<String, Entry> byName = new TreeMap<>();
  private final List<Retired> draining = new ArrayList<>();
  private final RouteTables tables;
  private final ScalarStat active;
  private final ScalarStat added;
  private final ScalarStat modified;
  private final ScalarStat removed;
  private final ScalarStat createFailed;
  private final DrainPlan changes;
  private int nextAcceptor;
  private volatile boolean unhealthy;

  /** Whether new connections wait in the kernel's queue, as something is short. */
  private boolean stopped;

  /** Whether sockets take connections; they do not until the process before has been told. */
  private boolean accepting;

  private final InheritedSockets inherited;
  private final Admission admission;

  /** A former configuration and those of its chains that end with it. */
  private record Retired(ActiveListener listener, List<LiveChain> ending) {
    long open() {
      long sum = listener.front().open();
      for (LiveChain chain : ending) {
        sum += chain.group().open();
      }
      return sum;
    }
  }

  private static final class Entry {
    final ListenerSocket socket;
    ActiveListener listener;
    boolean drained;

    Entry(ListenerSocket socket, ActiveListener listener) {
      this.socket = socket;
      this.listener = listener;
    }
  }

  /** No listeners yet. */
  public Listeners(
      List<Worker> workers,
      Clusters clusters,
      ChainCompiler compiler,
      Sockets sockets,
      ByteBufAllocator allocator,
      Scope root,
      DrainPlan changes,
      InheritedSockets inherited,
      Admission admission) {
    this.admission = admission;
    this.changes = changes;
    this.inherited = inherited;
    this.accepting = inherited.isEmpty();
    this.workers = List.copyOf(workers);
    this.clusters = clusters;
    this.compiler = compiler;
    this.sockets = sockets;
    this.allocator = allocator;
    this.root = root;
    this.tables = new RouteTables(compiler);
    Scope manager = root.scope("listener_manager");
    active = manager.gauge("total_listeners_active");
    added = manager.counter("listener_added");
    modified = manager.counter("listener_modified");
    removed = manager.counter("listener_removed");
    createFailed = manager.counter("listener_create_failure");
    manager.gauge("workers_started").add(1);
  }

  /** Adds or updates a listener. */
  public synchronized CompletableFuture<ListenerResult> apply(ListenerConfig config) {
    List<ConfigError> errors = new ArrayList<>();
    Entry before = byName.get(config.name());
    if (before != null && before.listener.config().equals(config) && !before.drained) {
      return CompletableFuture.completedFuture(serving(before));
    }
    errors.addAll(compiler.check(config));
    if (!errors.isEmpty()) {
      return CompletableFuture.completedFuture(new ListenerResult.Refused(errors));
    }
    if (before != null && before.socket.fits(config) && !before.drained) {
      ActiveListener old = before.listener;
      Optional<ActiveListener> next =
          listener(config, before.socket.address(), alive(old, config), errors);
      if (next.isEmpty()) {
        return CompletableFuture.completedFuture(new ListenerResult.Refused(errors));
      }
      before.listener = next.get();
      before.socket.listener(next.get());
      listenersChanged();
      modified.increment();
      var _ = retire(old, next.get());
      return CompletableFuture.completedFuture(serving(before));
    }
    if (!config.bindToPort()) {
      CompletableFuture<ListenerResult> none = new CompletableFuture<>();
      install(config, ListenerSocket.unbound(config), none);
      return none;
    }
    if (before != null && before.socket.sameAddress(config)) {
      // The same port with other options: the old socket must be gone first.
      byName.remove(config.name());
      active.add(-1);
      CompletableFuture<ListenerResult> rebound = new CompletableFuture<>();
      Entry old = before;
      old.socket
          .close()
          .whenComplete((_, _) -> {
            synchronized (this) {
              var _ = retire(old.listener, null);
              bind(config, rebound);
            }
          });
      return rebound;
    }
    CompletableFuture<ListenerResult> result = new CompletableFuture<>();
    bind(config, result);
    return result;
  }

  /** The chains of a listener that may go on under this configuration: all but chains is alike. */
  private static Map<FilterChainConfig, LiveChain> alive(
      ActiveListener listener, ListenerConfig next) {
    Map<FilterChainConfig, LiveChain> alive = new HashMap<>();
    if (withoutChains(listener.config()).equals(withoutChains(next))) {
      for (LiveChain chain : listener.chains()) {
        alive.put(chain.chain().config(), chain);
      }
    }
    return alive;
  }

  private static ListenerConfig withoutChains(ListenerConfig config) {
    return config.toBuilder().filterChains(List.of()).defaultFilterChain(List.of()).build();
  }

  private void bind(ListenerConfig config, CompletableFuture<ListenerResult> result) {
    Worker acceptor = workers.get(nextAcceptor++ % workers.size());
    Function<SocketEndpoint, Optional<InheritedSockets.Inherited>> before =
        address ->
            inherited.take(
                config.name(), address.toString(), address.port() == 0 && !address.isPipe());
    ListenerSocket.bind(
            config, sockets, acceptor, allocator, before, accepting && !stopped, admission)
        .whenComplete((socket, failure) -> {
          if (failure != null) {
            createFailed.increment();
            result.complete(
                new ListenerResult.BindFailed("cannot bind to " + ListenerSocket.reason(failure)));
            return;
          }
          install(config, socket, result);
        });
  }

  private synchronized void install(
      ListenerConfig config, ListenerSocket socket, CompletableFuture<ListenerResult> result) {
    List<ConfigError> errors = new ArrayList<>();
    Optional<ActiveListener> listener = listener(config, socket.address(), Map.of(), errors);
    if (listener.isEmpty()) {
      var _ = socket.close();
      result.complete(new ListenerResult.Refused(errors));
      return;
    }
    socket.listener(listener.get());
    socket.accept(accepting && !stopped);
    Entry entry = new Entry(socket, listener.get());
    Entry before = byName.put(config.name(), entry);
    listenersChanged();
    if (before == null) {
      added.increment();
      active.add(1);
    } else {
      modified.increment();
      var _ = before.socket.close();
      var _ = retire(before.listener, null);
    }
    result.complete(serving(entry));
  }

  private Optional<ActiveListener> listener(
      ListenerConfig config,
      Optional<InetSocketAddress> address,
      Map<FilterChainConfig, LiveChain> alive,
      List<ConfigError> errors) {
    String name =
        config.statPrefix().isEmpty()
            ? address.map(a -> statName(a)).orElse(config.name().replace(':', '_'))
            : config.statPrefix();
    ListenerStats stats =
        new ListenerStats(root.tagged("listener", "envoy_listener_address", name));
    return compiler
        .compile(config, tables, alive, stats, () -> group(config, stats), errors)
        .map(compiled -> {
          compiled.chains().forEach(LiveChain::used);
          return new ActiveListener(
              config,
              compiled.chains(),
              compiled.selector(),
              compiled.listenerFilters(),
              compiled.logs(),
              stats,
              workers,
              clusters,
              connectionIds,
              redirections);
        });
  }

  private static String statName(InetSocketAddress address) {
    return Addresses.isPipe(address)
        ? address.getHostString().replace(':', '_')
        : address.getAddress().getHostAddress().replace(':', '_') + "_" + address.getPort();
  }

  private void listenersChanged() {
    redirections.are(byName.values().stream().map(entry -> entry.listener).toList());
  }

  private ConnectionGroup group(ListenerConfig config, ListenerStats stats) {
    return new ConnectionGroup(workers, stats.scope(), () -> unhealthy && drainsOnCommand(config));
  }

  /** Drains what does not go on under the next configuration, null for none. */
  private CompletableFuture<Void> retire(ActiveListener old, @Nullable ActiveListener next) {
    List<LiveChain> ending = new ArrayList<>(old.chains());
    if (next != null) {
      ending.removeAll(next.chains());
    }
    Retired retired = new Retired(old, ending);
    draining.add(retired);
    CompletableFuture<Void> drained = old.drain(ending, changes);
    drained.whenComplete((_, _) -> {
      synchronized (this) {
        draining.remove(retired);
        old.unused();
      }
    });
    return drained;
  }

  private static ListenerResult serving(Entry entry) {
    return entry
        .socket
        .address()
        .<ListenerResult>map(ListenerResult.Serving::new)
        .orElseGet(ListenerResult.Unbound::new);
  }

  /** Removes a listener. */
  public synchronized CompletableFuture<Void> remove(String name) {
    Entry entry = byName.remove(name);
    if (entry == null) {
      return CompletableFuture.completedFuture(null);
    }
    listenersChanged();
    active.add(-1);
    removed.increment();
    ActiveListener old = entry.listener;
    CompletableFuture<Void> closed = entry.socket.close();
    return CompletableFuture.allOf(closed, retire(old, null));
  }

  /** Gives listeners their routes. */
  public synchronized List<ConfigError> routes(RouteTable table) {
    return tables.apply(table);
  }

  /** Adds, changes and removes virtual hosts of routes that take them one by one. */
  public synchronized List<ConfigError> virtualHosts(
      String routes, Collection<VirtualHostConfig> changed, Set<String> removed) {
    return tables.applyHosts(routes, changed, removed);
  }

  /** Gives listeners their scopes. */
  public synchronized List<ConfigError> scopes(String name, Collection<ScopedRoute> scopes) {
    return tables.applyScopes(name, scopes);
  }

  /** Takes scopes away. */
  public synchronized boolean removeScopes(String name) {
    return tables.removeScopes(name);
  }

  /** Whether scopes of this name are there. */
  public synchronized boolean hasScopes(String name) {
    return tables.hasScopes(name);
  }

  /** Takes routes away. */
  public synchronized boolean removeRoutes(String name) {
    return tables.remove(name);
  }

  /** Whether routes of this name are there. */
  public synchronized boolean hasRoutes(String name) {
    return tables.has(name);
  }

  private static boolean drainsOnCommand(ListenerConfig config) {
    return switch (config.drainType()) {
      case DEFAULT -> true;
      case MODIFY_ONLY -> false;
    };
  }

  /**
   * Lets connections end, those of former configurations included, and closes sockets where the
   * plan says so. A listener that drains on changes only loses its connections at the end.
   */
  public synchronized CompletableFuture<Void> drain(DrainPlan plan, boolean inboundOnly) {
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (Entry entry : byName.values()) {
      if (inboundOnly && !inbound(entry.listener)) {
        continue;
      }
      entry.drained = true;
      if (plan.listening() == DrainPlan.Listening.CLOSE_FIRST) {
        all.add(entry.socket.close());
      } else if (plan.listening() == DrainPlan.Listening.CLOSE_LAST) {
        all.add(closeAfter(entry.socket, plan.over()));
      } else if (plan.listening() == DrainPlan.Listening.PAUSE) {
        entry.socket.accept(false);
      }
      all.add(drain(entry.listener, plan));
    }
    for (Retired old : draining) {
      if (!inboundOnly || inbound(old.listener())) {
        all.add(old.listener().drain(old.ending(), plan));
      }
    }
    return CompletableFuture.allOf(all.toArray(new CompletableFuture<?>[0]));
  }

  private static boolean inbound(ActiveListener listener) {
    return listener.config().trafficDirection() == TrafficDirection.INBOUND;
  }

  private static CompletableFuture<Void> drain(ActiveListener listener, DrainPlan plan) {
    return listener.drain(
        drainsOnCommand(listener.config()) ? plan : plan.strategy(DrainPlan.Strategy.AT_END));
  }

  private CompletableFuture<Void> closeAfter(ListenerSocket socket, Duration time) {
    CompletableFuture<Void> closed = new CompletableFuture<>();
    Worker timer = workers.getFirst();
    Deadline moment =
        new Deadline() {
          @Override
          protected void expired() {
            socket.close().whenComplete((_, _) -> closed.complete(null));
          }
        };
    timer.loop().execute(() -> timer.wheel().arm(moment, time.toNanos()));
    return closed;
  }

  /**
   * Takes connections on all sockets: the process before has ended, or gone wrong. Undoes a drain
   * that left the sockets open.
   */
  public synchronized void accept() {
    accepting = true;
    for (Entry entry : byName.values()) {
      entry.drained = false;
      entry.listener.resume();
      entry.socket.accept(!stopped);
    }
  }

  /** Leaves new connections to the kernel's queue, or takes them again. */
  public synchronized void stop(boolean stop) {
    stopped = stop;
    for (Entry entry : byName.values()) {
      if (!entry.drained) {
        entry.socket.accept(accepting && !stop);
      }
    }
  }

  /** Shows the streams of a loop's connections. On the loop. */
  public void streams(Worker worker, HeaviestStreams to) {
    List<ConnectionGroup> groups = new ArrayList<>();
    synchronized (this) {
      for (Entry entry : byName.values()) {
        entry.listener.chains().forEach(chain -> groups.add(chain.group()));
      }
      for (Retired old : draining) {
        old.ending().forEach(chain -> groups.add(chain.group()));
      }
    }
    groups.forEach(group -> group.streams(worker, to));
  }

  /** The sockets that another process could take over. */
  public synchronized List<OpenSocket> openSockets() {
    List<OpenSocket> open = new ArrayList<>();
    for (Entry entry : byName.values()) {
      open.addAll(entry.socket.open());
    }
    return open;
  }

  /** Shows the descriptor of a socket, which is not closed meanwhile. */
  public synchronized boolean lend(OpenSocket socket, IntConsumer use) {
    Entry entry = byName.get(socket.listener());
    return entry != null && entry.socket.lend(socket, use);
  }

  /** Says whether health checks are to fail: then every response ends its connection. */
  public void failHealth(boolean failed) {
    unhealthy = failed;
  }

  /** Closes everything at once. */
  public synchronized void closeNow() {
    for (Entry entry : byName.values()) {
      var _ = entry.socket.close();
      entry.listener.closeNow();
    }
    for (Retired old : draining) {
      old.listener().closeNow();
    }
  }

  /** Frees what the configuration holds, after the event loops have ended. */
  public synchronized void freeConfiguration() {
    byName.values().forEach(entry -> entry.listener.unused());
    byName.clear();
    tables.clear();
  }

  /** All connections open. */
  public synchronized long connections() {
    long sum = 0;
    for (Entry entry : byName.values()) {
      sum += entry.listener.open();
    }
    for (Retired old : draining) {
      sum += old.open();
    }
    return sum;
  }

  /** The listeners, by name. */
  public synchronized List<ListenerView> views() {
    Map<String, Long> old = new HashMap<>();
    for (Retired retired : draining) {
      old.merge(retired.listener().config().name(), retired.open(), Long::sum);
    }
    List<ListenerView> views = new ArrayList<>();
    byName.forEach((name, entry) ->
        views.add(
            new ListenerView(
                name,
                entry.listener.config(),
                entry.socket.address(),
                entry.drained,
                entry.listener.open() + old.getOrDefault(name, 0L))));
    return views;
  }

  /** What the chains of all listeners terminate TLS with, and the authorities they trust. */
  public synchronized List<TlsView> certificates() {
    List<TlsView> views = new ArrayList<>();
    for (Entry entry : byName.values()) {
      for (LiveChain chain : entry.listener.chains()) {
        DownstreamTls tls = chain.chain().tls();
        if (tls != null) {
          views.add(
              new TlsView(
                  "listener " + entry.listener.config().name(),
                  tls.certificates(),
                  tls.authorities()));
        }
      }
    }
    return views;
  }

  static int backlog(ListenerConfig config) {
    return config.tcpBacklogSize() == ListenerConfig.SYSTEM_BACKLOG
        ? 4096
        : config.tcpBacklogSize();
  }

  static ChannelOption<Integer> backlogOption() {
    return ChannelOption.SO_BACKLOG;
  }
}
