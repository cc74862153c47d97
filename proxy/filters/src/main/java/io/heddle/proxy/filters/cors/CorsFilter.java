package io.heddle.proxy.filters.cors;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.api.StatsScope;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Answers a preflight itself; lets other requests pass and marks their responses. */
final class CorsFilter implements HttpFilter {
  private static final HeaderName ORIGIN = HeaderName.of("origin");
  private static final HeaderName REQUEST_METHOD = HeaderName.of("access-control-request-method");
  private static final HeaderName REQUEST_PRIVATE_NETWORK =
      HeaderName.of("access-control-request-private-network");
  private static final HeaderName ALLOW_ORIGIN = HeaderName.of("access-control-allow-origin");
  private static final HeaderName ALLOW_CREDENTIALS =
      HeaderName.of("access-control-allow-credentials");
  private static final HeaderName ALLOW_METHODS = HeaderName.of("access-control-allow-methods");
  private static final HeaderName ALLOW_HEADERS = HeaderName.of("access-control-allow-headers");
  private static final HeaderName MAX_AGE = HeaderName.of("access-control-max-age");
  private static final HeaderName ALLOW_PRIVATE_NETWORK =
      HeaderName.of("access-control-allow-private-network");
  private static final HeaderName EXPOSE_HEADERS = HeaderName.of("access-control-expose-headers");

  /** {@code http.<stat_prefix>.cors.*}. */
  record Stats(StatsScope.Counter originValid, StatsScope.Counter originInvalid) {}

  private final Stats stats;
  private final HttpFilterContext context;
  private @Nullable CorsPolicies policies;
  private String origin = "";

  CorsFilter(Stats stats, HttpFilterContext context) {
    this.stats = stats;
    this.context = context;
  }

  @Override
  public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean endStream) {
    if (!headers.contains(ORIGIN)) {
      return HeadersDecision.CONTINUE;
    }
    List<CorsPolicy> levels = context.routeConfigs(CorsPolicy.class);
    if (levels.isEmpty()) {
      return HeadersDecision.CONTINUE;
    }
    CorsPolicies found = new CorsPolicies(levels);
    boolean enabled = found.enabled(context.random());
    String asked = headers.first(ORIGIN).orElse("");
    if (asked.isEmpty() || (!enabled && !found.shadow(context.random()))) {
      return HeadersDecision.CONTINUE;
    }
    boolean allowed = found.allows(asked);
    (allowed ? stats.originValid() : stats.originInvalid()).increment();
    if (!enabled) {
      return HeadersDecision.CONTINUE;
    }
    boolean preflight = headers.method().equals("OPTIONS") && !isEmpty(headers, REQUEST_METHOD);
    if (!allowed) {
      return preflight && !found.flag(CorsPolicy::forwardNotMatching, true)
          ? new HeadersDecision.Reply(LocalReply.of(200, "cors_response", ""))
          : HeadersDecision.CONTINUE;
    }
    policies = found;
    origin = asked;
    return preflight
        ? new HeadersDecision.Reply(preflight(found, headers))
        : HeadersDecision.CONTINUE;
  }

  private static boolean isEmpty(RequestHeaders headers, HeaderName name) {
    return headers.first(name).orElse("").isEmpty();
  }

  /** The rest, which every marked response has, is added where all responses pass. */
  private LocalReply preflight(CorsPolicies found, RequestHeaders headers) {
    Map<HeaderName, String> out = new LinkedHashMap<>();
    put(out, ALLOW_METHODS, found.text(CorsPolicy::allowMethods));
    put(out, ALLOW_HEADERS, found.text(CorsPolicy::allowHeaders));
    put(out, MAX_AGE, found.text(CorsPolicy::maxAge));
    if (found.flag(CorsPolicy::allowPrivateNetwork, false)
        && headers.valueEquals(REQUEST_PRIVATE_NETWORK, "true")) {
      out.put(ALLOW_PRIVATE_NETWORK, "true");
    }
    return new LocalReply(200, "cors_response", List.of(), out, "");
  }

  private static void put(Map<HeaderName, String> out, HeaderName name, String value) {
    if (!value.isEmpty()) {
      out.put(name, value);
    }
  }

  @Override
  public HeadersDecision onResponseHeaders(ResponseHeaders headers, boolean endStream) {
    CorsPolicies found = policies;
    if (found != null) {
      headers.set(ALLOW_ORIGIN, origin);
      if (found.flag(CorsPolicy::allowCredentials, false)) {
        headers.set(ALLOW_CREDENTIALS, "true");
      }
      String expose = found.text(CorsPolicy::exposeHeaders);
      if (!expose.isEmpty()) {
        headers.set(EXPOSE_HEADERS, expose);
      }
    }
    return HeadersDecision.CONTINUE;
  }
}
