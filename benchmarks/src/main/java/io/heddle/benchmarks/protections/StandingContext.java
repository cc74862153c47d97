package io.heddle.benchmarks.protections;

import io.heddle.proxy.api.AsyncHttpClient;
import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.DynamicMetadata;
import io.heddle.proxy.api.FilterDirection;
import io.heddle.proxy.api.FilterState;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.HttpFilterFactory.RouteFilterConfig;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.api.RouteView;
import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.api.StreamInfo;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** What a filter asks an engine for that it needs; the rest is not there. */
final class StandingContext implements HttpFilterContext {
  private final RequestHeaders request;
  private final SplittableRandom random = new SplittableRandom(1);
  private final StreamInfo info = new Answered();

  StandingContext(RequestHeaders request) {
    this.request = request;
  }

  private static UnsupportedOperationException absent() {
    return new UnsupportedOperationException("not measured");
  }

  @Override
  public FilterDirection request() {
    throw absent();
  }

  @Override
  public FilterDirection response() {
    throw absent();
  }

  @Override
  public RequestHeaders requestHeaders() {
    return request;
  }

  @Override
  public Optional<ResponseHeaders> responseHeaders() {
    return Optional.empty();
  }

  @Override
  public void reply(LocalReply reply) {
    throw absent();
  }

  @Override
  public void reset() {
    throw absent();
  }

  @Override
  public <T extends RouteFilterConfig> Optional<T> routeConfig(Class<T> type) {
    return Optional.empty();
  }

  @Override
  public <T extends RouteFilterConfig> List<T> routeConfigs(Class<T> type) {
    return List.of();
  }

  @Override
  public Optional<RouteView> route() {
    return Optional.empty();
  }

  @Override
  public void clearRouteCache() {
    throw absent();
  }

  @Override
  public void overrideCluster(String cluster) {
    throw absent();
  }

  @Override
  public void overrideHost(String address, int port) {
    throw absent();
  }

  @Override
  public void overrideTimeout(Duration timeout) {
    throw absent();
  }

  @Override
  public StreamInfo streamInfo() {
    return info;
  }

  @Override
  public FilterState filterState() {
    throw absent();
  }

  @Override
  public DynamicMetadata dynamicMetadata() {
    throw absent();
  }

  @Override
  public ConnectionInfo connection() {
    throw absent();
  }

  @Override
  public InstantSource clock() {
    return InstantSource.system();
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public RandomGenerator random() {
    return random;
  }

  @Override
  public StatsScope stats() {
    throw absent();
  }

  @Override
  public Timer schedule(Duration delay, Runnable task) {
    throw absent();
  }

  @Override
  public void execute(Runnable task) {
    throw absent();
  }

  @Override
  public AsyncHttpClient httpClient() {
    throw absent();
  }

  @Override
  public void flag(ResponseFlag flag) {
    throw absent();
  }

  /** An exchange that went well. */
  private static final class Answered implements StreamInfo {
    @Override
    public long startEpochNanos() {
      return 0;
    }

    @Override
    public long durationNanos() {
      return 1_000_000;
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
    public int responseCode() {
      return 200;
    }

    @Override
    public Optional<String> responseCodeDetails() {
      return Optional.empty();
    }

    @Override
    public Set<ResponseFlag> flags() {
      return Set.of();
    }

    @Override
    public int attempts() {
      return 1;
    }

    @Override
    public Optional<String> upstreamHost() {
      return Optional.empty();
    }

    @Override
    public Optional<String> upstreamCluster() {
      return Optional.empty();
    }

    @Override
    public String protocol() {
      return "HTTP/1.1";
    }
  }
}
