package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.engine.route.CompiledRoute;
import io.heddle.proxy.engine.route.CompiledRoutes;
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
  private static final HeaderName ORIGINAL_HOST = HeaderName.of("x-envoy-original-host");
  private static final HeaderName FORWARDED_HOST = HeaderName.of("x-forwarded-host");
  private static final HeaderName LOCATION = HeaderName.of("location");

  private Rewrites() {}

  static void path(
      RequestHead request, CompiledRoute route, RouteAction.Forward forward, boolean suppressed) {
    if (request.pathLength() == 0) {
      // Of a CONNECT.
      return;
    }
    String before = request.path();
    String after =
        switch (forward.pathRewrite()) {
          case PathRewrite.Keep _ -> before;
          case PathRewrite.Prefix prefix -> replacePrefix(before, route, prefix.replacement());
          case PathRewrite.Template template -> {
            int end = pathEnd(before);
            yield template.rewrite().of(before.substring(0, end)) + before.substring(end);
          }
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
          case PathMatch.Regex _, PathMatch.Template _, PathMatch.Connect _ -> pathEnd(path);
        };
    return replacement + path.substring(Math.min(matched, path.length()));
  }

  private static int pathEnd(String path) {
    int query = path.indexOf('?');
    return query < 0 ? path.length() : query;
  }

  static void host(
      RequestHead request,
      RouteAction.Forward forward,
      CompiledRoute.Target target,
      boolean suppressed) {
    boolean append = forward.options().appendForwardedHost();
    if (!target.hostRewrite().isEmpty()) {
      host(request, target.hostRewrite(), append, !suppressed);
      return;
    }
    switch (forward.hostRewrite()) {
      case HostRewrite.Keep _, HostRewrite.Auto _ -> {}
      case HostRewrite.Literal literal -> host(request, literal.host(), append, !suppressed);
      case HostRewrite.FromHeader from ->
          host(
              request, request.first(HeaderName.of(from.header())).orElse(""), append, !suppressed);
      case HostRewrite.FromPath from -> {
        String path = request.path();
        host(
            request,
            from.replacement().replaceAll(from.pattern(), path.substring(0, pathEnd(path))),
            append,
            !suppressed);
      }
    }
  }

  /**
   * Puts a host in the place of the request's; one that is no host changes nothing.
   *
   * @param append whether the one before is added to {@code x-forwarded-host}
   * @param keep whether it is said in {@code x-envoy-original-host}, also where it is the same
   */
  static void host(RequestHead request, String host, boolean append, boolean keep) {
    String before = request.authority();
    if (host.isEmpty()) {
      return;
    }
    try {
      request.authority(host);
    } catch (IllegalArgumentException notHost) {
      return;
    }
    if (keep && !before.isEmpty()) {
      request.set(ORIGINAL_HOST, before);
    }
    if (append && !before.isEmpty()) {
      String forwarded = String.join(",", request.all(FORWARDED_HOST));
      String last = forwarded.substring(forwarded.lastIndexOf(',') + 1).strip();
      if (!last.equals(before)) {
        request.set(FORWARDED_HOST, forwarded.isEmpty() ? before : forwarded + "," + before);
      }
    }
  }

  static LocalReply redirect(
      RequestHead request, CompiledRoute route, RouteAction.Redirect redirect) {
    String scheme = redirect.scheme().isEmpty() ? request.scheme() : redirect.scheme();
    String host = redirect.host();
    String port = "";
    if (host.isEmpty()) {
      String authority = request.authority();
      host = CompiledRoutes.withoutPort(authority);
      port = authority.substring(host.length());
      // The other scheme's server listens at its own default port.
      boolean ofOldScheme = port.equals(request.scheme().equals("https") ? ":443" : ":80");
      if (ofOldScheme && !scheme.equals(request.scheme())) {
        port = "";
      }
    }
    if (redirect.port() != 0) {
      port = ":" + redirect.port();
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
