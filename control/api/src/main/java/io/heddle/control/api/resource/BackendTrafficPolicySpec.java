package io.heddle.control.api.resource;

import java.util.List;

/**
 * How Services are called ({@code heddle.io/v1alpha1 BackendTrafficPolicy}, with the field names of
 * Envoy Gateway).
 *
 * @param targets Services for everything; Gateways and routes for {@code requestTimeout} alone
 * @param breaker bounds what is under way
 * @param passive takes instances out that fail
 * @param panicThreshold percent of healthy instances below which all get requests, 0 to 100; -1:
 *     not stated
 */
public record BackendTrafficPolicySpec(
    List<Target> targets,
    Mode mode,
    LoadBalancer loadBalancer,
    int panicThreshold,
    Timeouts timeouts,
    CircuitBreaker breaker,
    Passive passive)
    implements PolicySpec {
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
        || !timeouts.equals(
            new Timeouts(
                RouteTimeout.UNSET, RouteTimeout.UNSET, RouteTimeout.UNSET, timeouts.request()));
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
   */
  public record Timeouts(
      RouteTimeout connect,
      RouteTimeout connectionIdle,
      RouteTimeout connectionDuration,
      RouteTimeout request) {
    public static final Timeouts NONE =
        new Timeouts(
            RouteTimeout.UNSET, RouteTimeout.UNSET, RouteTimeout.UNSET, RouteTimeout.UNSET);
  }

  /**
   * {@code circuitBreaker}: what is under way to a Service's instances together; -1: not stated.
   *
   * @param requestsPerConnection how many a connection carries; zero: as many as there are
   */
  public record CircuitBreaker(
      int connections,
      int pendingRequests,
      int parallelRequests,
      int parallelRetries,
      int requestsPerConnection) {
    public static final CircuitBreaker NONE = new CircuitBreaker(-1, -1, -1, -1, -1);
  }

  /**
   * {@code healthCheck.passive}: who gets nothing for a time after it failed.
   *
   * @param stated whether anybody is taken out at all
   * @param split whether failures to reach an instance are counted apart from its answers
   * @param interval between two looks
   * @param baseEjection for so long the first time, then a multiple of it
   * @param mostEjected percent of the instances that are out at once, at most; one can always be
   * @param consecutive5xx so many in a row; zero: not counted
   * @param consecutiveGatewayErrors of 502, 503 and 504
   * @param consecutiveLocalFailures where split
   * @param failurePercentage of an instance's answers in an interval; zero: not looked at
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
      int failurePercentage) {
    public static final Passive NONE =
        new Passive(false, false, RouteTimeout.UNSET, RouteTimeout.UNSET, -1, -1, -1, -1, -1);
  }
}
