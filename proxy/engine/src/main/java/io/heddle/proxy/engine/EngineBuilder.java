package io.heddle.proxy.engine;

import io.heddle.proxy.api.AccessLoggerFactory;
import io.heddle.proxy.api.ExpressionLanguage;
import io.heddle.proxy.api.GrpcClient;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.api.ListenerFilterFactory;
import io.heddle.proxy.api.LoadBalancerFactory;
import io.heddle.proxy.api.NetworkFilterFactory;
import io.heddle.proxy.api.ServerView;
import io.heddle.proxy.engine.dns.HostResolver;
import io.heddle.proxy.engine.overload.ConnectionLimits;
import io.heddle.xds.model.BindConfig;
import io.heddle.xds.model.EndpointsConfig.Locality;
import io.heddle.xds.model.OverloadConfig;
import io.heddle.xds.model.StatsConfig;
import java.io.OutputStream;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** Settings of an {@link Engine}; everything has a default. Not safe for use by several threads. */
public final class EngineBuilder {
  int concurrency = Runtime.getRuntime().availableProcessors();
  Transport transport = Transport.AUTO;
  List<HttpFilterFactory> httpFilters = List.of();
  List<NetworkFilterFactory> networkFilters = List.of();
  List<ListenerFilterFactory> listenerFilters = List.of();
  List<LoadBalancerFactory> loadBalancers = List.of();
  List<AccessLoggerFactory> accessLoggers = List.of();
  ExpressionLanguage expressions = ExpressionLanguage.NONE;
  StatsConfig stats = StatsConfig.DEFAULT;
  InstantSource clock = Clock.systemUTC();
  LongSupplier nanoTime = System::nanoTime;
  boolean foreignTime;
  List<String> runtimeLayers = List.of("");
  Duration logFlushInterval = Duration.ofSeconds(1);
  OutputStream standardOut = System.out;
  OutputStream standardError = System.err;
  DrainPlan drain = DrainPlan.AT_ONCE;
  InheritedSockets inherited = InheritedSockets.none();
  ConnectionLimits limits = ConnectionLimits.NONE;
  OverloadConfig overload = OverloadConfig.NONE;
  BooleanSupplier healthCheckFailed = () -> false;
  ServerView.Node node = ServerView.Node.NOBODY;
  GrpcClient grpcClient = GrpcClient.NONE;

  Locality locality = Locality.NONE;
  String localCluster = "";
  String outlierLog = "";
  Optional<HostResolver> resolver = Optional.empty();
  Optional<BindConfig> upstreamBind = Optional.empty();

  EngineBuilder() {}

  /** Threads that serve traffic, 1 to 256; by default one per processor. */
  public EngineBuilder concurrency(int threads) {
    if (threads < 1 || threads > 256) {
      throw new IllegalArgumentException("concurrency: " + threads + " (expected: 1 to 256)");
    }
    this.concurrency = threads;
    return this;
  }

  /** Transport; {@link Transport#AUTO} by default. */
  public EngineBuilder transport(Transport value) {
    this.transport = value;
    return this;
  }

  /** HTTP filters, upstream ones included. */
  public EngineBuilder httpFilters(List<? extends HttpFilterFactory> factories) {
    this.httpFilters = List.copyOf(factories);
    return this;
  }

  /** Network filters. */
  public EngineBuilder networkFilters(List<? extends NetworkFilterFactory> factories) {
    this.networkFilters = List.copyOf(factories);
    return this;
  }

  /** Listener filters. */
  public EngineBuilder listenerFilters(List<? extends ListenerFilterFactory> factories) {
    this.listenerFilters = List.copyOf(factories);
    return this;
  }

  /** Load balancers beside round robin and least request. */
  public EngineBuilder loadBalancers(List<? extends LoadBalancerFactory> factories) {
    this.loadBalancers = List.copyOf(factories);
    return this;
  }

