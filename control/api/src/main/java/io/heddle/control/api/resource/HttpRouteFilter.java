package io.heddle.control.api.resource;

import java.util.ArrayList;
import java.util.List;

/** What happens to a request or its response on the way (Gateway API {@code HTTPRouteFilter}). */
public sealed interface HttpRouteFilter {
  /** As {@code type} spells it. */
  String type();

  record RequestHeaderModifier(HeaderChanges changes) implements HttpRouteFilter {
    public static final String TYPE = "RequestHeaderModifier";

    @Override
    public String type() {
      return TYPE;
    }
  }

  record ResponseHeaderModifier(HeaderChanges changes) implements HttpRouteFilter {
    public static final String TYPE = "ResponseHeaderModifier";

    @Override
    public String type() {
      return TYPE;
    }
  }

  /**
   * Answers with a redirect.
   *
   * @param scheme {@code http}, {@code https} or empty: the request's
   * @param hostname empty: the request's
   * @param port zero: the scheme's well-known port when a scheme is given, else the listener's
   * @param statusCode 301, 302 (default), 303, 307 or 308
   */
  record RequestRedirect(String scheme, String hostname, PathChange path, int port, int statusCode)
      implements HttpRouteFilter {
    public static final String TYPE = "RequestRedirect";

    public RequestRedirect {
      Ports.checkOrNone("port", port);
    }

    @Override
    public String type() {
      return TYPE;
    }
  }

  /**
   * Changes what is sent upstream.
   *
   * @param hostname empty: unchanged
   */
  record UrlRewrite(String hostname, PathChange path) implements HttpRouteFilter {
    public static final String TYPE = "URLRewrite";

    @Override
    public String type() {
      return TYPE;
    }
  }

  /**
   * Sends a copy of some requests elsewhere; what answers the copy is thrown away.
   *
   * @param numerator of the share that is copied, 0 to {@code denominator}
   * @param denominator above zero
   */
  record RequestMirror(BackendRef backend, int numerator, int denominator)
      implements HttpRouteFilter {
    public static final String TYPE = "RequestMirror";

    public RequestMirror {
      if (denominator < 1 || numerator < 0 || numerator > denominator) {
        throw new IllegalArgumentException(
            numerator + "/" + denominator + " (expected: a share of 0 to 1)");
      }
    }

    @Override
    public String type() {
      return TYPE;
    }
  }

  /**
   * Lets pages of other origins read the answers (the Fetch standard's CORS protocol).
   *
   * @param allowOrigins {@code scheme://host[:port]}, the host with {@code *} in it, or one {@code
   *     *}; up to 64
   * @param allowMethods up to 9, or one {@code *}
   * @param allowHeaders up to 64, or one {@code *}
   * @param exposeHeaders up to 64
   * @param maxAge how long a browser may remember the answer to a preflight, seconds, at least 1
   */
  record Cors(
      List<String> allowOrigins,
      boolean allowCredentials,
      List<String> allowMethods,
      List<String> allowHeaders,
      List<String> exposeHeaders,
      int maxAge)
      implements HttpRouteFilter {
    public static final String TYPE = "CORS";
    public static final int DEFAULT_MAX_AGE = 5;

    public Cors {
      allowOrigins = List.copyOf(allowOrigins);
      allowMethods = List.copyOf(allowMethods);
      allowHeaders = List.copyOf(allowHeaders);
      exposeHeaders = List.copyOf(exposeHeaders);
    }

    @Override
    public String type() {
      return TYPE;
    }
  }

  /** The Services that requests are copied to. */
  static List<BackendRef> mirrors(List<HttpRouteFilter> filters) {
    List<BackendRef> found = new ArrayList<>();
    for (HttpRouteFilter filter : filters) {
      if (filter instanceof RequestMirror mirror) {
        found.add(mirror.backend());
      }
    }
    return found;
  }

  /** Up to 16 of each; {@code set} replaces, {@code add} appends, {@code remove} takes away. */
  record HeaderChanges(List<HeaderValue> set, List<HeaderValue> add, List<String> remove) {
    public HeaderChanges {
      set = List.copyOf(set);
      add = List.copyOf(add);
      remove = List.copyOf(remove);
    }
  }

  /** A header to write. */
  record HeaderValue(String name, String value) {}

  /** How a path changes. */
  sealed interface PathChange {
    PathChange UNCHANGED = Unchanged.UNCHANGED;
  }

  /** The path stays. */
  enum Unchanged implements PathChange {
    UNCHANGED
  }

  /** The whole path is replaced; the query stays. */
  record ReplaceFullPath(String value) implements PathChange {}

  /**
   * The prefix that matched is replaced; only in rules whose every match is a path prefix.
   *
   * @param value empty is the same as {@code /}
   */
  record ReplacePrefixMatch(String value) implements PathChange {}
}
