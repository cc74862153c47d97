package io.heddle.control.core.translate;

import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.HashKey;
import io.heddle.control.api.resource.RouteTimeout;
import java.time.Duration;
import java.util.List;

/**
 * What a route takes from policies.
 *
 * @param request the time of a request where the rule says nothing
 * @param hashes what its backends' balancers hash
 */
record RouteDefaults(RouteTimeout request, List<HashKey> hashes) {
  static final RouteDefaults NONE = new RouteDefaults(RouteTimeout.UNSET, List.of());

  RouteDefaults {
    hashes = List.copyOf(hashes);
  }

  Duration request(Duration otherwise) {
    return switch (request) {
      case RouteTimeout.Absent _ -> otherwise;
      case RouteTimeout.Disabled _ -> Duration.ZERO;
      case RouteTimeout.After after -> after.duration();
    };
  }

  void addHashes(RouteAction.Builder out) {
    for (HashKey hash : hashes) {
      RouteAction.HashPolicy.Builder policy = RouteAction.HashPolicy.newBuilder();
      switch (hash.type()) {
        case NONE -> {
          continue;
        }
        case SOURCE_IP ->
            policy.setConnectionProperties(
                RouteAction.HashPolicy.ConnectionProperties.newBuilder().setSourceIp(true));
        case HEADER ->
            policy.setHeader(RouteAction.HashPolicy.Header.newBuilder().setHeaderName(hash.name()));
        case QUERY_PARAM ->
            policy.setQueryParameter(
                RouteAction.HashPolicy.QueryParameter.newBuilder().setName(hash.name()));
        case COOKIE -> {
          RouteAction.HashPolicy.Cookie.Builder cookie =
              RouteAction.HashPolicy.Cookie.newBuilder().setName(hash.name());
          if (hash.ttl() instanceof RouteTimeout.After(Duration ttl)) {
            cookie.setTtl(RouteProtos.duration(ttl)).setPath("/");
          }
          policy.setCookie(cookie);
        }
      }
      out.addHashPolicy(policy);
    }
  }
}
