package io.heddle.control.core.translate;

import com.google.protobuf.Duration;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.config.route.v3.DirectResponseAction;
import io.envoyproxy.envoy.config.route.v3.RedirectAction;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import io.heddle.control.api.resource.HttpMatch;
import io.heddle.control.api.resource.HttpMatch.PathMatchType;
import io.heddle.control.api.resource.HttpRouteFilter;
import io.heddle.control.api.resource.HttpRouteFilter.RequestRedirect;
import io.heddle.control.api.resource.HttpRouteFilter.UrlRewrite;
import io.heddle.control.api.resource.HttpRouteSpec;
import io.heddle.control.api.resource.HttpRouteSpec.Timeouts;
import io.heddle.control.api.resource.RouteTimeout;
import java.util.List;

/** Writes one route of a virtual host. */
final class RouteProtos {
  /** What a request may take where nothing else is said; Envoy's default, spelled out. */
  static final java.time.Duration DEFAULT_TIMEOUT = java.time.Duration.ofSeconds(15);

  /**
   * How long a stream of gRPC may be silent: there is no limit on its whole length, as a client
   * sets a deadline of its own where it wants one.
   */
  private static final java.time.Duration GRPC_IDLE = java.time.Duration.ofHours(1);

  private static final int INTERNAL_ERROR = 500;

  /** What a gRPC client reads as UNAVAILABLE (gRPC, http-grpc-status-mapping). */
  private static final int UNAVAILABLE = 503;

  private static final long MILLION = 1_000_000;
  private static final int HTTP_PORT = 80;
  private static final int HTTPS_PORT = 443;

  private RouteProtos() {}

  /** Everything to the cluster of a Service without routes. */
  static Route toService(String cluster, boolean grpc, RouteDefaults defaults) {
    java.time.Duration unset = grpc ? java.time.Duration.ZERO : DEFAULT_TIMEOUT;
    RouteAction.Builder action =
        RouteAction.newBuilder().setCluster(cluster).setTimeout(duration(defaults.request(unset)));
    if (grpc) {
      action.setIdleTimeout(duration(GRPC_IDLE));
    }
    defaults.addHashes(action);
    defaults.addStream(action);
    RetryProtos.of(defaults.retry()).ifPresent(action::setRetryPolicy);
    return Route.newBuilder()
        .setName("default")
        .setMatch(RouteMatch.newBuilder().setPrefix("/"))
        .putAllTypedPerFilterConfig(FilterProtos.ofPolicies(defaults))
        .setRoute(action)
        .build();
  }

  /** Everything to one cluster. */
  static Route toCluster(String name, String cluster, java.time.Duration timeout) {
    return Route.newBuilder()
        .setName(name)
        .setMatch(RouteMatch.newBuilder().setPrefix("/"))
        .setRoute(RouteAction.newBuilder().setCluster(cluster).setTimeout(duration(timeout)))
        .build();
  }

  /**
   * What a rule says.
   *
   * @param listenerPort of the gateway; zero at a sidecar
   * @param defaults where the rule says nothing
   */
  static Route of(RouteEntry entry, int listenerPort, RouteDefaults defaults) {
    Route.Builder out =
        Route.newBuilder()
            .setName(name(entry))
            .setMatch(MatchProtos.of(entry.match(), entry.route().grpc()));
    List<HttpRouteFilter> filters = entry.rule().filters();
    HeaderProtos request = HeaderProtos.ofRequest(filters);
    HeaderProtos response = HeaderProtos.ofResponse(filters);
    out.addAllRequestHeadersToAdd(request.add())
        .addAllRequestHeadersToRemove(request.remove())
        .addAllResponseHeadersToAdd(response.add())
        .addAllResponseHeadersToRemove(response.remove())
        .putAllTypedPerFilterConfig(
            FilterProtos.ofRule(
                entry.rule(),
                "%s/%s/%d"
                    .formatted(
                        entry.route().key().namespace(),
                        entry.route().key().name(),
                        entry.ruleIndex())));
    for (HttpRouteFilter filter : filters) {
      if (filter instanceof RequestRedirect redirect) {
        return out.setRedirect(redirect(redirect, entry.match(), listenerPort)).build();
      }
    }
    if (!entry.targets().anyResolved()) {
      int status = entry.route().grpc() ? UNAVAILABLE : INTERNAL_ERROR;
      return out.setDirectResponse(DirectResponseAction.newBuilder().setStatus(status)).build();
    }
    return out.putAllTypedPerFilterConfig(FilterProtos.ofPolicies(defaults))
        .setRoute(forward(entry, defaults))
        .build();
  }

