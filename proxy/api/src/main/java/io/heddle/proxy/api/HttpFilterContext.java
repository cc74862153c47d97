package io.heddle.proxy.api;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * What the proxy offers one filter of one exchange. All methods belong to the exchange's event
 * loop, except {@link #execute}.
 */
public interface HttpFilterContext {
  /** The request on its way to the upstream. */
  FilterDirection request();

  /** The response on its way to the client. */
  FilterDirection response();

  /** The request's headers, as changed so far; readable until the exchange completes. */
  RequestHeaders requestHeaders();

  /** The response's headers once they have come. */
  Optional<ResponseHeaders> responseHeaders();

  /**
   * Replies now, from a callback or while suspended. Ignored, and counted, once the response's
   * headers have left.
   */
  void reply(LocalReply reply);

  /** Ends the exchange without a (further) response. */
  void reset();

  /**
   * The most specific configuration of this filter on the chosen route: weighted cluster, route,
   * virtual host, then route table.
   */
  <T extends HttpFilterFactory.RouteFilterConfig> Optional<T> routeConfig(Class<T> type);

  /**
   * Every configuration of this filter that holds for the chosen route, the least specific first:
   * route table, virtual host, route, then weighted cluster. For filters that add the levels up;
   * the others want {@link #routeConfig}, which is the last of these.
   */
  <T extends HttpFilterFactory.RouteFilterConfig> List<T> routeConfigs(Class<T> type);

  /** The chosen route, or empty where none matches (yet). */
  Optional<RouteView> route();

  /** Forgets the chosen route, so that the next look at it matches the headers as they now are. */
  void clearRouteCache();

  /** Sends the request to this cluster whatever the route says. */
  void overrideCluster(String cluster);

  /**
   * Sends the request to this host ({@code address:port}) of its cluster, if it is there and
   * healthy.
   */
  void overrideHost(String address, int port);

  /**
   * The same.
   *
   * @param strict whether nobody else may serve the request: where the host is not there, or not
   *     healthy, the client gets a 503
   */
  default void overrideHost(String address, int port, boolean strict) {
    overrideHost(address, port);
  }

  /** Overrides the route's timeout; zero means none. */
  void overrideTimeout(Duration timeout);

  /** What is known of the exchange so far. */
  StreamInfo streamInfo();

  /** Objects that filters leave for each other, and for the access log. */
  FilterState filterState();

  /** Metadata that filters produce, by namespace; shown by {@code %DYNAMIC_METADATA%}. */
  DynamicMetadata dynamicMetadata();

  /** The connection that the request came on, and who is at its other end. */
  ConnectionInfo connection();

  /** Wall clock. */
  InstantSource clock();

  /** Monotonic nanoseconds. */
  long nanoTime();

  /** Random numbers of this event loop; not for secrets. */
  RandomGenerator random();

  /**
   * Statistics under {@code http.<stat_prefix>.}; prefer those made when configuration was parsed.
   */
  StatsScope stats();

  /**
   * Calls {@code task} on the event loop after {@code delay} (1 ms resolution). Cancelled by the
   * engine when this filter completes: with the exchange, or upstream with its attempt.
   */
  Timer schedule(Duration delay, Runnable task);

  /**
   * Runs {@code task} on the exchange's event loop, soon; dropped once this filter has completed.
   * Safe on every thread.
   */
  void execute(Runnable task);

  /**
   * Calls other services through the proxy's own clusters. What is under way when this filter
   * completes is cancelled, and its handler not called.
   */
  AsyncHttpClient httpClient();

  /** Adds a response flag to the access log. */
  void flag(ResponseFlag flag);

  /**
   * Marks this exchange as a health check of the proxy or of what is behind it, which access logs
   * may leave out ({@code not_health_check_filter}).
   */
  default void markHealthCheck() {}

  /** The response's trailers, once they have come. */
  default Optional<HeaderMap> responseTrailers() {
    return Optional.empty();
  }

  /** A task waiting for its time. */
  interface Timer {
    /** Makes sure that the task does not run, if it has not. */
    void cancel();
  }
}
