package io.heddle.xds.model;

import com.google.re2j.Pattern;
import java.time.Duration;

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
      ForwardOptions options)
      implements RouteAction {
    /** Sends them on, and asks for nothing more. */
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
          ForwardOptions.NONE);
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

  /** Nothing: the route only exists to be matched; whoever takes it is refused with 503. */
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

    /** The path, without its query, becomes what the rewrite makes of the match's variables. */
    record Template(UriTemplate.Rewrite rewrite) implements PathRewrite {}
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

    /** What comes of the path without its query when every match is replaced. */
    record FromPath(Pattern pattern, RegexReplacement replacement) implements HostRewrite {}
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
