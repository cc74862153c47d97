package io.heddle.xds.model;

import com.google.re2j.Pattern;
import java.time.Duration;
import java.util.List;

/** What a route does with its requests. */
public sealed interface RouteAction {

  /**
   * Sends them to a cluster ({@code envoy.config.route.v3.RouteAction}).
   *
   * @param clusterNotFoundStatus 503, 404 or 500
   * @param timeout from the end of the request to the end of the response; 15 s by default, zero
   *     means none
   * @param idleTimeout overrides the connection manager's stream idle timeout
   * @param maxStreamDuration overrides the connection manager's
   * @param balancing what the cluster's balancer is told of a request
   */
  record Forward(
      ClusterTarget target,
      int clusterNotFoundStatus,
      PathRewrite pathRewrite,
      HostRewrite hostRewrite,
      Duration timeout,
      TimeoutOverride idleTimeout,
      TimeoutOverride maxStreamDuration,
      RoutingPriority priority,
      Balancing balancing)
      implements RouteAction {
    /** Telling the balancer nothing. */
    public Forward(
        ClusterTarget target,
        int clusterNotFoundStatus,
        PathRewrite pathRewrite,
        HostRewrite hostRewrite,
        Duration timeout,
        TimeoutOverride idleTimeout,
        TimeoutOverride maxStreamDuration,
        RoutingPriority priority) {
      this(
          target,
          clusterNotFoundStatus,
          pathRewrite,
          hostRewrite,
          timeout,
          idleTimeout,
          maxStreamDuration,
          priority,
          Balancing.NONE);
    }
  }

  /**
   * What a balancer is told of a request.
   *
   * @param metadataMatch what endpoints must have in their {@code envoy.lb} metadata
   */
  record Balancing(List<HashPolicy> hashPolicies, StructValue.Fields metadataMatch) {
    /** Nothing. */
    public static final Balancing NONE = new Balancing(List.of(), StructValue.EMPTY);

    public Balancing {
      hashPolicies = List.copyOf(hashPolicies);
    }
  }

  /** One part of a request's hash; a terminal one ends the list where there is a hash by then. */
  record HashPolicy(HashSource source, boolean terminal) {}

  /** What of a request is hashed; where it is missing the policy counts for nothing. */
  sealed interface HashSource {
    record Header(String name) implements HashSource {}

    record Cookie(String name) implements HashSource {}

    record QueryParameter(String name) implements HashSource {}

    enum SourceAddress implements HashSource {
      SOURCE_ADDRESS
    }
  }

  /**
   * Answers with a redirect ({@code envoy.config.route.v3.RedirectAction}).
   *
   * @param scheme in lower case; empty keeps the request's
   * @param host empty keeps the request's
   * @param port zero keeps the request's
   * @param statusCode 301, 302, 303, 307 or 308
   */
  record Redirect(
      String scheme, String host, int port, RedirectPath path, boolean stripQuery, int statusCode)
      implements RouteAction {}

  /**
   * Answers by itself.
   *
   * @param status 200 to 599
   * @param body the body's bytes as text in UTF-8; empty for none
   */
  record DirectResponse(int status, String body) implements RouteAction {}

  /** Nothing: the route only exists to be matched; whoever takes it is refused with 404. */
  enum NonForwarding implements RouteAction {
    NON_FORWARDING
  }

  /** Which of a cluster's circuit breakers counts a request. */
  enum RoutingPriority {
    DEFAULT,
    HIGH
  }

  /** What happens to the path on its way upstream. */
  sealed interface PathRewrite {
    enum Keep implements PathRewrite {
      KEEP
    }

    /** The matched prefix or path is replaced. */
    record Prefix(String replacement) implements PathRewrite {}

    /** Every match of {@code pattern} in the path without its query is replaced. */
    record Regex(Pattern pattern, RegexReplacement replacement) implements PathRewrite {}
  }

  /** What happens to the host on its way upstream. */
  sealed interface HostRewrite {
    enum Keep implements HostRewrite {
      /** As the client sent it. */
      KEEP
    }

    record Literal(String host) implements HostRewrite {}

    enum Auto implements HostRewrite {
      /** The chosen endpoint's host name, where it has one. */
      AUTO
    }

    /** The value of a request header, where it is there. */
    record FromHeader(String header) implements HostRewrite {}
  }

  /** The path of a redirect. */
  sealed interface RedirectPath {
    enum Keep implements RedirectPath {
      KEEP
    }

    /** A whole path; where it holds a query, the request's is dropped. */
    record Full(String path) implements RedirectPath {}

    /** The matched prefix or path is replaced. */
    record Prefix(String replacement) implements RedirectPath {}

    /** Every match of {@code pattern} is replaced. */
    record Regex(Pattern pattern, RegexReplacement replacement) implements RedirectPath {}
  }
}
