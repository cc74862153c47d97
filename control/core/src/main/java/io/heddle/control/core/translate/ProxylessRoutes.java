package io.heddle.control.core.translate;

import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.heddle.control.api.resource.HttpMatch;
import io.heddle.control.api.resource.HttpRouteFilter;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.RouteRetry;
import io.heddle.control.api.resource.RouteTimeout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The routes by which gRPC applications call one service: the same routes in the same order as a
 * sidecar's, in words that every gRPC library takes.
 *
 * <p>A library refuses a whole table for a kind of match or answer that it does not know, and
 * passes over what it does not do (rewrites, header edits, mirrors). So a prefix of whole segments
 * is written as a prefix or an expression, and what a proxy would answer itself goes to a cluster
 * that does not exist, which fails as UNAVAILABLE. A call is a POST without a query: rules that
 * want anything else are left out.
 *
 * @see <a
 *     href="https://github.com/grpc/proposal/blob/master/A28-xds-traffic-splitting-and-routing.md">gRFC
 *     A28</a>, A31 (deadlines), A44 (retries)
 */
final class ProxylessRoutes {
  private static final String METHOD = "POST";

  private ProxylessRoutes() {}

  /**
   * @param routes whose parent is the service, that count for the callers' namespace
   */
  static RouteConfiguration of(
      String namespace, ObjectKey service, List<BoundRoute> routes, Policies policies) {
    // One service, one table: which of its names the client used makes no difference.
    VirtualHost.Builder host =
        VirtualHost.newBuilder().setName(Names.cluster(service)).addDomains("*");
    if (routes.isEmpty()) {
      RouteDefaults defaults = policies.defaultsOf(service);
      RouteAction.Builder action = RouteAction.newBuilder().setCluster(Names.cluster(service));
      limit(action, defaults.request(Duration.ZERO));
      defaults.addHashes(action);
      host.addRoutes(
          Route.newBuilder()
              .setName("default")
              .setMatch(RouteMatch.newBuilder().setPrefix("/"))
              .setRoute(action));
    } else {
      List<RouteEntry> entries = new ArrayList<>();
      routes.forEach(route -> entries.addAll(RouteEntry.of(route)));
      entries.sort(RouteEntry.PRECEDENCE);
      for (RouteEntry entry : entries) {
        match(entry.match(), entry.route().grpc())
            .ifPresent(match ->
                host.addRoutes(
                    Route.newBuilder()
                        .setName(RouteProtos.name(entry))
                        .setMatch(match)
                        .setRoute(action(entry, policies))));
      }
    }
    return RouteConfiguration.newBuilder()
        .setName(Names.grpcRoutes(namespace, service))
        .addVirtualHosts(host)
        .build();
  }

  /** Empty where no gRPC call can match. */
  private static Optional<RouteMatch> match(HttpMatch match, boolean grpc) {
    if (!match.queryParams().isEmpty()
        || !(match.method().isEmpty() || match.method().equals(METHOD))) {
      return Optional.empty();
    }
    RouteMatch.Builder out = RouteMatch.newBuilder();
    RouteMatch whole = MatchProtos.of(match, grpc);
    for (HeaderMatcher header : whole.getHeadersList()) {
      if (!header.getName().equals(":method")) {
        out.addHeaders(header);
      }
    }
    String path = match.path().value();
    switch (match.path().type()) {
      case EXACT -> out.setPath(path);
      case REGULAR_EXPRESSION -> out.setSafeRegex(RegexMatcher.newBuilder().setRegex(path));
      case PATH_PREFIX -> prefix(Paths.prefix(path), out);
    }
    return Optional.of(out.build());
  }

  /** The path of a call is {@code /SERVICE/METHOD}: below one segment there is always another. */
  private static void prefix(String prefix, RouteMatch.Builder out) {
    if (prefix.indexOf('/', 1) < 0) {
      out.setPrefix(prefix + "/");
    } else {
      out.setSafeRegex(RegexMatcher.newBuilder().setRegex(Paths.quoted(prefix) + "(?:/.*)?"));
    }
  }

  private static RouteAction action(RouteEntry entry, Policies policies) {
    RouteAction.Builder out = RouteAction.newBuilder();
    boolean redirects =
        entry.rule().filters().stream().anyMatch(HttpRouteFilter.RequestRedirect.class::isInstance);
    if (redirects || !entry.targets().anyResolved()) {
      return out.setCluster(Names.UNRESOLVED).build();
    }
    List<BoundRoute.Backend> backends = entry.targets().backends();
    if (backends.size() == 1) {
      out.setCluster(backends.getFirst().cluster());
    } else {
      WeightedCluster.Builder weighted = WeightedCluster.newBuilder();
      for (BoundRoute.Backend backend : backends) {
        weighted.addClusters(
            WeightedCluster.ClusterWeight.newBuilder()
                .setName(backend.cluster())
                .setWeight(UInt32Value.of(backend.weight())));
      }
      out.setWeightedClusters(weighted);
    }
    RouteDefaults defaults = policies.defaults(entry, List.of());
    limit(
        out,
        entry.rule().timeouts().request() instanceof RouteTimeout.Absent
            ? defaults.request(Duration.ZERO)
            : RouteProtos.limit(entry.rule().timeouts().request(), Duration.ZERO));
    defaults.addHashes(out);
    retry(entry.rule().retry()).ifPresent(out::setRetryPolicy);
    return out.build();
  }

  /** What a call may take, and with it a longer deadline of the application; zero is no limit. */
  private static void limit(RouteAction.Builder out, Duration most) {
    if (!most.isZero()) {
      out.getMaxStreamDurationBuilder().setMaxStreamDuration(RouteProtos.duration(most));
    }
  }

  /** The statuses of gRPC that its mapping has for the codes of HTTP; the others have none. */
  private static Optional<RetryPolicy> retry(RouteRetry retry) {
    if (retry.attempts() == 0) {
      return Optional.empty();
    }
    Set<String> statuses = new LinkedHashSet<>();
    Collection<Integer> codes = retry.codes().isEmpty() ? RetryProtos.CODES : retry.codes();
    for (int code : codes) {
      switch (code) {
        case 429 -> statuses.add("resource-exhausted");
        case 499 -> statuses.add("cancelled");
        case 500 -> statuses.add("internal");
        case 502, 503 -> statuses.add("unavailable");
        case 504 -> statuses.add("deadline-exceeded");
        default -> {
          // A gRPC call has no such answer.
        }
      }
    }
    if (statuses.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        RetryPolicy.newBuilder()
            .setRetryOn(String.join(",", statuses))
            .setNumRetries(UInt32Value.of(retry.attempts()))
            .setRetryBackOff(RetryProtos.backOff(retry))
            .build());
  }
}