  /** Access loggers beside file, stdout and stderr. */
  public EngineBuilder accessLoggers(List<? extends AccessLoggerFactory> factories) {
    this.accessLoggers = List.copyOf(factories);
    return this;
  }

  /** The language of expressions; none by default. */
  public EngineBuilder expressions(ExpressionLanguage language) {
    this.expressions = language;
    return this;
  }

  /** How statistics are named, picked and bucketed; as Envoy's defaults unless told. */
  public EngineBuilder stats(StatsConfig value) {
    this.stats = value;
    return this;
  }

  /** Wall clock; the system's by default. */
  public EngineBuilder clock(InstantSource value) {
    this.clock = value;
    return this;
  }

  /**
   * Monotonic nanoseconds, which every timeout goes by; the system's by default. Another source is
   * looked at every millisecond of real time, so that a test only has to move it on.
   */
  public EngineBuilder nanoTime(LongSupplier value) {
    this.nanoTime = value;
    this.foreignTime = true;
    return this;
  }

  /** Names of the runtime's layers, lowest first; one layer without a name by default. */
  public EngineBuilder runtimeLayers(List<String> names) {
    this.runtimeLayers = List.copyOf(names);
    return this;
  }

  /** How long a line of the access log may lie in memory; 1 s by default. */
  public EngineBuilder logFlushInterval(Duration value) {
    this.logFlushInterval = value;
    return this;
  }

  /** Where access logs on the standard streams go; the process's own by default. */
  public EngineBuilder standardStreams(OutputStream out, OutputStream err) {
    this.standardOut = out;
    this.standardError = err;
    return this;
  }

  /**
   * How connections end whose listener was changed or removed; at once by default. What it says of
   * sockets has no meaning here.
   */
  public EngineBuilder drain(DrainPlan value) {
    this.drain = value;
    return this;
  }

  /** Where the proxy runs; nowhere in particular by default. */
  public EngineBuilder locality(Locality value) {
    this.locality = value;
    return this;
  }

  /**
   * Sockets of the process before, which listeners take in place of new ones. Then nothing is
   * accepted before {@link Engine#accept}.
   */
  public EngineBuilder inherited(InheritedSockets value) {
    this.inherited = value;
    return this;
  }

  /** How many connections may be open where the runtime does not say; no limit by default. */
  public EngineBuilder limits(ConnectionLimits value) {
    this.limits = value;
    return this;
  }

  /** What is done when something runs short; memory is guarded whatever it says. */
  public EngineBuilder overload(OverloadConfig value) {
    this.overload = value;
    return this;
  }

  /**
   * The cluster whose endpoints are the proxies of this one's kind, by which zone-aware routing
   * knows each zone's share of the load ({@code cluster_manager.local_cluster_name}); empty where
   * there is none.
   */
  public EngineBuilder localCluster(String name) {
    this.localCluster = name;
    return this;
  }

  /** The file that tells of hosts that are taken out and come back; empty for none. */
  public EngineBuilder outlierLog(String path) {
    this.outlierLog = path;
    return this;
  }

  /** What looks host names up; asks the name servers of the system by default. */
  public EngineBuilder resolver(HostResolver value) {
    this.resolver = Optional.of(value);
    return this;
  }

  /** What connections of clusters are bound to that say nothing of it themselves. */
  public EngineBuilder upstreamBind(BindConfig value) {
    this.upstreamBind = Optional.of(value);
    return this;
  }

  /** Whether an operator has declared the proxy unhealthy; asked by filters on event loops. */
  public EngineBuilder healthCheckFailed(BooleanSupplier value) {
    this.healthCheckFailed = value;
    return this;
  }

  /** Who the proxy is; nobody by default. */
  public EngineBuilder node(ServerView.Node value) {
    this.node = value;
    return this;
  }

  /** What access loggers and reports send over; nothing by default. The caller closes it. */
  public EngineBuilder grpcClient(GrpcClient value) {
    this.grpcClient = value;
    return this;
  }

  /** Starts the event loops. */
  public Engine start() {
    return new ProxyEngine(this);
  }
}
