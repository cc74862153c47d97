package io.heddle.proxy.filters.harness;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.heddle.proxy.api.AsyncHttpClient;
import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.DynamicMetadata;
import io.heddle.proxy.api.FilterDirection;
import io.heddle.proxy.api.FilterState;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.HttpFilterFactory.RouteFilterConfig;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.RateLimitRules;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResetReason;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.api.RouteView;
import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.api.StreamInfo;
import io.heddle.testkit.ManualTime;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.random.RandomGenerator;

/** What {@link FilterHarness} offers its filter. */
public final class FakeContext implements HttpFilterContext {
  private final FilterHarness harness;
  private final List<RouteFilterConfig> routeConfigs;
  private final ManualTime time;
  private final RandomGenerator random;
  private final FakeStats stats = new FakeStats();
  private final PriorityQueue<Task> timers =
      new PriorityQueue<>(Comparator.comparingLong(task -> task.dueNanos));
  private final List<Runnable> soon = new ArrayList<>();
  private final List<FakeCall> calls = new ArrayList<>();
  private final FakeFilterState state = new FakeFilterState();
  private final Map<String, Struct> metadata = new HashMap<>();
  private final EnumSet<ResponseFlag> flags = EnumSet.noneOf(ResponseFlag.class);
  private Optional<String> cluster = Optional.of("service");
  private Optional<String> hostOverride = Optional.empty();
  private Optional<String> upstreamHost = Optional.empty();
  private RateLimitRules.OfRoute rateLimits = RateLimitRules.OfRoute.NONE;
  private Map<String, String> routeMetadata = Map.of();
  private InetSocketAddress remote = InetSocketAddress.createUnresolved("192.0.2.2", 40_000);
  private FilterState connectionState = new FakeFilterState();
  private boolean completed;
  private boolean healthCheck;

  private static final class Task implements Timer {
    private final long dueNanos;
    private final Runnable run;
    private boolean cancelled;

    Task(long dueNanos, Runnable run) {
      this.dueNanos = dueNanos;
      this.run = run;
    }

    @Override
    public void cancel() {
      cancelled = true;
    }
  }

  FakeContext(
      FilterHarness harness,
      List<RouteFilterConfig> routeConfigs,
      ManualTime time,
      RandomGenerator random) {
    this.harness = harness;
    this.routeConfigs = List.copyOf(routeConfigs);
    this.time = time;
    this.random = random;
  }

  void advance(Duration by) {
    long end = time.nanoTime() + by.toNanos();
    runSoon();
    while (!timers.isEmpty() && timers.peek().dueNanos <= end) {
      Task task = timers.remove();
      time.advance(Duration.ofNanos(Math.max(0, task.dueNanos - time.nanoTime())));
      if (!task.cancelled && !completed) {
        task.run.run();
      }
      runSoon();
    }
    time.advance(Duration.ofNanos(end - time.nanoTime()));
  }

  private void runSoon() {
    while (!soon.isEmpty()) {
      Runnable task = soon.removeFirst();
      if (!completed) {
        task.run();
      }
    }
  }

  void completed() {
    completed = true;
    timers.clear();
    calls.forEach(FakeCall::cancel);
  }

  Set<ResponseFlag> flags() {
    return flags;
  }

  List<FakeCall> calls() {
    return calls;
  }

  /** The route's cluster from now on. */
  public void cluster(String name) {
    cluster = Optional.of(name);
  }

  /** The rate limits of the route from now on. */
  public void rateLimits(RateLimitRules.OfRoute rules) {
    rateLimits = rules;
  }

  /** What the route says of itself: texts by namespace and field, as {@code namespace/field}. */
  public void routeMetadata(Map<String, String> texts) {
    routeMetadata = Map.copyOf(texts);
  }

  /** The client from now on. */
  public void remoteAddress(InetSocketAddress address) {
    remote = address;
  }

  /** What filters keep with the connection; exchanges that share it are of one connection. */
  public void connectionState(FilterState state) {
    connectionState = state;
  }

  /** Timers that have neither run nor been cancelled. */
  public long pendingTimers() {
    return timers.stream().filter(task -> !task.cancelled).count();
  }

  /** Whether the filter has called the exchange a health check. */
  public boolean healthCheck() {
    return healthCheck;
  }

  @Override
  public void markHealthCheck() {
    healthCheck = true;
  }

  @Override
  public FilterDirection request() {
    return harness.requestDirection();
  }

  @Override
  public FilterDirection response() {
    return harness.responseDirection();
  }

  @Override
  public RequestHeaders requestHeaders() {
    return harness.requestHead();
  }

  @Override
  public Optional<ResponseHeaders> responseHeaders() {
    return harness.responseHead().map(head -> head);
  }

  @Override
  public void reply(LocalReply reply) {
    harness.reply(reply);
  }

  @Override
  public void reset() {
    harness.end(ResetReason.FILTER);
  }

  @Override
  public <T extends RouteFilterConfig> Optional<T> routeConfig(Class<T> type) {
    return routeConfigs.isEmpty()
        ? Optional.empty()
        : Optional.of(routeConfigs.getLast()).filter(type::isInstance).map(type::cast);
  }

