package io.heddle.proxy.app;

import com.google.gson.JsonObject;
import io.heddle.proxy.api.AccessLoggerFactory;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.api.ListenerFilterFactory;
import io.heddle.proxy.api.NetworkFilterFactory;
import io.heddle.proxy.api.ServerView;
import io.heddle.proxy.app.admin.AdminPages;
import io.heddle.proxy.app.admin.AdminServer;
import io.heddle.proxy.app.admin.CertsPage;
import io.heddle.proxy.app.admin.ClustersPage;
import io.heddle.proxy.app.admin.ConfigDump;
import io.heddle.proxy.app.admin.InitDump;
import io.heddle.proxy.app.admin.ListenersPage;
import io.heddle.proxy.app.admin.LoggingPage;
import io.heddle.proxy.app.admin.StatsPage;
import io.heddle.proxy.app.files.FileWatcher;
import io.heddle.proxy.app.plugin.PluginFolder;
import io.heddle.proxy.app.runtime.RuntimePages;
import io.heddle.proxy.app.runtime.RuntimeSources;
import io.heddle.proxy.app.upgrade.UpgradeException;
import io.heddle.proxy.engine.Engine;
import io.heddle.proxy.engine.EngineBuilder;
import io.heddle.proxy.engine.InheritedSockets;
import io.heddle.proxy.engine.tls.BoringSsl;
import io.heddle.xds.client.ChannelSource;
import io.heddle.xds.client.ClientLimits;
import io.heddle.xds.client.LastGood;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.NodeConfig;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.model.RuntimeLayerConfig;
import io.heddle.xds.model.SocketEndpoint;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A proxy that runs: the one place where its parts are wired.
 *
 * <p>Order of a start: plugins, event loops, static clusters and listeners checked, and only when
 * all of it is right the admin port, the control plane, and the static listeners. Order of an end:
 * the listeners drain, the control plane's stream ends, event loops and admin API last.
 */
