package io.heddle.control.api.resource;

import java.util.List;

/**
 * How Services are called ({@code heddle.io/v1alpha1 BackendTrafficPolicy}, with the field names of
 * Envoy Gateway).
 *
 * @param targets Services for everything; Gateways and routes for {@code requestTimeout} alone
 * @param panicThreshold percent of healthy instances below which all get requests, 0 to 100; -1:
 *     not stated
 */
public record BackendTrafficPolicySpec(
    List<Target> targets,
    Mode mode,
    LoadBalancer loadBalancer,
    int panicThreshold,
    Timeouts timeouts)
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
}
