package io.heddle.control.api.resource;

import java.util.List;

/**
 * How Services are called ({@code heddle.io/v1alpha1 BackendTrafficPolicy}, with the field names of
 * Envoy Gateway).
 *
 * @param targets Services for everything; Gateways and routes for what is a route's: request and
 *     stream times, retries, faults, the request buffer
 * @param breaker bounds what is under way
 * @param passive takes instances out that fail
 * @param panicThreshold percent of healthy instances below which all get requests, 0 to 100; -1:
 *     not stated
 * @param retry what is tried again where a route says nothing
 * @param faults planted ones
 * @param connection of connections to instances
 * @param active asks instances whether they are well
 */
public record BackendTrafficPolicySpec(
    List<Target> targets,
    Mode mode,
    LoadBalancer loadBalancer,
    int panicThreshold,
    Timeouts timeouts,
    CircuitBreaker breaker,
    Passive passive,
    Retry retry,
    Faults faults,
    Connection connection,
    ActiveCheck active)
    implements PolicySpec {
  /** One that states nothing, of no Service. */
  public static final BackendTrafficPolicySpec NOTHING =
      new BackendTrafficPolicySpec(
          List.of(),
          Mode.ENFORCE,
          LoadBalancer.NONE,
          -1,
          Timeouts.NONE,
          CircuitBreaker.NONE,
          Passive.NONE,
          Retry.NONE,
          Faults.NONE,
          Connection.NONE,
          ActiveCheck.NONE);

  public BackendTrafficPolicySpec {
    targets = List.copyOf(targets);
  }

  @Override
  public Kind kind() {
    return Kind.BACKEND_TRAFFIC_POLICY;
  }

  /** Whether it says something that only a Service can have. */
  public boolean ofServicesOnly() {
    return !loadBalancer.equals(LoadBalancer.NONE)
        || panicThreshold >= 0
        || !breaker.equals(CircuitBreaker.NONE)
        || passive.stated()
        || active.stated()
        || connection.ofServicesOnly()
        || !(timeouts.connect() instanceof RouteTimeout.Absent)
        || !(timeouts.connectionIdle() instanceof RouteTimeout.Absent)
        || !(timeouts.connectionDuration() instanceof RouteTimeout.Absent);
  }

  /**
   * Which instance gets a request.
   *
   * @param slowStart how long a new instance gets less; {@link RouteTimeout#UNSET}: not at all
   */
  public record LoadBalancer(Balancing type, HashKey hash, RouteTimeout slowStart) {
    public static final LoadBalancer NONE =
        new LoadBalancer(Balancing.UNSET, HashKey.NONE, RouteTimeout.UNSET);
  }

  /** {@code loadBalancer.type}. */
  public enum Balancing {
    UNSET(""),
    CONSISTENT_HASH("ConsistentHash"),
    LEAST_REQUEST("LeastRequest"),
    RANDOM("Random"),
    ROUND_ROBIN("RoundRobin");

    private final String text;

    Balancing(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }

  /**
   * What of a request is hashed.
   *
   * @param name of the header, cookie or query parameter
   * @param ttl of a cookie that is made where the client has none; {@link RouteTimeout#UNSET}: none
   *     is made
   * @param tableSize of the Maglev table, a prime; zero: the proxy's own
   */
  public record HashKey(HashType type, String name, RouteTimeout ttl, int tableSize) {
    public static final HashKey NONE = new HashKey(HashType.NONE, "", RouteTimeout.UNSET, 0);
  }

  /** {@code loadBalancer.consistentHash.type}. */
  public enum HashType {
    NONE(""),
    SOURCE_IP("SourceIP"),
    HEADER("Header"),
    COOKIE("Cookie"),
    QUERY_PARAM("QueryParam");

    private final String text;

    HashType(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }

  /**
   * {@code timeout}.
   *
   * @param connect to an instance
   * @param connectionIdle of a connection without requests
   * @param connectionDuration of a connection
   * @param request of a request where its route says nothing
   * @param stream of a request with all that is streamed, however often it is tried
   */
  public record Timeouts(
      RouteTimeout connect,
      RouteTimeout connectionIdle,
      RouteTimeout connectionDuration,
      RouteTimeout request,
      RouteTimeout stream) {
    public static final Timeouts NONE =
        new Timeouts(
            RouteTimeout.UNSET,
            RouteTimeout.UNSET,
            RouteTimeout.UNSET,
            RouteTimeout.UNSET,
            RouteTimeout.UNSET);
  }

  /**
   * {@code circuitBreaker}: what is under way to a Service's instances together; -1: not stated.
   *
   * @param requestsPerConnection how many a connection carries; zero: as many as there are
   * @param budget of retries, beside which {@code parallelRetries} is not stated
   */
  public record CircuitBreaker(
      int connections,
      int pendingRequests,
      int parallelRequests,
      int parallelRetries,
      int requestsPerConnection,
      RetryBudget budget) {
    public static final CircuitBreaker NONE =
        new CircuitBreaker(-1, -1, -1, -1, -1, RetryBudget.UNSET);
  }

  /**
   * {@code circuitBreaker.retryBudget}.
   *
   * @param millionths of the requests under way that may be retries; -1: not stated
   * @param least retries that may always be under way; -1: not stated
   */
  public record RetryBudget(int millionths, int least) {
    public static final RetryBudget UNSET = new RetryBudget(-1, -1);

    public boolean stated() {
      return millionths >= 0;
    }
  }

  /**
   * {@code retry}.
   *
   * @param stated false: nothing is said
   * @param retries after the first attempt, 0 to 10
   * @param triggers as Envoy spells them; empty: what {@link #DEFAULT_TRIGGERS} says
   * @param statuses that the trigger {@code retriable-status-codes} means
   * @param attempt how long one may take
   * @param base the least time before another one
   * @param most the most time before another one
   */
  public record Retry(
      boolean stated,
      int retries,
      List<String> triggers,
      List<Integer> statuses,
      RouteTimeout attempt,
      RouteTimeout base,
      RouteTimeout most) {
    public static final int DEFAULT_RETRIES = 2;
    public static final int MOST_RETRIES = 10;

    /** What Envoy Gateway tries again where a policy does not say; with 503. */
    public static final List<String> DEFAULT_TRIGGERS =
        List.of(
            "connect-failure",
            "refused-stream",
            "unavailable",
            "cancelled",
            "retriable-status-codes");

    public static final List<Integer> DEFAULT_STATUSES = List.of(503);

    public static final Retry NONE =
        new Retry(
            false,
            0,
            List.of(),
            List.of(),
            RouteTimeout.UNSET,
            RouteTimeout.UNSET,
            RouteTimeout.UNSET);

    public Retry {
      triggers = List.copyOf(triggers);
      statuses = List.copyOf(statuses);
    }
  }

  /**
   * {@code faultInjection}.
   *
   * @param delay of those that are delayed; {@link RouteTimeout#UNSET}: none is
   * @param delayed millionths of the requests
   * @param httpStatus of those that are aborted; zero: not by one
   * @param grpcStatus likewise, of gRPC; -1: not by one
   * @param aborted millionths of the requests
   */
  public record Faults(
      RouteTimeout delay, int delayed, int httpStatus, int grpcStatus, int aborted) {
    public static final Faults NONE = new Faults(RouteTimeout.UNSET, 0, 0, -1, 0);

    public boolean stated() {
      return !equals(NONE);
    }
  }

  /**
   * {@code connection}, {@code tcpKeepalive} and {@code requestBuffer}.
   *
   * @param bufferLimit bytes a connection; zero: not stated
   * @param preconnectPercent connections for those that are needed, 100 to 300; zero: not stated
   * @param keepalive of TCP
   * @param requestBuffer bytes of a request that is taken in whole before an instance sees it;
   *     zero: it is passed on as it comes
   */
  public record Connection(
      int bufferLimit, int preconnectPercent, Keepalive keepalive, int requestBuffer) {
    public static final Connection NONE = new Connection(0, 0, Keepalive.NONE, 0);

    boolean ofServicesOnly() {
      return bufferLimit > 0 || preconnectPercent > 0 || keepalive.stated();
    }
  }

  /**
   * {@code tcpKeepalive}; zero: the system's own.
   *
   * @param stated whether there are probes at all
   * @param probes without an answer after which a connection counts as dead
   * @param idleSeconds before the first one
   * @param intervalSeconds between two
   */
  public record Keepalive(boolean stated, int probes, int idleSeconds, int intervalSeconds) {
    public static final Keepalive NONE = new Keepalive(false, 0, 0, 0);
  }

  /**
   * {@code healthCheck.passive}: who gets nothing for a time after it failed.
   *
   * @param stated whether anybody is taken out at all
   * @param split whether failures to reach an instance are counted apart from its answers
   * @param interval between two looks
   * @param baseEjection for so long the first time, then a multiple of it
   * @param mostEjected percent of the instances that are out at once, at most
   * @param consecutive5xx so many in a row; zero: not counted
   * @param consecutiveGatewayErrors of 502, 503 and 504
   * @param consecutiveLocalFailures where split
   * @param failurePercentage of an instance's answers in an interval; zero: not looked at
   * @param alwaysOne whether one can be out whatever {@code mostEjected} says
   */
  public record Passive(
      boolean stated,
      boolean split,
      RouteTimeout interval,
      RouteTimeout baseEjection,
      int mostEjected,
      int consecutive5xx,
      int consecutiveGatewayErrors,
      int consecutiveLocalFailures,
      int failurePercentage,
      boolean alwaysOne) {
    public static final Passive NONE =
        new Passive(false, false, RouteTimeout.UNSET, RouteTimeout.UNSET, -1, -1, -1, -1, -1, true);
  }
}
