package io.heddle.control.api.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.control.api.resource.BackendRef;
import io.heddle.control.api.resource.GrpcRouteSpec;
import io.heddle.control.api.resource.HttpMatch;
import io.heddle.control.api.resource.HttpRouteFilter;
import io.heddle.control.api.resource.HttpRouteSpec;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ReferenceGrantSpec;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.RouteRetry;
import io.heddle.control.api.resource.RouteTimeout;
import io.heddle.control.api.resource.SessionPersistence;
import io.heddle.control.api.resource.Spec;
import io.heddle.control.api.resource.TlsRouteSpec;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Routes of every kind, and what lets them refer to other namespaces. */
class RouteDocumentsTest {
  private static Spec read(String text) {
    ParseResult result = ObjectParser.parse("x", text);
    assertThat(result.errors()).isEmpty();
    ResourceObject object = result.objects().getFirst();
    // Whatever can be read can be written and read again.
    assertThat(ObjectParser.parse("again", ObjectWriter.toJson(object)).objects())
        .containsExactly(object);
    return object.spec();
  }

  private static String error(String text) {
    ParseResult result = ObjectParser.parse("x", text);
    assertThat(result.errors()).isNotEmpty();
    ObjectError first = result.errors().getFirst();
    return first.field() + ": " + first.offending() + " (expected: " + first.expected() + ")";
  }

  private static String http(String rule) {
    return """
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: r}
    spec:
      parentRefs: [{name: edge}]
      rules:
      - %s
    """
        .formatted(rule);
  }

  private static HttpRouteSpec.Rule rule(String rule) {
    return ((HttpRouteSpec) read(http(rule))).rules().getFirst();
  }

  private static String filter(String filter) {
    return "filters: [" + filter + "]";
  }

