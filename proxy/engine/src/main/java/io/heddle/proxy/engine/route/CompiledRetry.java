package io.heddle.proxy.engine.route;

import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.xds.model.RetryPolicy;
import io.heddle.xds.model.RouteMatch.HeaderMatch;
import java.util.ArrayList;
import java.util.List;

/** A policy by which requests are sent again, with its names ready to be looked for. Immutable. */
public final class CompiledRetry {
  /** What a request has that asks for it by its own headers alone. */
  public static final CompiledRetry BY_HEADERS = new CompiledRetry(RetryPolicy.BY_HEADERS);

  private record Named(HeaderName name, HeaderMatch match) {}

  private final RetryPolicy policy;
  private final List<Named> responseHeaders;
  private final List<Named> requestHeaders;
  private final List<HeaderName> resetHeaders;

  CompiledRetry(RetryPolicy policy) {
    this.policy = policy;
    this.responseHeaders = named(policy.responseHeaders());
    this.requestHeaders = named(policy.requestHeaders());
    List<HeaderName> resets = new ArrayList<>();
    policy.resetHeaders().forEach(each -> resets.add(HeaderName.of(each.name())));
    this.resetHeaders = List.copyOf(resets);
  }

  private static List<Named> named(List<HeaderMatch> matches) {
    List<Named> named = new ArrayList<>();
    matches.forEach(each -> named.add(new Named(HeaderName.of(each.name()), each)));
    return List.copyOf(named);
  }

  /** The policy as configured. */
  public RetryPolicy policy() {
    return policy;
  }

  /** Whether a request like this is sent again at all. */
  public boolean takes(HeaderMap request) {
    return requestHeaders.isEmpty() || any(requestHeaders, request);
  }

  /** Whether a response has a header for which the request is sent again. */
  public boolean retriable(HeaderMap response) {
    return any(responseHeaders, response);
  }

  /** The headers of {@link RetryPolicy#resetHeaders}, in the same order. */
  public List<HeaderName> resetHeaders() {
    return resetHeaders;
  }

  private static boolean any(List<Named> wanted, HeaderMap headers) {
    for (Named each : wanted) {
      if (RouteMatcher.header(each.name(), each.match(), headers)) {
        return true;
      }
    }
    return false;
  }
}