  @Override
  public <T extends RouteFilterConfig> List<T> routeConfigs(Class<T> type) {
    return routeConfigs.stream().filter(type::isInstance).map(type::cast).toList();
  }

  @Override
  public Optional<RouteView> route() {
    return Optional.of(
        new RouteView() {
          @Override
          public String name() {
            return "route";
          }

          @Override
          public String virtualHost() {
            return "host";
          }

          @Override
          public Optional<String> cluster() {
            return cluster;
          }

          @Override
          public RateLimitRules.OfRoute rateLimits() {
            return rateLimits;
          }

          @Override
          public Optional<String> metadata(String namespace, List<String> path) {
            return Optional.ofNullable(routeMetadata.get(namespace + "/" + String.join("/", path)));
          }
        });
  }

  @Override
  public void clearRouteCache() {}

  @Override
  public void overrideCluster(String name) {
    cluster(name);
  }

  @Override
  public void overrideHost(String address, int port) {
    overrideHost(address, port, false);
  }

  @Override
  public void overrideHost(String address, int port, boolean strict) {
    hostOverride = Optional.of(address + ":" + port + (strict ? " or nobody" : ""));
  }

  /** The host that the filter has asked for, and whether nobody else would do. */
  public Optional<String> hostOverride() {
    return hostOverride;
  }

  /** The upstream host that serves from now on. */
  public void upstreamHost(String address) {
    upstreamHost = Optional.of(address);
  }

  @Override
  public void overrideTimeout(Duration timeout) {}

  @Override
  public StreamInfo streamInfo() {
    return new FakeStreamInfo(
        time.nanoTime(),
        harness.responseHead().map(ResponseHeaders::status).orElse(0),
        harness.reply().map(LocalReply::detail),
        Set.copyOf(flags),
        cluster,
        upstreamHost,
        healthCheck);
  }

  private record FakeStreamInfo(
      long durationNanos,
      int responseCode,
      Optional<String> responseCodeDetails,
      Set<ResponseFlag> flags,
      Optional<String> upstreamCluster,
      Optional<String> upstreamHost,
      boolean healthCheck)
      implements StreamInfo {
    @Override
    public long startEpochNanos() {
      return 0;
    }

    @Override
    public long bytesReceived() {
      return 0;
    }

    @Override
    public long bytesSent() {
      return 0;
    }

    @Override
    public WireBytes downstreamBytes() {
      return new WireBytes(100, 200, 30, 40);
    }

    @Override
    public WireBytes upstreamBytes() {
      return new WireBytes(1100, 1200, 130, 140);
    }

    @Override
    public int attempts() {
      return 1;
    }

    @Override
    public String protocol() {
      return "HTTP/1.1";
    }
  }

  @Override
  public FilterState filterState() {
    return state;
  }

  @Override
  public DynamicMetadata dynamicMetadata() {
    return new DynamicMetadata() {
      @Override
      public void put(String namespace, String key, Value value) {
        metadata.merge(
            namespace,
            Struct.newBuilder().putFields(key, value).build(),
            (old, added) -> old.toBuilder().mergeFrom(added).build());
      }

      @Override
      public Optional<Struct> get(String namespace) {
        return Optional.ofNullable(metadata.get(namespace));
      }

      @Override
      public Map<String, Struct> all() {
        return Map.copyOf(metadata);
      }
    };
  }

  @Override
  public ConnectionInfo connection() {
    return new FakeConnection(remote, connectionState);
  }

  private record FakeConnection(InetSocketAddress directRemoteAddress, FilterState state)
      implements ConnectionInfo {
    @Override
    public InetSocketAddress localAddress() {
      return InetSocketAddress.createUnresolved("192.0.2.1", 8000);
    }

    @Override
    public InetSocketAddress remoteAddress() {
      return directRemoteAddress();
    }

    @Override
    public boolean secure() {
      return false;
    }

    @Override
    public Optional<String> serverName() {
      return Optional.empty();
    }

    @Override
    public Optional<PeerIdentity> peer() {
      return Optional.empty();
    }

    @Override
    public long id() {
      return 1;
    }
  }

  @Override
  public InstantSource clock() {
    return time;
  }

  @Override
  public long nanoTime() {
    return time.nanoTime();
  }

  @Override
  public RandomGenerator random() {
    return random;
  }

  @Override
  public StatsScope stats() {
    return stats;
  }

  @Override
  public Timer schedule(Duration delay, Runnable task) {
    Task timer = new Task(time.nanoTime() + delay.toNanos(), task);
    timers.add(timer);
    return timer;
  }

  @Override
  public void execute(Runnable task) {
    soon.add(task);
  }

  @Override
  public AsyncHttpClient httpClient() {
    return (request, handler) -> {
      FakeCall call = new FakeCall(harness.pool(), request, handler);
      calls.add(call);
      return call;
    };
  }

  @Override
  public void flag(ResponseFlag flag) {
    flags.add(flag);
  }
}
