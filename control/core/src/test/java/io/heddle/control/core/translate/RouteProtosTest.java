package io.heddle.control.core.translate;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption.HeaderAppendAction;
import io.envoyproxy.envoy.config.route.v3.RedirectAction.RedirectResponseCode;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.CorsPolicy;
import io.envoyproxy.envoy.extensions.filters.http.stateful_session.v3.StatefulSessionPerRoute;
import io.envoyproxy.envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState;
import io.envoyproxy.envoy.type.http.v3.Cookie;
import org.junit.jupiter.api.Test;

final class RouteProtosTest {
  private static Route route(String rule) {
    return route(new Produce(), rule);
  }

  private static Route route(Produce empty, String rule) {
    Produce produce =
        empty
            .with(
                Inputs.service("web")
                    + """
                    ---
                    apiVersion: gateway.networking.k8s.io/v1
                    kind: Gateway
                    metadata: {name: edge}
                    spec:
                      gatewayClassName: heddle
                      listeners: [{name: http, port: 8000, protocol: HTTP}]
                    ---
                    apiVersion: gateway.networking.k8s.io/v1
                    kind: HTTPRoute
                    metadata: {name: r}
                    spec:
                      parentRefs: [{name: edge}]
                      rules:
                    """
                    + rule.indent(2))
            .node("e", Inputs.gateway("edge"))
            .translate();
    return produce.routes("gateway/default/edge/8000").getVirtualHosts(0).getRoutes(0);
  }

  private static Route rewrite(String prefix, String replacement) {
    return route(
        """
        - matches: [{path: {type: PathPrefix, value: "%s"}}]
          filters:
          - type: URLRewrite
            urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: "%s"}}
          backendRefs: [{name: web, port: 80}]
        """
            .formatted(prefix, replacement));
  }

  @Test
  void writesAPrefixBySegments() {
    Route route = rewrite("/a/", "/b/");
    assertThat(route.getMatch().getPathSeparatedPrefix()).isEqualTo("/a");
    assertThat(route.getRoute().getPrefixRewrite()).isEqualTo("/b");
  }

  @Test
  void replacesTheRootByAPrefix() {
    Route route = rewrite("/", "/b");
    assertThat(route.getMatch().getPrefix()).isEqualTo("/");
    assertThat(route.getRoute().getPrefixRewrite()).isEqualTo("/b/");
  }

  @Test
  void takesAPrefixAwayByARegex() {
    Route route = rewrite("/a.b", "/");
    assertThat(route.getRoute().getRegexRewrite().getPattern().getRegex()).isEqualTo("^/a\\.b/*");
    assertThat(route.getRoute().getRegexRewrite().getSubstitution()).isEqualTo("/");
  }

  @Test
  void readsAnEmptyReplacementAsTheRoot() {
    assertThat(rewrite("/a", "")).isEqualTo(rewrite("/a", "/"));
    assertThat(rewrite("/", "")).isEqualTo(rewrite("/", "/"));
  }

  @Test
  void rewritesHostAndWholePath() {
    Route route =
        route(
            """
            - filters:
              - type: URLRewrite
                urlRewrite:
                  hostname: inner.example
                  path: {type: ReplaceFullPath, replaceFullPath: /one}
              backendRefs: [{name: web, port: 80}]
            """);
    assertThat(route.getRoute().getHostRewriteLiteral()).isEqualTo("inner.example");
    assertThat(route.getRoute().getRegexRewrite().getSubstitution()).isEqualTo("/one");
    assertThat(route.getRoute().getRegexRewrite().getPattern().getRegex()).isEqualTo("^/.*$");
  }

