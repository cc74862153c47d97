package io.heddle.proxy.engine;

import io.heddle.proxy.api.AsyncHttpClient;
import io.heddle.proxy.api.Background;
import io.heddle.proxy.api.ExpressionLanguage;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.api.ListenerFilterFactory;
import io.heddle.proxy.api.ServerView;
import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.api.UpstreamHttpFilterFactory;
import io.heddle.proxy.engine.accesslog.LogWriter;
import io.heddle.proxy.engine.cluster.Cluster;
import io.heddle.proxy.engine.cluster.Clusters;
import io.heddle.proxy.engine.cluster.UpstreamTransport;
import io.heddle.proxy.engine.discovery.DiscoveredExtensions;
import io.heddle.proxy.engine.discovery.Discovery;
import io.heddle.proxy.engine.dns.HostResolver;
import io.heddle.proxy.engine.dns.NettyResolver;
import io.heddle.proxy.engine.dns.SharedNames;
import io.heddle.proxy.engine.exchange.ProxyCalls;
import io.heddle.proxy.engine.format.CountedExpressions;
import io.heddle.proxy.engine.health.EventSink;
import io.heddle.proxy.engine.inspect.BuiltInListenerFilters;
import io.heddle.proxy.engine.listener.ChainCompiler;
import io.heddle.proxy.engine.listener.Listeners;
import io.heddle.proxy.engine.loop.Sockets;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.matched.MatchedFilterFactory;
import io.heddle.proxy.engine.overload.Admission;
import io.heddle.proxy.engine.overload.CpuShare;
import io.heddle.proxy.engine.overload.LoopDelays;
import io.heddle.proxy.engine.overload.Overload;
import io.heddle.proxy.engine.overload.Pressure;
import io.heddle.proxy.engine.overload.WatchedLoad;
import io.heddle.proxy.engine.route.CompiledRoutes;
import io.heddle.proxy.engine.route.FilterConfigs;
import io.heddle.proxy.engine.runtime.LayeredRuntime;
import io.heddle.proxy.engine.stats.Scope;
import io.heddle.proxy.engine.stats.StatsRegistry;
import io.heddle.proxy.engine.stats.StatsSnapshot;
import io.heddle.proxy.engine.tls.AlpnOffer;
import io.heddle.proxy.engine.tls.ChannelContext;
import io.heddle.proxy.engine.tls.FileWatch;
import io.heddle.proxy.engine.tls.Secrets;
import io.heddle.proxy.engine.tls.TlsStats;
import io.heddle.proxy.engine.tls.UpstreamTls;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.ExtensionConfig;
import io.heddle.xds.model.ExtensionKind;
import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.RouteTable;
import io.heddle.xds.model.ScopedRoute;
import io.heddle.xds.model.SecretConfig;
import io.heddle.xds.model.UpstreamTlsConfig;
import io.heddle.xds.model.VirtualHostConfig;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The engine's one visible wiring. */
final class ProxyEngine implements Engine {
  private static final int CHUNK_ORDER = 5;
  private static final int PAGE = 8192;
  private static final long FILE_WATCH_MILLIS = 1000;

  private final StatsRegistry registry;
  private final Scope root;
  private final List<EventLoopGroup> groups = new ArrayList<>();
  private final List<Worker> workers = new ArrayList<>();
  private final ScheduledExecutorService scheduler;
  private final NettyResolver resolver;
  private final SharedNames names;
  private final LayeredRuntime runtime;
  private final Overload overload = new Overload();
  private final LogWriter logs;
  private final ServerView server;
  private final Background background;
  private final ExpressionLanguage expressions;
  private final Clusters clusters;
  private final ChainCompiler compiler;
  private final Admission admission;
  private final Listeners listeners;
  private final Secrets secrets = new Secrets();
  private final DiscoveredExtensions extensions = new DiscoveredExtensions();
  private final Discovery discovery;
  private final FileWatch files;