public final class ProxyRuntime implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ProxyRuntime.class);

  private final Engine engine;
  private final Boot boot;
  private final ProxySettings settings;
  private final ServerLife life;
  private final ServerStats stats;
  private final InstantSource clock = Clock.systemUTC();
  private final Succession succession;
  private final Set<String> staticClusters = new HashSet<>();
  private final RuntimeSources runtime;
  private @Nullable FileWatcher files;
  private volatile @Nullable AdminServer admin;
  private volatile boolean adminShared;
  private @Nullable DynamicPlane dynamic;
  private @Nullable ChannelSource channels;

  /** What {@code channels} are made of. */
  private @Nullable ChannelSource loop;

  private final ClusterChannels grpc;

  private ProxyRuntime(
      Engine engine,
      Boot boot,
      ProxySettings settings,
      ServerLife life,
      ClusterChannels grpc,
      Succession succession) {
    this.succession = succession;
    this.grpc = grpc;
    this.engine = engine;
    this.boot = boot;
    this.settings = settings;
    this.life = life;
    this.stats = new ServerStats(engine, life, clock, succession.epoch());
    this.runtime = new RuntimeSources(boot.config().runtime(), engine.runtime());
    boot.config().clusters().forEach(cluster -> staticClusters.add(cluster.name()));
  }

  /** Checks what the bootstrap and the plugins would do, binds nothing, and says every error. */
  public static List<String> validate(Boot boot, ProxySettings settings) {
    List<String> errors = new ArrayList<>(unavailable(settings));
    if (!errors.isEmpty()) {
      return errors;
    }
    PluginFolder.Plugins plugins = plugins(settings, errors);
    ServerLife life = new ServerLife(Clock.systemUTC());
    try (ClusterChannels grpc = new ClusterChannels(boot.config());
        Engine engine = engine(settings, plugins, life, boot, grpc, InheritedSockets.none())) {
      StaticConfig.check(engine, boot.config(), errors);
    }
    return errors;
  }

  /** Starts a proxy; returns when its static listeners serve, or with everything that is wrong. */
  public static Launch start(Boot boot, ProxySettings settings) {
    List<String> errors = new ArrayList<>(unavailable(settings));
    if (!errors.isEmpty()) {
      return new Launch.Failed(errors);
    }
    if (StaticConfig.usesTls(boot.config())) {
      BoringSsl.loadAhead();
    }
    PluginFolder.Plugins plugins = plugins(settings, errors);
    Succession succession;
    try {
      succession = Succession.begin(settings.life().upgrade());
    } catch (UpgradeException e) {
      errors.add(e.getMessage());
      return new Launch.Failed(errors);
    }
    ServerLife life = new ServerLife(Clock.systemUTC());
    ClusterChannels grpc = new ClusterChannels(boot.config());
    Engine engine = engine(settings, plugins, life, boot, grpc, succession.inherited());
    grpc.use(engine);
    ProxyRuntime runtime = new ProxyRuntime(engine, boot, settings, life, grpc, succession);
    runtime.runtime.start(boot.config().node(), runtime::files);
    StaticConfig.check(engine, boot.config(), errors);
    if (errors.isEmpty() && succession.predecessor().isEmpty()) {
      // Where there is a process before, its admin API answers until this one serves.
      runtime.startAdmin(errors);
    }
    if (errors.isEmpty()) {
      runtime.startTraffic(errors);
    }
    if (!errors.isEmpty()) {
      runtime.close();
      return new Launch.Failed(errors);
    }
    runtime.life.onChange(runtime::takePlace);
    return new Launch.Running(runtime);
  }

  /** Without its transport there is no engine to check anything else with. */
  private static List<String> unavailable(ProxySettings settings) {
    return settings
        .transport()
        .unavailability()
        .map(why ->
            "transport "
                + settings.transport().name().toLowerCase(Locale.ROOT)
                + " is not available on this machine: "
                + why)
        .stream()
        .toList();
  }

  /** The watch over files, made for the first who asks. */
  private synchronized Optional<FileWatcher> files() {
    if (files == null) {
      try {
        files = FileWatcher.start();
      } catch (IOException e) {
        LOG.warn("Files cannot be watched: {}", e.toString());
      }
    }
    return Optional.ofNullable(files);
  }

  private static PluginFolder.Plugins plugins(ProxySettings settings, List<String> errors) {
    if (settings.plugins().isEmpty()) {
      return PluginFolder.Plugins.none();
    }
    PluginFolder.Plugins plugins = PluginFolder.load(settings.plugins().get());
    errors.addAll(plugins.errors());
    return plugins;
  }

  private static Engine engine(
      ProxySettings settings,
      PluginFolder.Plugins plugins,
      ServerLife life,
      Boot boot,
      ClusterChannels grpc,
      InheritedSockets inherited) {
    List<HttpFilterFactory> http = new ArrayList<>(BuiltInFilters.http());
    http.addAll(plugins.httpFilters());
    List<NetworkFilterFactory> network = new ArrayList<>(BuiltInFilters.network());
    network.addAll(plugins.networkFilters());
    List<ListenerFilterFactory> listener = new ArrayList<>(BuiltInFilters.listener());
    listener.addAll(plugins.listenerFilters());
    List<AccessLoggerFactory> loggers = new ArrayList<>(BuiltInFilters.accessLoggers());
    loggers.addAll(plugins.accessLoggers());
    BootstrapConfig config = boot.config();
    NodeConfig node = config.node();
    EngineBuilder builder =
        Engine.builder()
            .concurrency(settings.concurrency())
            .stats(config.stats())
            .transport(settings.transport())
            .drain(settings.life().changes())
            .inherited(inherited)
            .limits(settings.life().limits())
            .overload(config.overload())
            .logFlushInterval(settings.life().logFlush())
            .runtimeLayers(config.runtime().stream().map(RuntimeLayerConfig::name).toList())
            .httpFilters(http)
            .networkFilters(network)
            .listenerFilters(listener)
            .loadBalancers(plugins.loadBalancers())
            .accessLoggers(loggers)
            .expressions(BuiltInFilters.expressions())
            .healthCheckFailed(life::healthFailed)
            .node(
                new ServerView.Node(
                    node.id(),
                    node.cluster(),
                    node.locality().region(),
                    node.locality().zone(),
                    node.locality().subZone(),
                    node.metadata()))
            .grpcClient(grpc)
            .locality(config.node().locality())
            .localCluster(config.localCluster())
            .outlierLog(config.outlierLog());
    config.upstreamBind().ifPresent(builder::upstreamBind);
    return builder.start();
  }

  private void startAdmin(List<String> errors) {
    if (!(boot.config().admin() instanceof BootstrapConfig.Admin.At(SocketEndpoint at))) {
      return;
    }
    try {
      AdminServer started = AdminServer.start(adminAddress(at), adminShared, pages());
      admin = started;
      LOG.info("Admin API on {}", started.address());
      if (settings.adminAddressFile().isPresent()) {
        InetSocketAddress address = started.address();
        Files.writeString(
            settings.adminAddressFile().get(),
            address.getAddress().getHostAddress() + ":" + address.getPort());
      }
    } catch (IOException e) {
      errors.add("admin.address: cannot bind " + at + ": " + e.getMessage());
    }
  }

  /** Where the port is left to the system, that of the process before. */
  private InetSocketAddress adminAddress(SocketEndpoint at) {
    int port = at.port();
    if (port == 0 && succession.predecessor().isPresent()) {
      String before = succession.predecessor().get().admin();
      if (before.startsWith(at.address() + ":")) {
        port = Integer.parseInt(before.substring(at.address().length() + 1));
      }
    }
    return new InetSocketAddress(at.address(), port);
  }

  private void takePlace() {
    if (life.live()) {
      succession.live(new Host());
    }
  }

  /** This process, as those before and after it need it. */
  private final class Host implements Succession.Host {
    @Override
    public Engine engine() {
      return engine;
    }

    @Override
    public ServerLife life() {
      return life;
    }

    @Override
    public LifeSettings times() {
      return settings.life();
    }

    @Override
    public String admin() {
      AdminServer open = admin;
      return open == null
          ? ""
          : open.address().getAddress().getHostAddress() + ":" + open.address().getPort();
    }

    @Override
    public void shareAdmin(boolean shared) {
      adminShared = shared;
      AdminServer open = admin;
      if (open != null) {
        open.share(shared);
      }
    }

    @Override
    public void openAdmin() {
      adminShared = true;
      List<String> errors = new ArrayList<>();
      startAdmin(errors);
      errors.forEach(error -> LOG.error("No admin API: {}", error));
    }

    @Override
    public void closeAdmin() {
      AdminServer open = admin;
      admin = null;
      if (open != null) {
        open.close();
      }
    }
  }

  /** Runs the task when this process has taken over from the one before; at once without one. */
  public void whenServing(Runnable task) {
    succession.whenServing(task);
  }

  /** What to do when a successor takes over, and when it is gone too soon. */
  public void onHandover(Runnable handedOver, Runnable takenBack) {
    succession.onHandover(handedOver, takenBack);
  }

  /** Whether a successor serves and everything here has ended. */
  public boolean replaced() {
    return succession.finished();
  }

  private void startTraffic(List<String> errors) {
    if (!boot.config().needsSources()) {
      StaticConfig.awaitNames(engine, boot.config());
      life.reach(ServerLife.State.INITIALIZING);
      StaticConfig.serve(engine, boot.config(), errors);
      if (errors.isEmpty()) {
        life.reach(ServerLife.State.LIVE);
      }
      return;
    }
    if (boot.config().dynamic().ads().isPresent()
        && ControlPlane.of(boot.config(), boot.config().dynamic().ads().get().target())
            .targets()
            .isEmpty()) {
      errors.add(
          "dynamic_resources.ads_config.grpc_services: found no endpoint, expected a static or"
              + " STRICT_DNS cluster with at least one");
      return;
    }
    if (boot.config().loadStats().isPresent()
        && ControlPlane.of(boot.config(), boot.config().loadStats().get().target())
            .targets()
            .isEmpty()) {
      errors.add(
          "cluster_manager.load_stats_config.grpc_services: found no endpoint, expected a static or"
              + " STRICT_DNS cluster with at least one");
      return;
    }
    // Listeners of the bootstrap whose routes are inline need no control plane.
    StaticConfig.serveIndependent(engine, boot.config(), errors);
    if (errors.isEmpty()) {
      ChannelSource made = ChannelSource.netty(ClientLimits.DEFAULT);
      loop = made;
      channels = boot.access().over(made);
      dynamic =
          new DynamicPlane(
              engine,
              boot,
              runtime,
              settings,
              life,
              clock,
              new SecuredChannels(boot.config(), engine, channels),
              this::watch);
      stats.use(dynamic.sources());
      dynamic.start();
    }
  }

  private AutoCloseable watch(Path file, Path folder, Runnable task) throws IOException {
    Optional<FileWatcher> watcher = files();
    if (watcher.isEmpty()) {
      return () -> {};
    }
    return folder.toString().isEmpty()
        ? watcher.get().watchFile(file, task)
        : watcher.get().watchFolder(folder, task);
  }

  private AdminPages pages() {
    ServerPages server = new ServerPages(engine, life, boot.config().node(), settings, clock);
    RuntimePages values = new RuntimePages(engine.runtime(), runtime.adminLayer());
    return new AdminPages()
        .show("/ready", "LIVE, or 503 with the state", server::ready)
        .show("/server_info", "version, state, node", server::serverInfo)
        .show("/runtime", "runtime values by layer", values::show)
        .show("/memory", "heap in bytes", server::memory)
        .show(
            "/stats",
            "usedonly, filter=REGEX, type, format=text|json|prometheus, histogram_buckets",
            new StatsPage(stats::snapshot, false))
        .show(
            "/stats/prometheus", "statistics for Prometheus", new StatsPage(stats::snapshot, true))
        .show(
            "/clusters",
            "clusters and hosts, format=json",
            new ClustersPage(engine, () -> staticClusters))
        .show("/listeners", "bound addresses, format=json", new ListenersPage(engine))
        .show(
            "/config_dump",
            "include_eds, resource=LIST, name_regex=REGEX, mask=PATHS",
            new ConfigDump(this::configState))
        .show("/certs", "certificates in use", new CertsPage(engine::certificates, clock))
        .show("/init_dump", "what is waited for", new InitDump(this::unready))
        .change("/runtime_modify", "KEY=VALUE, an empty value takes it out", values::modify)
        .change("/drain_listeners", "graceful, inboundonly", server::drain)
        .change("/quitquitquit", "drain and end", server::quit)
        .change("/healthcheck/fail", "be not ready", server::failHealth)
        .change("/healthcheck/ok", "be ready again", server::passHealth)
        .change("/logging", "level=LEVEL, paths=CLASS:LEVEL", new LoggingPage())
        .change("/reset_counters", "counters and histograms to zero", server::resetCounters)
        .change("/reopen_logs", "open access logs anew", server::reopenLogs);
  }

  private Map<String, Set<String>> unready() {
    Map<String, Set<String>> waiting = new TreeMap<>();
    Set<String> clusters = new TreeSet<>(engine.warmingClusters());
    waiting.put("clusters", clusters);
    DynamicPlane plane = dynamic;
    if (plane != null) {
      clusters.addAll(plane.ask(() -> plane.driver().warmingClusters()));
      waiting.put("listeners", plane.ask(() -> new TreeSet<>(plane.driver().warmingListeners())));
    }
    return waiting;
  }

  private ConfigDump.State configState() {
    JsonObject bootstrap = boot.json().get();
    DynamicPlane plane = dynamic;
    if (plane == null) {
      return new ConfigDump.State(
          bootstrap,
          new LastGood(Map.of()),
          Map.of(),
          Map.of(),
          Map.of(),
          Map.of(),
          life.started(),
          Map.of());
    }
    return plane.ask(() -> {
      Map<ResourceType, String> versions = new EnumMap<>(ResourceType.class);
      Map<ResourceType, Map<String, io.heddle.proxy.app.dynamic.Rejected>> rejected =
          new EnumMap<>(ResourceType.class);
      Map<ResourceType, Map<String, Instant>> updated = new EnumMap<>(ResourceType.class);
      for (ResourceType type : ResourceType.values()) {
        versions.put(type, plane.sources().versionText(type));
        rejected.put(type, plane.driver().rejected(type));
        updated.put(type, plane.driver().updated(type));
      }
      Set<String> clusters = new TreeSet<>(engine.warmingClusters());
      clusters.addAll(plane.driver().warmingClusters());
      Map<ResourceType, Set<String>> warming =
          Map.of(
              ResourceType.CLUSTER,
              clusters,
              ResourceType.LISTENER,
              plane.driver().warmingListeners(),
              ResourceType.SECRET,
              plane.driver().warmingSecrets());
      return new ConfigDump.State(
          bootstrap,
          plane.sources().accepted(),
          versions,
          rejected,
          warming,
          updated,
          life.started(),
          plane.driver().scopes());
    });
  }

  /** Where the process stands. */
  public ServerLife life() {
    return life;
  }

  /** The engine, to look at. */
  public Engine engine() {
    return engine;
  }

  /** Where the admin API listens, if it does. */
  public Optional<InetSocketAddress> adminAddress() {
    return Optional.ofNullable(admin).map(AdminServer::address);
  }

  /** Channels to the control plane; empty for a proxy without one. */
  public Optional<ChannelSource> channels() {
    return Optional.ofNullable(channels);
  }

  /** Runs the task once the proxy serves from disk; at once where it does not start from there. */
  public void afterHeadStart(Runnable task) {
    if (dynamic == null) {
      task.run();
    } else {
      dynamic.headStart().then(task);
    }
  }

  /**
   * Takes nothing new and waits for what is under way, up to the drain time.
   *
   * @return whether all connections ended by themselves
   */
  public boolean drain() {
    life.reach(ServerLife.State.DRAINING);
    return drain(settings.drainTime().dividedBy(2), false, System.nanoTime());
  }

  /**
   * The same for a proxy beside an application: inbound listeners first. A request that is under
   * way there may need a new connection through the outbound listener before it can be answered, so
   * that one is closed only when the inbound side is done or the drain time is over.
   *
   * @return whether all connections ended by themselves
   */
  public boolean drainInboundFirst() {
    life.reach(ServerLife.State.DRAINING);
    long begun = System.nanoTime();
    boolean inbound = drain(settings.drainTime().dividedBy(2), true, begun);
    // The application has nobody left to answer: idle connections of its client need no grace.
    return drain(Duration.ZERO, false, begun) && inbound;
  }

  private boolean drain(Duration spread, boolean inboundOnly, long begunNanos) {
    CompletableFuture<Void> drained =
        engine.drain(settings.life().shutdown(spread), inboundOnly).toCompletableFuture();
    life.listenersChanged();
    long left = settings.drainTime().toNanos() - (System.nanoTime() - begunNanos);
    try {
      drained.get(Math.max(0, left), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException _) {
      LOG.info(
          "{} connections left after {} ms of drain",
          engine.activeConnections(),
          settings.drainTime().toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      LOG.error("Drain failed", e.getCause());
    }
    return false;
  }

  @Override
  public void close() {
    succession.close();
    if (dynamic != null) {
      dynamic.close();
    }
    if (loop != null) {
      loop.close();
    }
    engine.close();
    grpc.close();
    if (files != null) {
      files.close();
    }
    AdminServer open = admin;
    if (open != null) {
      open.close();
    }
  }
}