  @Test
  void writesHeaderChangesAndEscapesPercentSigns() {
    Route route =
        route(
            """
            - filters:
              - type: RequestHeaderModifier
                requestHeaderModifier:
                  set: [{name: x-set, value: "100%"}]
                  add: [{name: x-add, value: b}]
                  remove: [x-gone]
              - type: ResponseHeaderModifier
                responseHeaderModifier:
                  set: [{name: x-out, value: c}]
              backendRefs:
              - name: web
                port: 80
                filters:
                - type: RequestHeaderModifier
                  requestHeaderModifier: {set: [{name: x-backend, value: d}]}
            """);
    assertThat(route.getRequestHeadersToAddList())
        .extracting(o -> o.getHeader().getKey() + "=" + o.getHeader().getValue())
        .containsExactly("x-set=100%%", "x-add=b");
    assertThat(route.getRequestHeadersToAdd(0).getAppendAction())
        .isEqualTo(HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD);
    assertThat(route.getRequestHeadersToRemoveList()).containsExactly("x-gone");
    assertThat(route.getResponseHeadersToAddCount()).isEqualTo(1);
    assertThat(route.getRoute().getWeightedClusters().getClusters(0).getRequestHeadersToAdd(0))
        .satisfies(o -> assertThat(o.getHeader().getKey()).isEqualTo("x-backend"));
  }

  @Test
  void redirectsAndKeepsTheListenersPort() {
    Route route =
        route(
            """
            - filters:
              - type: RequestRedirect
                requestRedirect: {hostname: other.example, statusCode: 301}
            """);
    assertThat(route.getRedirect().getHostRedirect()).isEqualTo("other.example");
    assertThat(route.getRedirect().getPortRedirect()).isEqualTo(8_000);
    assertThat(route.getRedirect().getResponseCode())
        .isEqualTo(RedirectResponseCode.MOVED_PERMANENTLY);
  }

  @Test
  void redirectsToHttpsWithoutAPortBesideAHost() {
    Route route =
        route(
            """
            - filters:
              - type: RequestRedirect
                requestRedirect: {scheme: https, hostname: other.example}
            """);
    assertThat(route.getRedirect().getSchemeRedirect()).isEqualTo("https");
    assertThat(route.getRedirect().getPortRedirect()).isZero();
  }

  @Test
  void limitsRequestsTo15SecondsUnlessTold() {
    String backend = "  backendRefs: [{name: web, port: 80}]\n";
    assertThat(route("-" + backend.substring(1)).getRoute().getTimeout().getSeconds())
        .isEqualTo(15);
    assertThat(route("- timeouts: {request: 0s}\n" + backend).getRoute())
        .satisfies(action -> {
          assertThat(action.hasTimeout()).isTrue();
          assertThat(action.getTimeout().getSeconds()).isZero();
        });
    assertThat(
            route("- timeouts: {request: 10s, backendRequest: 500ms}\n" + backend)
                .getRoute()
                .getTimeout())
        .isEqualTo(com.google.protobuf.util.Durations.fromMillis(500));
  }

  @Test
  void answers500WhereNoBackendHasAWeight() {
    Route route = route("- backendRefs: [{name: web, port: 80, weight: 0}]\n");
    assertThat(route.getDirectResponse().getStatus()).isEqualTo(500);
  }

  private static final String TO_WEB = "  backendRefs: [{name: web, port: 80}]\n";

  @Test
  void copiesAShareOfTheRequests() {
    Route route =
        route(
            """
            - filters:
              - {type: RequestMirror, requestMirror: {backendRef: {name: web, port: 80}}}
              - type: RequestMirror
                requestMirror: {fraction: {numerator: 1, denominator: 3}, backendRef: {name: web, port: 80}}
              - {type: RequestMirror, requestMirror: {percent: 5, backendRef: {name: gone, port: 80}}}
            """
                + TO_WEB);
    assertThat(route.getRoute().getRequestMirrorPoliciesList())
        .extracting(mirror ->
            mirror.getCluster()
                + " "
                + mirror.getRuntimeFraction().getDefaultValue().getNumerator())
        .containsExactly("default/web 0", "default/web 333333");
    assertThat(route.getRoute().getRequestMirrorPolicies(0).hasRuntimeFraction()).isFalse();
  }

