package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.engine.route.CompiledRoute;
import io.heddle.proxy.engine.route.CompiledRoutes;
import io.heddle.xds.model.ClusterTarget;
import io.heddle.xds.model.RouteAction;
import io.heddle.xds.model.RouteAction.HostRewrite;
import io.heddle.xds.model.RouteAction.PathRewrite;
import io.heddle.xds.model.RouteAction.RedirectPath;
import io.heddle.xds.model.RouteMatch.PathMatch;
import java.util.List;
import java.util.Map;

/** What a route does to path and host, on the way upstream or back to the client. */
final class Rewrites {
  private static final HeaderName ORIGINAL_PATH = HeaderName.of("x-envoy-original-path");
  private static final HeaderName LOCATION = HeaderName.of("location");

  private Rewrites() {}

  static String clusterFromHeader(RequestHead request, RouteAction.Forward forward) {
    return forward.target() instanceof ClusterTarget.FromHeader from
        ? request.first(HeaderName.of(from.header())).orElse("")
        : "";
  }

  static void path(
      RequestHead request, CompiledRoute route, RouteAction.Forward forward, boolean suppressed) {
    String before = request.path();
    String after =
        switch (forward.pathRewrite()) {
          case PathRewrite.Keep _ -> before;
          case PathRewrite.Prefix prefix -> replacePrefix(before, route, prefix.replacement());
          case PathRewrite.Regex regex -> {
            int end = pathEnd(before);
            yield regex.replacement().replaceAll(regex.pattern(), before.substring(0, end))
                + before.substring(end);
          }
        };
    if (!(forward.pathRewrite() instanceof PathRewrite.Keep)) {
      try {
        request.path(after);
        if (!suppressed) {
          // Also where the pattern changed nothing: who reads it wants to know what came.
          request.set(ORIGINAL_PATH, before);
        }
      } catch (IllegalArgumentException notPath) {
        // A regex made something that is no path; the request goes on with what it had.
        request.path(before);
      }
    }
  }

  private static String replacePrefix(String path, CompiledRoute route, String replacement) {
    int matched =
        switch (route.config().match().path()) {
          case PathMatch.Prefix prefix -> prefix.prefix().length();
          case PathMatch.PathSeparatedPrefix prefix -> prefix.prefix().length();
          case PathMatch.Exact exact -> exact.path().length();
          case PathMatch.Regex _ -> pathEnd(path);
        };
    return replacement + path.substring(Math.min(matched, path.length()));
  }

  private static int pathEnd(String path) {
    int query = path.indexOf('?');
    return query < 0 ? path.length() : query;
  }

  static void host(RequestHead request, RouteAction.Forward forward, CompiledRoute.Target target) {
    if (!target.hostRewrite().isEmpty()) {
      request.authority(target.hostRewrite());
      return;
    }
    switch (forward.hostRewrite()) {
      case HostRewrite.Keep _ -> {}
      case HostRewrite.Auto _ -> {}
      case HostRewrite.Literal literal -> request.authority(literal.host());
      case HostRewrite.FromHeader from -> {
        String value = request.first(HeaderName.of(from.header())).orElse("");
        if (!value.isEmpty()) {
          try {
            request.authority(value);
          } catch (IllegalArgumentException notHost) {
            // A client's header that is no host changes nothing.
            return;
          }
        }
      }
    }
  }

  static LocalReply redirect(
      RequestHead request, CompiledRoute route, RouteAction.Redirect redirect) {
    String scheme = redirect.scheme().isEmpty() ? request.scheme() : redirect.scheme();
    String authority = request.authority();
    String host = CompiledRoutes.withoutPort(authority);
    String port = authority.substring(host.length());
    if (!redirect.scheme().isEmpty() && !redirect.scheme().equals(request.scheme())) {
      // The other scheme's server listens at its own default port.
      port = port.equals(":80") || port.equals(":443") ? "" : port;
    }
    if (redirect.port() != 0) {
      boolean standard =
          (scheme.equals("http") && redirect.port() == 80)
              || (scheme.equals("https") && redirect.port() == 443);
      port = standard ? "" : ":" + redirect.port();
    }
    if (!redirect.host().isEmpty()) {
      // The port belonged to the host that was asked for.
      host = redirect.host();
      port = redirect.port() == 0 ? "" : port;
    }
    String whole = request.path();
    int end = pathEnd(whole);
    String path = whole.substring(0, end);
    String query = redirect.stripQuery() ? "" : whole.substring(end);
    String target =
        switch (redirect.path()) {
          case RedirectPath.Keep _ -> path + query;
          case RedirectPath.Full full ->
              full.path().indexOf('?') >= 0 ? full.path() : full.path() + query;
          case RedirectPath.Prefix prefix ->
              replacePrefix(path, route, prefix.replacement()) + query;
          case RedirectPath.Regex regex ->
              regex.replacement().replaceAll(regex.pattern(), path) + query;
        };
    return new LocalReply(
        redirect.statusCode(),
        "direct_response",
        List.of(),
        Map.of(LOCATION, scheme + "://" + host + port + target),
        "");
  }
}