  static String name(RouteEntry entry) {
    return "%s/%s/%d/%d"
        .formatted(
            entry.route().key().namespace(),
            entry.route().key().name(),
            entry.ruleIndex(),
            entry.matchIndex());
  }

  private static RouteAction forward(RouteEntry entry, RouteDefaults defaults) {
    RouteAction.Builder out = RouteAction.newBuilder();
    List<BoundRoute.Backend> backends = entry.targets().backends();
    if (backends.size() == 1 && backends.getFirst().filters().isEmpty()) {
      out.setCluster(backends.getFirst().cluster());
    } else {
      out.setWeightedClusters(weighted(backends));
    }
    if (entry.route().grpc()) {
      out.setClusterNotFoundResponseCode(
          RouteAction.ClusterNotFoundResponseCode.SERVICE_UNAVAILABLE);
      out.setTimeout(duration(defaults.request(java.time.Duration.ZERO)))
          .setIdleTimeout(duration(GRPC_IDLE));
    } else {
      out.setClusterNotFoundResponseCode(
          RouteAction.ClusterNotFoundResponseCode.INTERNAL_SERVER_ERROR);
      out.setTimeout(duration(timeout(entry.rule(), defaults.request(DEFAULT_TIMEOUT))));
    }
    defaults.addHashes(out);
    defaults.addStream(out);
    if (!entry.rule().retry().stated()) {
      RetryProtos.of(defaults.retry()).ifPresent(out::setRetryPolicy);
    } else if (entry.rule().retry().attempts() > 0) {
      out.setRetryPolicy(RetryProtos.of(entry.rule()));
    }
    entry.targets().mirrors().forEach(mirror -> out.addRequestMirrorPolicies(mirror(mirror)));
    for (HttpRouteFilter filter : entry.rule().filters()) {
      if (filter instanceof UrlRewrite rewrite) {
        rewrite(rewrite, entry.match(), out);
      }
    }
    return out.build();
  }

  /** The share is written in parts of a million, the finest that the wire has. */
  private static RouteAction.RequestMirrorPolicy mirror(BoundRoute.Mirror mirror) {
    RouteAction.RequestMirrorPolicy.Builder out =
        RouteAction.RequestMirrorPolicy.newBuilder().setCluster(mirror.cluster());
    if (mirror.numerator() < mirror.denominator()) {
      long parts = Math.round(MILLION * (double) mirror.numerator() / mirror.denominator());
      out.setRuntimeFraction(
          RuntimeFractionalPercent.newBuilder()
              .setDefaultValue(
                  FractionalPercent.newBuilder()
                      .setNumerator((int) parts)
                      .setDenominator(FractionalPercent.DenominatorType.MILLION)));
    }
    return out.build();
  }

  private static WeightedCluster weighted(List<BoundRoute.Backend> backends) {
    WeightedCluster.Builder out = WeightedCluster.newBuilder();
    for (BoundRoute.Backend backend : backends) {
      HeaderProtos request = HeaderProtos.ofRequest(backend.filters());
      HeaderProtos response = HeaderProtos.ofResponse(backend.filters());
      out.addClusters(
          WeightedCluster.ClusterWeight.newBuilder()
              .setName(backend.cluster())
              .setWeight(UInt32Value.of(backend.weight()))
              .addAllRequestHeadersToAdd(request.add())
              .addAllRequestHeadersToRemove(request.remove())
              .addAllResponseHeadersToAdd(response.add())
              .addAllResponseHeadersToRemove(response.remove()));
    }
    return out.build();
  }

