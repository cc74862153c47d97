package io.heddle.control.core.translate;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import io.heddle.control.api.resource.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;

final class GrpcRouteTest {
  private static final String GATEWAY =
      """
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: Gateway
      metadata: {name: edge}
      spec:
        gatewayClassName: heddle
        listeners: [{name: http, port: 8000, protocol: HTTP}]
      """;

  private static String route(String kind, String name, String parent, String rest) {
    return """
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: %s
    metadata: {name: %s}
    spec:
      parentRefs: [%s]
    %s
    """
        .formatted(kind, name, parent, rest.indent(2));
  }

  private static final String TO_WEB = "rules: [{backendRefs: [{name: web, port: 80}]}]";

  private static Produce atEdge(String yaml) {
    return new Produce()
        .with(Inputs.service("web") + GATEWAY + yaml)
        .node("e", Inputs.gateway("edge"))
        .translate();
  }

  private static List<Route> routes(Produce produce) {
    return produce.routes("gateway/default/edge/8000").getVirtualHosts(0).getRoutesList();
  }

  @Test
  void matchesServiceAndMethodByThePath() {
    Produce produce =
        atEdge(
            route(
                "GRPCRoute",
                "g",
                "{name: edge}",
                """
                rules:
                - matches:
                  - {method: {service: shop.v1.Catalog, method: List}}
                  - {method: {service: shop.v1.Catalog}}
                  - {method: {method: Get}}
                  - {method: {type: RegularExpression, service: "shop[.].*", method: "L.*"}}
                  - {headers: [{name: x-a, value: b}]}
                  backendRefs: [{name: web, port: 80}]\
                """));
    assertThat(routes(produce))
        .extracting(route ->
            route.getMatch().getPath()
                + route.getMatch().getPathSeparatedPrefix()
                + route.getMatch().getSafeRegex().getRegex()
                + route.getMatch().getPrefix())
        .containsExactly(
            "/shop.v1.Catalog/List",
            "/shop.v1.Catalog",
            "/(?:shop[.].*)/(?:L.*)",
            "/[^/]+/(?:Get)",
            "/");
    assertThat(routes(produce)).allMatch(route -> route.getMatch().hasGrpc());
    assertThat(routes(produce).getFirst().getRoute().getTimeout().getSeconds()).isZero();
    assertThat(routes(produce).getFirst().getRoute().hasTimeout()).isTrue();
  }

  /** Gateway API, GRPCRouteRule: longer service, longer method, more headers, older. */
  @Test
  void ordersByServiceThenMethodThenHeaders() {
    Produce produce =
        atEdge(
            route(
                    "GRPCRoute",
                    "a",
                    "{name: edge}",
                    """
                    rules:
                    - matches: [{method: {service: a.B}}]
                      backendRefs: [{name: web, port: 80}]
                    - matches: [{method: {service: a.B}, headers: [{name: x, value: y}]}]
                      backendRefs: [{name: web, port: 80}]
                    - matches: [{method: {service: a.B, method: M}}]
                      backendRefs: [{name: web, port: 80}]\
                    """)
                + route(
                    "GRPCRoute",
                    "b",
                    "{name: edge}",
                    "rules: [{matches: [{method: {service: a.Bcd}}], backendRefs: [{name: web,"
                        + " port: 80}]}]"));
    assertThat(routes(produce))
        .extracting(Route::getName)
        .containsExactly("default/b/0/0", "default/a/2/0", "default/a/1/0", "default/a/0/0");
  }

  @Test
  void answersUnavailableWhereNoBackendIs() {
    Produce produce =
        atEdge(
            route(
                "GRPCRoute", "g", "{name: edge}", "rules: [{backendRefs: [{name: no, port: 1}]}]"));
    assertThat(routes(produce).getFirst().getDirectResponse().getStatus()).isEqualTo(503);
  }

