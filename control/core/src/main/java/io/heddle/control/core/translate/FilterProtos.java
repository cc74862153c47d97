package io.heddle.control.core.translate;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.filters.common.fault.v3.FaultDelay;
import io.envoyproxy.envoy.extensions.filters.http.buffer.v3.Buffer;
import io.envoyproxy.envoy.extensions.filters.http.buffer.v3.BufferPerRoute;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.Cors;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.CorsPolicy;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.FaultAbort;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.envoyproxy.envoy.extensions.filters.http.stateful_session.v3.StatefulSession;
import io.envoyproxy.envoy.extensions.filters.http.stateful_session.v3.StatefulSessionPerRoute;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState;
import io.envoyproxy.envoy.extensions.http.stateful_session.header.v3.HeaderBasedSessionState;
import io.envoyproxy.envoy.type.http.v3.Cookie;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.Faults;
import io.heddle.control.api.resource.HttpRouteFilter;
import io.heddle.control.api.resource.HttpRouteSpec;
import io.heddle.control.api.resource.RouteTimeout;
import io.heddle.control.api.resource.SessionPersistence;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes the filters that a route switches on. They stand in every chain, disabled, so that a route
 * that begins to use one touches no listener and no connection.
 */
final class FilterProtos {
  private static final String CORS = "envoy.filters.http.cors";
  private static final String SESSION = "envoy.filters.http.stateful_session";
  private static final String FAULT = "envoy.filters.http.fault";
  private static final String BUFFER = "envoy.filters.http.buffer";
  private static final String COOKIE_STATE = "envoy.http.stateful_session.cookie";
  private static final String HEADER_STATE = "envoy.http.stateful_session.header";

  private FilterProtos() {}

  /** In the order in which they see a request. */
  static List<HttpFilter> disabled() {
    return List.of(
        HttpFilter.newBuilder()
            .setName(CORS)
            .setDisabled(true)
            .setTypedConfig(Any.pack(Cors.getDefaultInstance()))
            .build(),
        HttpFilter.newBuilder()
            .setName(FAULT)
            .setDisabled(true)
            .setTypedConfig(Any.pack(HTTPFault.getDefaultInstance()))
            .build(),
        HttpFilter.newBuilder()
            .setName(BUFFER)
            .setDisabled(true)
            .setTypedConfig(
                Any.pack(
                    Buffer.newBuilder()
                        .setMaxRequestBytes(UInt32Value.of(Clusters.BUFFER_LIMIT_BYTES))
                        .build()))
            .build(),
        HttpFilter.newBuilder()
            .setName(SESSION)
            .setDisabled(true)
            .setTypedConfig(Any.pack(StatefulSession.getDefaultInstance()))
            .build());
  }

  /** What policies say to them. */
  static Map<String, Any> ofPolicies(RouteDefaults defaults) {
    Map<String, Any> configs = new LinkedHashMap<>();
    if (defaults.faults().stated()) {
      configs.put(FAULT, Any.pack(fault(defaults.faults())));
    }
    if (defaults.requestBuffer() > 0) {
      configs.put(
          BUFFER,
          Any.pack(
              BufferPerRoute.newBuilder()
                  .setBuffer(
                      Buffer.newBuilder()
                          .setMaxRequestBytes(UInt32Value.of(defaults.requestBuffer())))
                  .build()));
    }
    return configs;
  }

  private static HTTPFault fault(Faults faults) {
    HTTPFault.Builder out = HTTPFault.newBuilder();
    if (faults.delay() instanceof RouteTimeout.After(java.time.Duration delay)) {
      out.setDelay(
          FaultDelay.newBuilder()
              .setFixedDelay(RouteProtos.duration(delay))
              .setPercentage(share(faults.delayed())));
    }
    if (faults.httpStatus() > 0) {
      out.setAbort(
          FaultAbort.newBuilder()
              .setHttpStatus(faults.httpStatus())
              .setPercentage(share(faults.aborted())));
    } else if (faults.grpcStatus() >= 0) {
      out.setAbort(
          FaultAbort.newBuilder()
              .setGrpcStatus(faults.grpcStatus())
              .setPercentage(share(faults.aborted())));
    }
    return out.build();
  }