  /** TLS of connections that others make. */
  private final List<UpstreamTls> channels = new CopyOnWriteArrayList<>();

  ProxyEngine(EngineBuilder settings) {
    registry = new StatsRegistry(settings.concurrency, settings.stats);
    root = registry.root();
    runtime = new LayeredRuntime(settings.runtimeLayers, root.scope("runtime"));
    Sockets sockets = sockets(settings.transport);
    ByteBufAllocator allocator = allocator(settings.concurrency);
    for (int i = 0; i < settings.concurrency; i++) {
      EventLoopGroup group = sockets.loop(i, registry);
      groups.add(group);
      workers.add(
          new Worker(
              i,
              group.next(),
              registry.loop(i),
              allocator,
              settings.clock,
              settings.nanoTime,
              settings.foreignTime));
    }
    scheduler =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("heddle-discovery").factory());
    resolver = new NettyResolver(workers.getFirst().loop(), sockets.datagrams());
    HostResolver lookUp = settings.resolver.orElse(resolver);
    names = new SharedNames(lookUp, scheduler, settings.nanoTime, root);
    files = new FileWatch(scheduler, FILE_WATCH_MILLIS);
    background = new ScheduledBackground(scheduler);
    WatchedLoad load =
        new WatchedLoad(
            CpuShare.ofWhatThereIs(Pressure.CGROUPS, System::nanoTime, WatchedLoad.NEWEST),
            new LoopDelays(workers));
    server = new ProxyView(settings, this::cluster, () -> load.begin(background));
    expressions =
        new CountedExpressions(
            settings.expressions, root.scope("expressions").counter("without_value"));
    FilterFactoryContext rootContext = context(settings, root);
    logs =
        new LogWriter(
            settings.concurrency,
            settings.standardOut,
            settings.standardError,
            settings.logFlushInterval,
            root);
    clusters =
        new Clusters(
            workers,
            root,
            new UpstreamTransport(sockets, allocator, settings.upstreamBind, secrets, files),
            lookUp,
            names,
            scheduler,
            settings.loadBalancers,
            settings.httpFilters.stream()
                .filter(UpstreamHttpFilterFactory.class::isInstance)
                .map(UpstreamHttpFilterFactory.class::cast)
                .toList(),
            rootContext,
            settings.locality,
            settings.localCluster,
            outlierEvents(settings.outlierLog),
            logs::events);
    List<ListenerFilterFactory> listenerFilters = new ArrayList<>(BuiltInListenerFilters.ALL);
    listenerFilters.addAll(settings.listenerFilters);
    List<HttpFilterFactory> httpFilters = MatchedFilterFactory.with(settings.httpFilters);
    discovery =
        new Discovery(
            extensions, httpFilters, settings.networkFilters, listenerFilters, rootContext);
    compiler =
        new ChainCompiler(
            clusters,
            root,
            logs,
            new FilterConfigs(httpFilters, rootContext),
            settings.networkFilters,
            settings.listenerFilters,
            settings.accessLoggers,
            scope -> context(settings, scope),
            secrets,
            files,
            discovery);
    admission = new Admission(overload, runtime, settings.limits.with(settings.overload), root);
    listeners =
        new Listeners(
            workers,
            clusters,
            compiler,
            sockets,
            allocator,
            root,
            settings.drain,
            settings.inherited,
            admission);
    workers.forEach(worker -> worker.overload(overload));
    new OverloadRelief(workers, listeners, settings.overload, allocator, root.scope("overload"))
        .watch(scheduler, overload, admission);
  }

  private EventSink outlierEvents(String path) {
    if (path.isEmpty()) {
      return EventSink.NONE;
    }
    try {
      return logs.events(path);
    } catch (IOException closed) {
      throw new IllegalArgumentException(
          "cluster_manager.outlier_detection.event_log_path: %s (expected: a file that can be written)"
              .formatted(path),
          closed);
    }
  }

  private static Sockets sockets(Transport transport) {
    return switch (transport) {
      case AUTO -> Sockets.epollAvailable() ? Sockets.epoll() : Sockets.nio();
      case EPOLL -> Sockets.epoll();
      case IO_URING -> Sockets.ioUring();
      case NIO -> Sockets.nio();
    };
  }

  /**
   * Small chunks, one arena a loop, caches for the loops' threads only: memory follows load down.
   */
  private static ByteBufAllocator allocator(int loops) {
    return new PooledByteBufAllocator(true, 0, loops, PAGE, CHUNK_ORDER, 64, 32, false, 0);
  }

  /** Asked only once traffic is served. */
  private @Nullable Cluster cluster(String name) {
    return clusters.get(name);
  }

  private FilterFactoryContext context(EngineBuilder settings, StatsScope scope) {
    return new FactoryContext(
        scope,
        root,
        settings.clock,
        settings.nanoTime,
        workers.size(),
        server,
        settings.grpcClient,
        names,
        background,
        runtime,
        expressions,
        (request, handler) -> {
          send(request, handler);
          return () -> {};
        });
  }

  @Override
  public List<ConfigError> checkListener(ListenerConfig config) {
    return compiler.check(config);
  }

  @Override
  public List<ConfigError> checkRoutes(RouteTable routes) {
    List<ConfigError> errors = new ArrayList<>();
    compiler.routes(routes, CompiledRoutes.EMPTY, errors).done();
    return errors;
  }

  @Override
  public List<ConfigError> checkCluster(ClusterConfig config) {
    return clusters.check(config);
  }

  @Override
  public void expectClusters(Predicate<String> names) {
    clusters.expect(names);
  }

  @Override
  public List<ConfigError> applyCluster(ClusterConfig config) {
    return clusters.apply(config);
  }

  @Override
  public boolean removeCluster(String name) {
    return clusters.remove(name);
  }

  @Override
  public void applyEndpoints(EndpointsConfig endpoints) {
    clusters.endpoints(endpoints);
  }

  @Override
  public void removeEndpoints(String serviceName) {
    clusters.removeEndpoints(serviceName);
  }

  @Override
  public void endWarming(String clusterName) {
    clusters.endWarming(clusterName);
  }

  @Override
  public List<ConfigError> applyRoutes(RouteTable routes) {
    return listeners.routes(routes);
  }

  @Override
  public boolean removeRoutes(String name) {
    return listeners.removeRoutes(name);
  }

  @Override
  public boolean hasRoutes(String name) {
    return listeners.hasRoutes(name);
  }

  @Override
  public List<ConfigError> applyVirtualHosts(
      String routes, Collection<VirtualHostConfig> changed, Set<String> removed) {
    return listeners.virtualHosts(routes, changed, removed);
  }

  @Override
  public List<ConfigError> applyScopes(String name, Collection<ScopedRoute> scopes) {
    return listeners.scopes(name, scopes);
  }

  @Override
  public boolean removeScopes(String name) {
    return listeners.removeScopes(name);
  }

  @Override
  public boolean hasScopes(String name) {
    return listeners.hasScopes(name);
  }

  @Override
  public List<ConfigError> checkSecret(SecretConfig secret) {
    return secrets.check(secret);
  }

  @Override
  public List<ConfigError> applySecret(SecretConfig secret) {
    return secrets.apply(secret);
  }

  @Override
  public boolean removeSecret(String name) {
    return secrets.remove(name);
  }

  @Override
  public boolean hasSecret(String name) {
    return secrets.get(name).isPresent();
  }

  @Override
  public SslContext channelTls(UpstreamTlsConfig config, String cluster) {
    UpstreamTls tls =
        UpstreamTls.open(
            config,
            new AlpnOffer.Protocols(List.of("h2"), List.of()),
            "Cluster " + cluster,
            secrets,
            files,
            new TlsStats(root.tagged("cluster", "envoy_cluster_name", cluster), "client"));
    channels.add(tls);
    return new ChannelContext(tls);
  }

  @Override
  public List<ConfigError> checkExtension(ExtensionKind kind, ExtensionConfig extension) {
    return discovery.check(kind, extension);
  }

  @Override
  public List<ConfigError> applyExtension(String key, ExtensionConfig extension) {
    return extensions.apply(key, extension);
  }

  @Override
  public boolean removeExtension(String key) {
    return extensions.remove(key);
  }

  @Override
  public List<TlsView> certificates() {
    List<TlsView> all = new ArrayList<>(listeners.certificates());
    all.addAll(clusters.certificates());
    return all;
  }

  @Override
  public CompletionStage<ListenerResult> applyListener(ListenerConfig config) {
    return listeners.apply(config);
  }

  @Override
  public CompletionStage<Void> removeListener(String name) {
    return listeners.remove(name);
  }

  @Override
  public List<ClusterView> clusters() {
    return clusters.views();
  }

  @Override
  public List<String> warmingClusters() {
    return clusters.views().stream().filter(ClusterView::warming).map(ClusterView::name).toList();
  }

  @Override
  public CompletionStage<Void> clusterWarm(String name) {
    Cluster cluster = clusters.get(name);
    return cluster == null ? CompletableFuture.completedFuture(null) : cluster.warm().copy();
  }

  @Override
  public List<ListenerView> listeners() {
    return listeners.views();
  }

  @Override
  public StatsSnapshot stats() {
    return registry.snapshot();
  }

  @Override
  public void resetStats() {
    registry.reset();
  }

  @Override
  public StatsScope statsScope(String prefix) {
    return root.scope(prefix);
  }

  @Override
  public StatsScope statsRoot() {
    return root;
  }

  @Override
  public void hideStats(String prefix) {
    root.scope(prefix).hide();
  }

  @Override
  public void send(AsyncHttpClient.Request request, AsyncHttpClient.ResponseHandler handler) {
    ProxyCalls.send(workers.getFirst(), clusters, request, handler);
  }

  @Override
  public LayeredRuntime runtime() {
    return runtime;
  }

  @Override
  public void reopenAccessLogs() {
    logs.reopen();
  }

  @Override
  public long activeConnections() {
    return listeners.connections();
  }

  @Override
  public List<Integer> connectionsByLoop() {
    return workers.stream().map(worker -> worker.connections().get()).toList();
  }

  @Override
  public List<Long> requestsByLoop() {
    return workers.stream().map(Worker::requests).toList();
  }

  @Override
  public int concurrency() {
    return workers.size();
  }

  @Override
  public CompletionStage<Void> drain(DrainPlan plan, boolean inboundOnly) {
    return listeners.drain(plan, inboundOnly);
  }

  @Override
  public void accept() {
    listeners.accept();
  }

  @Override
  public List<OpenSocket> openSockets() {
    return listeners.openSockets();
  }

  @Override
  public boolean lend(OpenSocket socket, IntConsumer use) {
    return listeners.lend(socket, use);
  }

  @Override
  public void carry(List<StatsRegistry.Carried> stats) {
    registry.carry(stats);
  }

  @Override
  public void failHealth(boolean failed) {
    listeners.failHealth(failed);
  }

  @Override
  public void close() {
    listeners.closeNow();
    for (ClusterView view : clusters.views()) {
      clusters.remove(view.name());
    }
    scheduler.shutdownNow();
    resolver.close();
    for (EventLoopGroup group : groups) {
      var _ = group.shutdownGracefully(0, 2, TimeUnit.SECONDS);
    }
    for (EventLoopGroup group : groups) {
      group.terminationFuture().awaitUninterruptibly(5, TimeUnit.SECONDS);
    }
    listeners.freeConfiguration();
    channels.forEach(UpstreamTls::close);
    logs.close();
  }
}