  private static void rewrite(UrlRewrite rewrite, HttpMatch match, RouteAction.Builder out) {
    if (!rewrite.hostname().isEmpty()) {
      out.setHostRewriteLiteral(rewrite.hostname());
    }
    switch (rewrite.path()) {
      case HttpRouteFilter.Unchanged _ -> {}
      case HttpRouteFilter.ReplaceFullPath full -> out.setRegexRewrite(Paths.whole(full.value()));
      case HttpRouteFilter.ReplacePrefixMatch prefix -> {
        String matched = matchedPrefix(match);
        if (Paths.replacementNeedsRegex(matched, prefix.value())) {
          out.setRegexRewrite(Paths.removal(matched));
        } else {
          out.setPrefixRewrite(Paths.plainReplacement(matched, prefix.value()));
        }
      }
    }
  }

  private static RedirectAction redirect(RequestRedirect redirect, HttpMatch match, int port) {
    RedirectAction.Builder out = RedirectAction.newBuilder();
    if (!redirect.scheme().isEmpty()) {
      out.setSchemeRedirect(redirect.scheme());
    }
    if (!redirect.hostname().isEmpty()) {
      out.setHostRedirect(redirect.hostname());
    }
    int target = redirectPort(redirect, port);
    if (target != 0) {
      out.setPortRedirect(target);
    }
    switch (redirect.path()) {
      case HttpRouteFilter.Unchanged _ -> {}
      case HttpRouteFilter.ReplaceFullPath full -> out.setPathRedirect(full.value());
      case HttpRouteFilter.ReplacePrefixMatch prefix -> {
        String matched = matchedPrefix(match);
        if (Paths.replacementNeedsRegex(matched, prefix.value())) {
          out.setRegexRewrite(Paths.removal(matched));
        } else {
          out.setPrefixRewrite(Paths.plainReplacement(matched, prefix.value()));
        }
      }
    }
    return out.setResponseCode(
            switch (redirect.statusCode()) {
              case 301 -> RedirectAction.RedirectResponseCode.MOVED_PERMANENTLY;
              case 303 -> RedirectAction.RedirectResponseCode.SEE_OTHER;
              case 307 -> RedirectAction.RedirectResponseCode.TEMPORARY_REDIRECT;
              case 308 -> RedirectAction.RedirectResponseCode.PERMANENT_REDIRECT;
              default -> RedirectAction.RedirectResponseCode.FOUND;
            })
        .build();
  }

  /**
   * The port to write; zero leaves it to the proxy, which keeps the port of a host that it keeps
   * and writes none after one that it replaces.
   */
  private static int redirectPort(RequestRedirect redirect, int listenerPort) {
    if (redirect.port() != 0) {
      return redirect.port();
    }
    return switch (redirect.scheme()) {
      case "" -> redirect.hostname().isEmpty() || listenerPort == HTTP_PORT ? 0 : listenerPort;
      case "https" -> redirect.hostname().isEmpty() ? HTTPS_PORT : 0;
      default -> redirect.hostname().isEmpty() ? HTTP_PORT : 0;
    };
  }

  /** Where the match is no prefix the validator has refused the rule; then it is the whole path. */
  private static String matchedPrefix(HttpMatch match) {
    return match.path().type() == PathMatchType.REGULAR_EXPRESSION ? "/" : match.path().value();
  }

  private static java.time.Duration timeout(HttpRouteSpec.Rule rule, java.time.Duration unset) {
    Timeouts timeouts = rule.timeouts();
    java.time.Duration request = limit(timeouts.request(), unset);
    if (rule.retry().attempts() > 0) {
      return request; // the limit of an attempt stands in the retry policy
    }
    // Without retries one attempt is the whole request: the shorter limit counts.
    java.time.Duration attempt = limit(timeouts.backendRequest(), java.time.Duration.ZERO);
    if (timeouts.request() instanceof RouteTimeout.Absent
        && !(timeouts.backendRequest() instanceof RouteTimeout.Absent)) {
      return attempt;
    }
    if (attempt.isZero() || (!request.isZero() && request.compareTo(attempt) < 0)) {
      return request;
    }
    return attempt;
  }

  static java.time.Duration limit(RouteTimeout timeout, java.time.Duration unset) {
    return switch (timeout) {
      case RouteTimeout.Absent _ -> unset;
      case RouteTimeout.Disabled _ -> java.time.Duration.ZERO;
      case RouteTimeout.After after -> after.duration();
    };
  }

  static Duration duration(java.time.Duration duration) {
    return Duration.newBuilder()
        .setSeconds(duration.getSeconds())
        .setNanos(duration.getNano())
        .build();
  }
}