  private static FractionalPercent share(int millionths) {
    return FractionalPercent.newBuilder()
        .setNumerator(millionths)
        .setDenominator(FractionalPercent.DenominatorType.MILLION)
        .build();
  }

  /**
   * What a rule says to them.
   *
   * @param route names the session where the rule does not
   */
  static Map<String, Any> ofRule(HttpRouteSpec.Rule rule, String route) {
    Map<String, Any> configs = new LinkedHashMap<>();
    for (HttpRouteFilter filter : rule.filters()) {
      if (filter instanceof HttpRouteFilter.Cors cors) {
        configs.put(CORS, Any.pack(cors(cors)));
      }
    }
    if (rule.sessionPersistence().type() != SessionPersistence.Type.NONE) {
      configs.put(SESSION, Any.pack(session(rule.sessionPersistence(), route)));
    }
    return configs;
  }

  private static CorsPolicy cors(HttpRouteFilter.Cors cors) {
    CorsPolicy.Builder out =
        CorsPolicy.newBuilder()
            .setAllowMethods(String.join(", ", cors.allowMethods()))
            .setAllowHeaders(String.join(", ", cors.allowHeaders()))
            .setExposeHeaders(String.join(", ", cors.exposeHeaders()))
            .setMaxAge(String.valueOf(cors.maxAge()))
            .setAllowCredentials(BoolValue.of(cors.allowCredentials()))
            .setForwardNotMatchingPreflights(BoolValue.of(false));
    cors.allowOrigins().forEach(origin -> out.addAllowOriginStringMatch(origin(origin)));
    return out.build();
  }

  /** A star is any part of the host; browsers leave out the port that is the scheme's own. */
  private static StringMatcher origin(String origin) {
    StringMatcher.Builder out = StringMatcher.newBuilder();
    String shown = origin;
    if (origin.startsWith("https://") && origin.endsWith(":443")) {
      shown = origin.substring(0, origin.length() - 4);
    } else if (origin.startsWith("http://") && origin.endsWith(":80")) {
      shown = origin.substring(0, origin.length() - 3);
    }
    if (origin.equals("*") || shown.indexOf('*') < 0) {
      return out.setExact(shown).build();
    }
    int star = shown.indexOf('*');
    String regex =
        Paths.quoted(shown.substring(0, star)) + "[^/:]+" + Paths.quoted(shown.substring(star + 1));
    return out.setSafeRegex(RegexMatcher.newBuilder().setRegex(regex)).build();
  }

  private static StatefulSessionPerRoute session(SessionPersistence session, String route) {
    String name = session.name().isEmpty() ? "heddle-" + route.replace('/', '-') : session.name();
    TypedExtensionConfig.Builder state = TypedExtensionConfig.newBuilder();
    if (session.type() == SessionPersistence.Type.HEADER) {
      state
          .setName(HEADER_STATE)
          .setTypedConfig(Any.pack(HeaderBasedSessionState.newBuilder().setName(name).build()));
    } else {
      Cookie.Builder cookie = Cookie.newBuilder().setName(name).setPath("/");
      if (session.absoluteTimeout() instanceof RouteTimeout.After(java.time.Duration time)) {
        cookie.setTtl(RouteProtos.duration(time));
      }
      state
          .setName(COOKIE_STATE)
          .setTypedConfig(Any.pack(CookieBasedSessionState.newBuilder().setCookie(cookie).build()));
    }
    return StatefulSessionPerRoute.newBuilder()
        .setStatefulSession(StatefulSession.newBuilder().setSessionState(state))
        .build();
  }
}
