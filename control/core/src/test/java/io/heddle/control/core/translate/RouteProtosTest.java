package io.heddle.control.core.translate;

import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.core.v3.HeaderValueOption.HeaderAppendAction;
import io.envoyproxy.envoy.config.route.v3.RedirectAction.RedirectResponseCode;
import io.envoyproxy.envoy.config.route.v3.Route;
import org.junit.jupiter.api.Test;

final class RouteProtosTest {
  private static Route route(String rule) {
    Produce produce =
        new Produce()
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
}