  @Test
  void switchesCorsOnForTheRoute() throws InvalidProtocolBufferException {
    Route route =
        route(
            """
            - filters:
              - type: CORS
                cors:
                  allowOrigins: ["https://*.example.com", "https://a.example:443", "http://b.example:81"]
                  allowMethods: [GET, PUT]
                  allowHeaders: [x-a]
                  allowCredentials: true
            """
                + TO_WEB);
    CorsPolicy cors =
        route.getTypedPerFilterConfigOrThrow("envoy.filters.http.cors").unpack(CorsPolicy.class);
    assertThat(cors.getAllowOriginStringMatch(0).getSafeRegex().getRegex())
        .isEqualTo("https\\://[^/:]+\\.example\\.com");
    assertThat(cors.getAllowOriginStringMatch(1).getExact()).isEqualTo("https://a.example");
    assertThat(cors.getAllowOriginStringMatch(2).getExact()).isEqualTo("http://b.example:81");
    assertThat(cors.getAllowMethods()).isEqualTo("GET, PUT");
    assertThat(cors.getMaxAge()).isEqualTo("5");
    assertThat(cors.getAllowCredentials().getValue()).isTrue();
    // The Gateway API: a preflight of another origin is answered here, without any CORS header.
    assertThat(cors.getForwardNotMatchingPreflights().getValue()).isFalse();
  }

  @Test
  void keepsSessionsInACookieOfTheRoute() throws InvalidProtocolBufferException {
    Route route = route("- sessionPersistence: {}\n" + TO_WEB);
    StatefulSessionPerRoute session =
        route
            .getTypedPerFilterConfigOrThrow("envoy.filters.http.stateful_session")
            .unpack(StatefulSessionPerRoute.class);
    Cookie cookie =
        session
            .getStatefulSession()
            .getSessionState()
            .getTypedConfig()
            .unpack(CookieBasedSessionState.class)
            .getCookie();
    assertThat(cookie.getName()).isEqualTo("heddle-default-r-0");
    assertThat(cookie.hasTtl()).isFalse();
  }

  @Test
  void triesAgainWhatTheRuleNamesAndWhatNeverArrived() {
    Route route =
        route(
            new Produce().forEnvoyOnly(),
            """
            - retry: {codes: [500, 504], attempts: 3, backoff: 100ms}
              timeouts: {request: 10s, backendRequest: 2s}
            """
                + TO_WEB);
    RetryPolicy retry = route.getRoute().getRetryPolicy();
    assertThat(retry.getRetryOn())
        .contains("connect-failure", "refused-stream", "reset,", "retriable-status-codes")
        .doesNotContain("5xx");
    assertThat(retry.getRetriableStatusCodesList()).containsExactly(500, 504);
    assertThat(retry.getNumRetries().getValue()).isEqualTo(3);
    assertThat(retry.getPerTryTimeout().getSeconds()).isEqualTo(2);
    assertThat(retry.getRetryBackOff().getBaseInterval())
        .isEqualTo(com.google.protobuf.util.Durations.fromMillis(100));
    assertThat(retry.getRetryBackOff().getMaxInterval().getSeconds()).isEqualTo(1);
    assertThat(route.getRoute().getTimeout().getSeconds()).isEqualTo(10);

    assertThat(route("- retry: {attempts: 0}\n" + TO_WEB).getRoute().hasRetryPolicy()).isFalse();
    Route plain = route(new Produce().forEnvoyOnly(), "- retry: {}\n" + TO_WEB);
    assertThat(plain.getRoute().getRetryPolicy().getRetriableStatusCodesList())
        .containsExactly(503);
    assertThat(plain.getRoute().getRetryPolicy().getNumRetries().getValue()).isEqualTo(2);
  }

  @Test
  void everyChainHasTheFiltersThatRoutesSwitchOn() {
    Produce produce = new Produce().node("n", Inputs.sidecar("default", "web")).translate();
    assertThat(Produce.manager(produce.listener("outbound")).getHttpFiltersList())
        .extracting(f -> f.getName() + " " + f.getDisabled())
        .containsExactly(
            "envoy.filters.http.cors true",
            "envoy.filters.http.fault true",
            "envoy.filters.http.buffer true",
            "envoy.filters.http.stateful_session true",
            "envoy.filters.http.router false");
    assertThat(Produce.manager(produce.listener("inbound")).getHttpFiltersList()).hasSize(1);
  }
}
