package io.heddle.xds.server;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.envoyproxy.envoy.service.status.v3.ClientStatusRequest;
import io.envoyproxy.envoy.service.status.v3.ClientStatusResponse;
import io.grpc.ServerServiceDefinition;
import io.heddle.xds.model.ResourceType;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Serves a {@link ResourceCache} over xDS: aggregated and one stream a type, SotW and delta.
 *
 * <p>Add {@link #services()} to any gRPC server; as requests are only handed on, that server may
 * use a direct executor. Nothing is sent before {@link ResourceCache#markReady()}.
 */
public final class XdsServer implements AutoCloseable {
  private final ResourceCache cache;
  private final Clock clock;
  private final NodeAdmission admission;
  private final List<Shard> shards;
  private final List<ServerServiceDefinition> services;
  private final SyncView syncView;
  private final LoadReports loadReports;
  private final ClientStatusService status;
  private final AtomicLong streamIds = new AtomicLong();

  /** Differs from run to run, so that a nonce of an earlier run is never taken for one of ours. */
  private final String run = UUID.randomUUID().toString().substring(0, 8);

  private XdsServer(Builder builder) {
    this.cache = builder.cache;
    this.clock = builder.clock;
    this.admission = builder.admission;
    List<Shard> started = new ArrayList<>();
    for (int i = 0; i < builder.shards; i++) {
      Shard shard =
          new Shard(
              Executors.newSingleThreadExecutor(
                  Thread.ofPlatform().daemon().name("xds-shard-" + i).factory()),
              builder.resolver,
              builder.listener,
              builder.timers,
              builder.clock,
              builder.limits);
      cache.watch(shard);
      started.add(shard);
    }
    this.shards = List.copyOf(started);
    this.loadReports = new LoadReports(builder.limits.reports(), builder.clock);
    List<ServerServiceDefinition> all = new ArrayList<>(DiscoveryServices.of(this, builder.limits));
    this.status = new ClientStatusService(shards, builder.limits.reports());
    all.add(status.bindService());
    all.add(new LoadReportService(this, loadReports, builder.limits).bindService());
    this.services = List.copyOf(all);
    this.syncView = new SyncView(shards);
  }

  /** Starts to describe a server of this cache; every node sees what the resolver says. */
  public static Builder builder(ResourceCache cache, ScopeResolver resolver) {
    return new Builder(cache, resolver);
  }

  /**
   * ADS and one discovery service a type, each with its SotW and its delta method (virtual hosts
   * with delta alone); the status of the clients (CSDS) and their load reports (LRS).
   */
  public List<ServerServiceDefinition> services() {
    return services;
  }

  /** What connected proxies hold. */
  public SyncView syncView() {
    return syncView;
  }

  /** What connected proxies report of their load. */
  public LoadReports loadReports() {
    return loadReports;
  }

  /** From now on the status of the clients is that of these, too. */
  public void besides(OtherClients others) {
    status.besides(others);
  }

  /** The status of the clients of this server alone, as CSDS tells it; fails as CSDS does. */
  public CompletableFuture<ClientStatusResponse> clients(ClientStatusRequest request) {
    return status.own(request);
  }

  /**
   * Ends the streams of some nodes, as their scopes are others now: they are asked for when a node
   * connects again, and what has not changed is not sent again. Their other resources stay.
   */
  public void reconnect(Predicate<NodeInfo> whose) {
    for (Shard shard : shards) {
      shard.reconnect(whose);
    }
  }

  /** Ends every stream with UNAVAILABLE and stops the threads. */
  @Override
  public void close() {
    for (Shard shard : shards) {
      cache.unwatch(shard);
      shard.close();
    }
  }

  NodeAdmission admission() {
    return admission;
  }

  ProxyStream describe(NodeInfo node, Optional<ResourceType> type, boolean delta) {
    return new ProxyStream(streamIds.incrementAndGet(), node, type, delta, clock.instant());
  }

  /** All streams of a node share a shard. */
  Shard shardOf(ProxyStream stream) {
    String id = stream.node().id();
    return shardOf(id.isEmpty() ? Long.hashCode(stream.id()) : id.hashCode());
  }

  private Shard shardOf(int hash) {
    return shards.get(Math.floorMod((hash * 0x9e3779b9) >>> 16, shards.size()));
  }

  /** Hands over, on a shard's thread, the names of all clusters that a connected node sees. */
  void clustersOf(String nodeId, Consumer<List<String>> taker) {
    Shard shard = shardOf(nodeId.hashCode());
    shard.execute(() -> taker.accept(shard.clustersOf(nodeId)));
  }

  String noncePrefix(ProxyStream stream) {
    return run + "." + Long.toString(stream.id(), Character.MAX_RADIX) + ".";
  }

  /** Describes a server. */
  public static final class Builder {
    private final ResourceCache cache;
    private final ScopeResolver resolver;
    private StreamListener listener = new StreamListener() {};
    private Clock clock = Clock.systemUTC();
    private Limits limits = Limits.defaults();
    private NodeAdmission admission = NodeAdmission.EVERYBODY;
    private int shards = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 8);
    private DelayedTasks timers =
        (delay, task) -> {
          CompletableFuture.delayedExecutor(delay.toNanos(), TimeUnit.NANOSECONDS).execute(task);
        };

    private Builder(ResourceCache cache, ScopeResolver resolver) {
      this.cache = cache;
      this.resolver = resolver;
    }

    /** Who is told what proxies do; nobody by default. */
    @CanIgnoreReturnValue
    public Builder listener(StreamListener value) {
      listener = value;
      return this;
    }

    /** Says since when a proxy is connected, and for how long it was away; UTC by default. */
    @CanIgnoreReturnValue
    public Builder clock(Clock value) {
      clock = value;
      return this;
    }

    /** Runs the time limits; the JDK's own delayed executor by default. */
    @CanIgnoreReturnValue
    public Builder timers(DelayedTasks value) {
      timers = value;
      return this;
    }

    /** Who may be which node; everybody by default. */
    @CanIgnoreReturnValue
    public Builder admission(NodeAdmission value) {
      admission = value;
      return this;
    }

    /** Bounds of what clients may cost. */
    @CanIgnoreReturnValue
    public Builder limits(Limits value) {
      limits = value;
      return this;
    }

    /** Threads that serve streams, 1 to 64; by default one a processor, at most 8. */
    @CanIgnoreReturnValue
    public Builder shards(int value) {
      if (value < 1 || value > 64) {
        throw new IllegalArgumentException("shards: " + value + " (expected: 1 to 64)");
      }
      shards = value;
      return this;
    }

    /** Starts the threads; the server is then ready to be added to a gRPC server. */
    public XdsServer build() {
      return new XdsServer(this);
    }
  }
}