  @Test
  void readsMirrorsWithTheirShares() {
    assertThat(
            rule(filter(
                    """
                    {type: RequestMirror, requestMirror: {backendRef: {name: a, port: 80}}},
                        {type: RequestMirror, requestMirror: {percent: 5, backendRef: {name: b, port: 80}}},
                        {type: RequestMirror, requestMirror: {
                          fraction: {numerator: 1, denominator: 1000},
                          backendRef: {name: c, namespace: other, port: 81}}}\
                    """))
                .filters())
        .containsExactly(
            new HttpRouteFilter.RequestMirror(BackendRef.of("", "a", 80), 100, 100),
            new HttpRouteFilter.RequestMirror(BackendRef.of("", "b", 80), 5, 100),
            new HttpRouteFilter.RequestMirror(BackendRef.of("other", "c", 81), 1, 1000));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "percent: 101 | requestMirror.percent: 101 (expected: a whole number, 0 to 100)",
        "'percent: 1, fraction: {numerator: 1}' | requestMirror.fraction: beside percent",
        "'fraction: {denominator: 5}' | fraction.numerator: missing",
        "'fraction: {numerator: 6, denominator: 5}' | fraction.numerator: 6 (expected: at most 5)",
      })
  void refusesSharesThatAreNone(String share, String message) {
    assertThat(
            error(
                http(
                    filter(
                        "{type: RequestMirror, requestMirror: {%s, backendRef: {name: a, port: 80}}}"
                            .formatted(share)))))
        .startsWith("spec.rules[0].filters[0].")
        .contains(message);
  }

  @Test
  void readsCors() {
    assertThat(
            rule(filter(
                    """
                    {type: CORS, cors: {
                          allowOrigins: ["https://*.example.com", "http://a.example:8080"],
                          allowCredentials: true, allowMethods: [GET, PUT],
                          allowHeaders: [x-a], exposeHeaders: [x-b], maxAge: 60}}\
                    """))
                .filters())
        .containsExactly(
            new HttpRouteFilter.Cors(
                List.of("https://*.example.com", "http://a.example:8080"),
                true,
                List.of("GET", "PUT"),
                List.of("x-a"),
                List.of("x-b"),
                60));
    assertThat(rule(filter("{type: CORS, cors: {allowOrigins: [\"*\"]}}")).filters())
        .containsExactly(
            new HttpRouteFilter.Cors(List.of("*"), false, List.of(), List.of(), List.of(), 5));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'allowOrigins: [\"*\", \"https://a\"]' | cors.allowOrigins: \"*\" beside others",
        "'allowOrigins: [example.com]' | cors.allowOrigins[0]: \"example.com\"",
        "'allowMethods: [get]' | cors.allowMethods[0]: \"get\"",
        "'allowCredentials: true, allowHeaders: [\"*\"]' | cors.allowHeaders: \"*\" with",
        "'maxAge: 0' | cors.maxAge: 0",
        "'allowCredentials: 1' | cors.allowCredentials: 1 (expected: true or false)",
      })
  void refusesCorsThatBrowsersWouldNotTake(String cors, String message) {
    assertThat(error(http(filter("{type: CORS, cors: {" + cors + "}}"))))
        .startsWith("spec.rules[0].filters[0].")
        .contains(message);
  }

  @Test
  void readsRetriesWithSafeDefaults() {
    assertThat(rule("retry: {}").retry())
        .isEqualTo(new RouteRetry(true, List.of(), 2, RouteTimeout.UNSET));
    assertThat(rule("retry: {codes: [500, 503], attempts: 3, backoff: 100ms}").retry())
        .isEqualTo(
            new RouteRetry(
                true, List.of(500, 503), 3, new RouteTimeout.After(Duration.ofMillis(100))));
    assertThat(rule("retry: {attempts: 0}").retry().attempts()).isZero();
    assertThat(rule("timeouts: {request: 1s}").retry()).isEqualTo(RouteRetry.NONE);
    assertThat(error(http("retry: {codes: [200]}"))).contains("retry.codes[0]: 200");
    assertThat(error(http("retry: {codes: [503, 503]}"))).contains("stands twice");
    assertThat(error(http("retry: {attempts: 11}"))).contains("retry.attempts: 11");
    assertThat(error(http("retry: {backoff: 0s}"))).contains("retry.backoff: 0s");
  }

  @Test
  void readsSessions() {
    assertThat(rule("sessionPersistence: {}").sessionPersistence())
        .isEqualTo(new SessionPersistence("", SessionPersistence.Type.COOKIE, RouteTimeout.UNSET));
    assertThat(
            rule("sessionPersistence: {sessionName: s, absoluteTimeout: 1h,"
                    + " cookieConfig: {lifetimeType: Permanent}}")
                .sessionPersistence())
        .isEqualTo(
            new SessionPersistence(
                "s", SessionPersistence.Type.COOKIE, new RouteTimeout.After(Duration.ofHours(1))));
    assertThat(error(http("sessionPersistence: {cookieConfig: {lifetimeType: Permanent}}")))
        .contains("absoluteTimeout: missing");
    assertThat(error(http("sessionPersistence: {type: Header, cookieConfig: {}}")))
        .contains("cookieConfig: beside type Header");
    assertThat(error(http("sessionPersistence: {idleTimeout: 1s}")))
        .contains("idleTimeout: not supported yet");
  }

  private static String grpc(String rule) {
    return http(rule).replace("HTTPRoute", "GRPCRoute");
  }

  @Test
  void readsGrpcRoutes() {
    GrpcRouteSpec spec =
        (GrpcRouteSpec)
            read(
                grpc(
                    """
                    matches:
                        - method: {service: shop.v1.Catalog, method: List}
                          headers: [{name: x-a, value: b}]
                        - method: {type: RegularExpression, service: "shop[.].*"}
                        backendRefs: [{name: catalog, port: 80, weight: 3}]\
                    """));
    assertThat(spec.rules().getFirst().matches())
        .extracting(GrpcRouteSpec.Match::type)
        .containsExactly(
            HttpMatch.ValueMatchType.EXACT, HttpMatch.ValueMatchType.REGULAR_EXPRESSION);
    assertThat(spec.rules().getFirst().matches().getFirst().method()).isEqualTo("List");
    assertThat(error(grpc("matches: [{method: {type: Exact}}]")))
        .contains("matches[0].method: neither service nor method");
    assertThat(error(grpc("matches: [{method: {service: a/b}}]"))).contains("a gRPC service");
    assertThat(error(grpc("filters: [{type: URLRewrite, urlRewrite: {}}]")))
        .contains("filters[0].type: \"URLRewrite\"");
  }

  @Test
  void readsTlsAndTcpRoutesOfAnOlderVersionToo() {
    String tls =
        """
        apiVersion: gateway.networking.k8s.io/v1alpha3
        kind: TLSRoute
        metadata: {name: r}
        spec:
          parentRefs: [{name: edge, sectionName: tls}]
          hostnames: ["*.example.com"]
          rules: [{backendRefs: [{name: a, port: 443}]}]
        """;
    assertThat(read(tls)).isInstanceOf(TlsRouteSpec.class);
    assertThat(error(tls.replace("hostnames: [\"*.example.com\"]", "hostnames: []")))
        .contains("spec.hostnames: none");
    String tcp = tls.replace("TLSRoute", "TCPRoute").replace("v1alpha3", "v1alpha2");
    assertThat(error(tcp)).contains("spec.hostnames: unknown field");
    assertThat(read(tcp.replace("  hostnames: [\"*.example.com\"]\n", "")).kind())
        .isEqualTo(Kind.TCP_ROUTE);
  }

  @Test
  void readsReferenceGrants() {
    String text =
        """
        apiVersion: gateway.networking.k8s.io/v1beta1
        kind: ReferenceGrant
        metadata: {name: g, namespace: b}
        spec:
          from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: a}]
          to: [{group: "", kind: Service, name: one}]
        """;
    ReferenceGrantSpec grant = (ReferenceGrantSpec) read(text);
    assertThat(grant.admits(Kind.HTTP_ROUTE, "a", new ObjectKey(Kind.SERVICE, "b", "one")))
        .isTrue();
    assertThat(grant.admits(Kind.HTTP_ROUTE, "a", new ObjectKey(Kind.SERVICE, "b", "two")))
        .isFalse();
    assertThat(grant.admits(Kind.GRPC_ROUTE, "a", new ObjectKey(Kind.SERVICE, "b", "one")))
        .isFalse();
    assertThat(grant.admits(Kind.HTTP_ROUTE, "c", new ObjectKey(Kind.SERVICE, "b", "one")))
        .isFalse();
    assertThat(error(text.replace("kind: Service", "kind: Pod")))
        .isEqualTo("spec.to[0].kind: \"Pod\" (expected: one of Service, Secret)");
    assertThat(error(text.replace("group: gateway.networking.k8s.io", "group: \"\"")))
        .contains("spec.from[0].group: \"\"");
  }

  @Test
  void readsGroupsAndEntriesThatLeaveThingsToThem() {
    String group =
        """
        apiVersion: heddle.io/v1alpha1
        kind: WorkloadGroup
        metadata: {name: boxes}
        spec:
          metadata: {labels: {version: v1}}
          template: {service: legacy, ports: {http: 8080}, weight: 3, locality: eu/b}
        """;
    read(group);
    String entry =
        "{apiVersion: heddle.io/v1alpha1, kind: WorkloadEntry, metadata: {name: a}, spec: {address:"
            + " 10.0.0.1%s}}";
    read(entry.formatted(", group: boxes"));
    read(entry.formatted(", service: s, ports: {http: 1}"));
    assertThat(error(entry.formatted(", service: s"))).startsWith("spec.ports: none");
    assertThat(error(entry.formatted(", ports: {http: 1}"))).startsWith("spec.service: missing");
    assertThat(error(group.replace("weight: 3", "weight: 0"))).contains("template.weight: 0");
    assertThat(error(group.replace("template:", "probe: {}\n  template:")))
        .contains("spec.probe: not supported yet");
  }
}