  private static HttpProtocolOptions protocol(Cluster cluster) {
    try {
      return cluster
          .getTypedExtensionProtocolOptionsOrThrow(
              "envoy.extensions.upstreams.http.v3.HttpProtocolOptions")
          .unpack(HttpProtocolOptions.class);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void speaksHttp2WithWhatSaysSoAndWithWhatAGrpcRouteCalls() {
    String grpc = Inputs.service("catalog").replace("{port: 80}", "{port: 80, appProtocol: grpc}");
    Produce produce = new Produce().with(Inputs.service("web") + grpc).translate();
    assertThat(
            protocol(produce.cluster("default/web"))
                .getExplicitHttpConfig()
                .hasHttpProtocolOptions())
        .isTrue();
    assertThat(
            protocol(produce.cluster("default/catalog"))
                .getExplicitHttpConfig()
                .hasHttp2ProtocolOptions())
        .isTrue();
    String route = route("GRPCRoute", "g", "{group: \"\", kind: Service, name: web}", TO_WEB);
    produce.with(route).translate();
    assertThat(protocol(produce.cluster("default/web")).hasUseDownstreamProtocolConfig()).isTrue();
    produce.translator.remove(Inputs.object(route).key());
    produce.translate();
    assertThat(protocol(produce.cluster("default/web")).hasUseDownstreamProtocolConfig()).isFalse();
  }

  @Test
  void refusesABackendThatSaysItSpeaksHttp1() {
    String http = Inputs.service("old").replace("{port: 80}", "{port: 80, appProtocol: http}");
    Produce produce =
        atEdge(
            http
                + route(
                    "GRPCRoute",
                    "g",
                    "{name: edge}",
                    "rules: [{backendRefs: [{name: old, port: 80}]}]"));
    assertThat(Produce.claim(produce.verdict(Kind.GRPC_ROUTE, "g").claims(), Verdict.RESOLVED_REFS))
        .startsWith("false UnsupportedProtocol: spec.rules[0].backendRefs[0]");
  }

  /** Gateway API, GRPCRoute: of routes of both kinds with a common hostname the older one stays. */
  @Test
  void anHttpRouteAndAGrpcRouteDoNotShareAHostname() {
    String http = route("HTTPRoute", "h", "{name: edge}", "hostnames: [a.example]\n" + TO_WEB);
    String grpc = route("GRPCRoute", "g", "{name: edge}", "hostnames: [\"*.example\"]\n" + TO_WEB);
    String other = route("GRPCRoute", "o", "{name: edge}", "hostnames: [b.test]\n" + TO_WEB);
    Produce produce = atEdge(http + grpc + other);
    assertThat(Produce.claim(produce.verdict(Kind.HTTP_ROUTE, "h").claims(), Verdict.ACCEPTED))
        .startsWith("true");
    assertThat(Produce.claim(produce.verdict(Kind.GRPC_ROUTE, "g").claims(), Verdict.ACCEPTED))
        .startsWith("false Conflicted: the place is taken by HTTPRoute default/h at listener http");
    assertThat(Produce.claim(produce.verdict(Kind.GRPC_ROUTE, "o").claims(), Verdict.ACCEPTED))
        .startsWith("true");
    assertThat(produce.routes("gateway/default/edge/8000").getVirtualHostsList())
        .extracting(VirtualHost::getName)
        .containsExactly("*", "a.example", "b.test");
    // The place is free again once the older route goes.
    produce.translator.remove(Inputs.object(http).key());
    produce.translate();
    assertThat(Produce.claim(produce.verdict(Kind.GRPC_ROUTE, "g").claims(), Verdict.ACCEPTED))
        .startsWith("true");
    assertThat(produce.routes("gateway/default/edge/8000").getVirtualHostsList())
        .extracting(VirtualHost::getName)
        .containsExactly("*", "*.example", "b.test");
  }

  /** GEP-1426, "Route types". */
  @Test
  void atAServiceTheGrpcRoutesTakeThePlaceOfHttpRoutes() {
    String parent = "{group: \"\", kind: Service, name: web}";
    Produce produce =
        new Produce()
            .with(
                Inputs.service("web")
                    + route("HTTPRoute", "h", parent, TO_WEB)
                    + route("GRPCRoute", "g", parent, TO_WEB))
            .node("n", Inputs.sidecar("default", "web"))
            .translate();
    assertThat(produce.routes("outbound/default").getVirtualHosts(0).getRoutesList())
        .extracting(Route::getName)
        .containsExactly("default/g/0/0");
    assertThat(Produce.claim(produce.verdict(Kind.HTTP_ROUTE, "h").claims(), Verdict.ACCEPTED))
        .startsWith("false Conflicted");
  }

  @Test
  void callsToAGrpcServiceWithoutRoutesHaveNoTimeLimit() {
    Produce produce =
        new Produce()
            .with(Inputs.service("web").replace("{port: 80}", "{port: 80, appProtocol: grpc}"))
            .node("n", Inputs.sidecar("default", "web"))
            .translate();
    Route route = produce.routes("outbound/default").getVirtualHosts(0).getRoutes(0);
    assertThat(route.getRoute().hasTimeout()).isTrue();
    assertThat(route.getRoute().getTimeout().getSeconds()).isZero();
  }
}
