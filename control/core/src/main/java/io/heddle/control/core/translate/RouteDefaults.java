package io.heddle.control.core.translate;

import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.heddle.control.api.resource.BackendTrafficPolicySpec;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.Faults;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.HashKey;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.Retry;
import io.heddle.control.api.resource.RouteTimeout;
import java.time.Duration;
import java.util.List;

/**
 * What a route takes from policies.
 *
 * @param request the time of a request where the rule says nothing
 * @param hashes what its backends' balancers hash
 * @param stream the time of a request with all that is streamed
 * @param retry what is tried again where the rule says nothing
 * @param faults planted ones
 * @param requestBuffer bytes of a request that is taken in whole; zero: none is
 */
record RouteDefaults(
    RouteTimeout request,
    List<HashKey> hashes,
    RouteTimeout stream,
    Retry retry,
    Faults faults,
    int requestBuffer) {
  static final RouteDefaults NONE = of(List.of(), List.of());

  RouteDefaults {
    hashes = List.copyOf(hashes);
  }

  /**
   * Of several policies each gives what none before it states.
   *
   * @param policies the most specific one first
   */
  static RouteDefaults of(List<BackendTrafficPolicySpec> policies, List<HashKey> hashes) {
    RouteTimeout request = RouteTimeout.UNSET;
    RouteTimeout stream = RouteTimeout.UNSET;
    Retry retry = Retry.NONE;
    Faults faults = Faults.NONE;
    int buffer = 0;
    for (BackendTrafficPolicySpec policy : policies) {
      request = request instanceof RouteTimeout.Absent ? policy.timeouts().request() : request;
      stream = stream instanceof RouteTimeout.Absent ? policy.timeouts().stream() : stream;
      retry = retry.stated() ? retry : policy.retry();
      faults = faults.stated() ? faults : policy.faults();
      buffer = buffer > 0 ? buffer : policy.connection().requestBuffer();
    }
    return new RouteDefaults(request, hashes, stream, retry, faults, buffer);
  }

  /** A limit on the whole of a stream; zero is written too, as it lifts one of the listener. */
  void addStream(RouteAction.Builder out) {
    switch (stream) {
      case RouteTimeout.Absent _ -> {}
      case RouteTimeout.Disabled _ -> limit(out, Duration.ZERO);
      case RouteTimeout.After(Duration most) -> limit(out, most);
    }
  }

  private static void limit(RouteAction.Builder out, Duration most) {
    out.getMaxStreamDurationBuilder().setMaxStreamDuration(RouteProtos.duration(most));
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
