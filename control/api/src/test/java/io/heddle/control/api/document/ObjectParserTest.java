package io.heddle.control.api.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.control.api.resource.BackendRef;
import io.heddle.control.api.resource.GatewaySpec;
import io.heddle.control.api.resource.HttpMatch;
import io.heddle.control.api.resource.HttpRouteFilter;
import io.heddle.control.api.resource.HttpRouteSpec;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ParentRef;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.RouteTimeout;
import io.heddle.control.api.resource.ServiceSpec;
import io.heddle.control.api.resource.WorkloadEntrySpec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ObjectParserTest {
  static final String SHOP =
      """
      # the shop
      apiVersion: v1
      kind: Service
      metadata:
        name: catalog
        labels: {team: books}
      spec:
        selector: {heddle.io/service: catalog, version: v2}
        ports:
          - {name: http, port: 80, appProtocol: http, protocol: TCP}
      ---
      apiVersion: heddle.io/v1alpha1
      kind: WorkloadEntry
      metadata: {name: legacy-1, namespace: old}
      spec:
        address: 10.0.0.7
        ports: {http: 8080}
        service: legacy
        labels: {version: "1"}
        weight: 3
        locality: eu/zone-1/rack-2
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: Gateway
      metadata: {name: edge}
      spec:
        gatewayClassName: heddle
        listeners:
          - name: http
            port: 8000
            protocol: HTTP
            hostname: "*.example.com"
            allowedRoutes: {namespaces: {from: All}}
        addresses: [{value: 127.0.0.1}]
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: catalog}
      spec:
        parentRefs:
          - {kind: Service, group: "", name: catalog, port: 80}
          - {name: edge, sectionName: http}
        hostnames: [shop.example.com]
        rules:
          - name: canary
            matches:
              - path: {type: PathPrefix, value: /books}
                headers: [{name: X-Canary, value: "yes"}]
                queryParams: [{name: q, value: ".+", type: RegularExpression}]
                method: GET
            filters:
              - type: RequestHeaderModifier
                requestHeaderModifier:
                  set: [{name: x-a, value: b}]
                  add: [{name: x-c, value: d}]
                  remove: [x-e]
              - type: URLRewrite
                urlRewrite: {hostname: books, path: {type: ReplacePrefixMatch, replacePrefixMatch: /b}}
            backendRefs:
              - {name: catalog-v1, port: 80, weight: 90}
              - name: catalog-v2
                port: 80
                weight: 10
                filters:
                  - type: ResponseHeaderModifier
                    responseHeaderModifier: {add: [{name: x-version, value: v2}]}
            timeouts: {request: 1m30s, backendRequest: 500ms}
          - filters:
              - type: RequestRedirect
                requestRedirect: {scheme: https, statusCode: 301}
      ...
      """;

  @Test
  void readsEveryKind() {
    ParseResult result = ObjectParser.parse("shop.yaml", SHOP);
    assertThat(result.errors()).isEmpty();
    assertThat(result.objects())
        .extracting(ResourceObject::key)
        .containsExactly(
            ObjectKey.of(Kind.SERVICE, "catalog"),
            new ObjectKey(Kind.WORKLOAD_ENTRY, "old", "legacy-1"),
            ObjectKey.of(Kind.GATEWAY, "edge"),
            ObjectKey.of(Kind.HTTP_ROUTE, "catalog"));
    assertThat(result.parsed()).extracting(ParsedObject::line).containsExactly(2, 12, 23, 36);

    ServiceSpec service = (ServiceSpec) result.objects().get(0).spec();
    assertThat(service.selector()).containsEntry("version", "v2");
    WorkloadEntrySpec entry = (WorkloadEntrySpec) result.objects().get(1).spec();
    assertThat(entry.ports()).isEqualTo(Map.of("http", 8080));
    assertThat(entry.locality().zone()).isEqualTo("zone-1");
    GatewaySpec gateway = (GatewaySpec) result.objects().get(2).spec();
    assertThat(gateway.listeners().getFirst().routes().from()).isEqualTo(GatewaySpec.From.ALL);

    HttpRouteSpec route = (HttpRouteSpec) result.objects().get(3).spec();
    assertThat(route.parentRefs())
        .extracting(ParentRef::kind)
        .containsExactly(Kind.SERVICE, Kind.GATEWAY);
    HttpRouteSpec.Rule canary = route.rules().getFirst();
    assertThat(canary.backendRefs()).extracting(BackendRef::weight).containsExactly(90, 10);
    assertThat(canary.timeouts().request())
        .isEqualTo(new RouteTimeout.After(Duration.ofSeconds(90)));
    assertThat(canary.filters()).last().isInstanceOf(HttpRouteFilter.UrlRewrite.class);
    assertThat(route.rules().get(1).matches()).containsExactly(HttpMatch.EVERYTHING);
  }

  @Test
  void readsBackWhatItWrites() {
    List<ResourceObject> objects = ObjectParser.parse("shop.yaml", SHOP).objects();
    String yaml = ObjectWriter.toYaml(objects);
    assertThat(ObjectParser.parse("again", yaml).errors()).isEmpty();
    assertThat(ObjectParser.parse("again", yaml).objects()).isEqualTo(objects);
    for (ResourceObject object : objects) {
      ParseResult json = ObjectParser.parse("again", ObjectWriter.toJson(object));
      assertThat(json.errors()).isEmpty();
      assertThat(json.objects()).containsExactly(object);
    }
    assertThat(ObjectWriter.toJson(objects.getFirst()))
        .startsWith(
            "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"catalog\"");
  }

  @Test
  void reportsAllErrorsOfAllDocumentsWithTheirLines() {
    ParseResult result =
        ObjectParser.parse(
            "bad.yaml",
            """
            apiVersion: v1
            kind: Service
            metadata: {name: Web}
            spec:
              ports:
                - port: 99999
                  nodePort: 1
              selektor: {a: b}
            ---
            kind: [oops
            ---
            apiVersion: gateway.networking.k8s.io/v1
            kind: HTTPRoute
            metadata: {name: r}
            spec:
              parentRefs: [{name: edge}]
              rules:
                - matches: [{path: {type: Exact, value: books}}]
                  backendRefs: [{name: web}]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: good}
            spec: {ports: [{port: 80}]}
            """);
    assertThat(result.valid()).isFalse();
    assertThat(result.objects()).extracting(o -> o.metadata().name()).containsExactly("good");
    assertThat(result.errors())
        .extracting(e -> e.line() + " " + e.field() + " " + e.offending())
        .containsExactly(
            "3 metadata.name \"Web\"",
            "6 spec.ports[0].port 99999",
            "7 spec.ports[0].nodePort not supported yet",
            "8 spec.selektor unknown field",
            "11  expected ',' or ']', but got <stream end>",
            "18 spec.rules[0].matches[0].path.value \"books\"",
            "19 spec.rules[0].backendRefs[0].port missing");
    assertThat(result.errors().getFirst())
        .hasToString(
            "bad.yaml:3: Service default/Web: metadata.name: \"Web\" (expected: 1 to 63 lower-case"
                + " letters, digits and '-' (RFC 1123 label))");
  }

  @Test
  void namesTheKindsItKnowsAndTheRightVersion() {
    assertThat(errorOf("{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {}}"))
        .startsWith(
            "kind: \"Pod\" is not supported (expected: one of Service, WorkloadEntry, Gateway,");
    assertThat(
            errorOf(
                "{apiVersion: gateway.networking.k8s.io/v1beta1, kind: Gateway, metadata: {name:"
                    + " a}, spec: {}}"))
        .isEqualTo(
            "apiVersion: \"gateway.networking.k8s.io/v1beta1\" (expected:"
                + " gateway.networking.k8s.io/v1)");
  }

  @Test
  void refusesWhatIsNotSupportedYetByName() {
    assertThat(route("rules: [{filters: [{type: ExternalAuth, externalAuth: {}}]}]"))
        .startsWith("spec.rules[0].filters[0].type: \"ExternalAuth\" (expected: one of CORS,");
    assertThat(route("useDefaultGateways: All\n  rules: [{}]"))
        .isEqualTo("spec.useDefaultGateways: not supported yet (expected: left out)");
    assertThat(
            errorOf(
                """
                apiVersion: gateway.networking.k8s.io/v1
                kind: Gateway
                metadata: {name: a}
                spec: {gatewayClassName: h, listeners: [{name: l, port: 443, protocol: UDP}]}
                """))
        .isEqualTo("spec.listeners[0].protocol: \"UDP\" (expected: one of HTTP, HTTPS, TLS, TCP)");
  }

  @Test
  void holdsToTheGatewayApisRules() {
    assertThat(route("rules: [{timeouts: {request: 1s, backendRequest: 2s}}]"))
        .startsWith("spec.rules[0].timeouts.backendRequest: longer than the request timeout");
    assertThat(route("rules: [{matches: [{path: {type: RegularExpression, value: '('}}]}]"))
        .contains("a regular expression (RE2)");
    assertThat(route("rules: [{backendRefs: [{name: a, port: 80, weight: 1000001}]}]"))
        .contains("weight: 1000001 (expected: a whole number, 0 to 1000000)");
    assertThat(
            route(
                "rules: [{matches: [{path: {type: Exact, value: /a}}], filters: [{type: URLRewrite,"
                    + " urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch:"
                    + " /b}}}]}]"))
        .contains("exactly one match, of a PathPrefix");
    assertThat(route("hostnames: [10.0.0.1]")).contains("hostnames[0]");
    assertThat(route("rules: []")).startsWith("spec.rules: no rule");
    assertThat(route("rules: [{matches: [{path: {value: /a/../b}}]}]"))
        .contains("an absolute path in normal form");
  }

  @Test
  void zeroTimeoutIsNotTheSameAsNone() {
    ParseResult result = ObjectParser.parse("x", routeText("rules: [{timeouts: {request: 0s}}]"));
    assertThat(result.errors()).isEmpty();
    HttpRouteSpec spec = (HttpRouteSpec) result.objects().getFirst().spec();
    assertThat(spec.rules().getFirst().timeouts().request())
        .isEqualTo(RouteTimeout.Disabled.DISABLED);
    assertThat(spec.rules().getFirst().timeouts().backendRequest()).isEqualTo(RouteTimeout.UNSET);
  }

  @Test
  void refusesAliasesAnchorsTagsAndDuplicateFields() {
    assertThat(errorOf("a: &x [1]\nb: *x")).contains("anchor &x");
    assertThat(errorOf("a: *x")).contains("alias *x");
    assertThat(errorOf("a: !!java.lang.Runtime {}")).contains("a tag");
    assertThat(errorOf("a: 1\na: 2")).contains("field \"a\" stands twice");
  }

  @Test
  void boundsDepthAndSize() {
    assertThat(errorOf("[".repeat(100_000))).contains("nested more than 64 deep");
    assertThat(errorOf("{\"a\":".repeat(100_000))).isNotEmpty();
    assertThat(errorOf("#".repeat(4 * 1024 * 1024 + 1))).contains("more than 4 MiB");
    String many = "---\nkind: x\napiVersion: y\n".repeat(10_002);
    assertThat(ObjectParser.parse("x", many).errors()).hasSize(1001);
  }

  @Test
  void takesAnObjectOnceOverAllTexts() {
    String text =
        "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 80}]}}";
    ParseResult result =
        ObjectParser.parse(List.of(new SourceText("one", text), new SourceText("two", text)));
    assertThat(result.errors()).hasSize(1);
    assertThat(result.errors().getFirst().offending()).isEqualTo("the same object as at one:1");
  }

  @Test
  void readsListsAndDropsStatus() {
    ParseResult result =
        ObjectParser.parse(
            "list.json",
            """
            {"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "resourceVersion": "7"},
             "spec": {"ports": [{"port": 80}]}, "status": {"conditions": []}},
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "b"},
             "spec": {"ports": [{"port": "80"}]}}]}
            """);
    assertThat(result.objects().getFirst().metadata().resourceVersion()).isEqualTo("7");
    assertThat(result.errors()).hasSize(1);
    assertThat(result.errors().getFirst().line()).isEqualTo(5);
    assertThat(result.errors().getFirst().offending()).isEqualTo("\"80\"");
  }

  @Test
  void emptyTextsHoldNothing() {
    for (String text : new String[] {"", "# only a comment\n", "---\n---\n", "\ufeff"}) {
      assertThat(ObjectParser.parse("x", text)).isEqualTo(new ParseResult(List.of(), List.of()));
    }
  }

  @Test
  void takesAnEmptyPrefixReplacementButNoEmptyPath() {
    String rewrite =
        "rules: [{filters: [{type: URLRewrite, urlRewrite: {path: {type: %s, %s: \"\"}}}]}]";
    ParseResult prefix =
        ObjectParser.parse(
            "x", routeText(rewrite.formatted("ReplacePrefixMatch", "replacePrefixMatch")));
    assertThat(prefix.errors()).isEmpty();
    ResourceObject read = prefix.objects().getFirst();
    String written = ObjectWriter.toTree(read).toString();
    assertThat(ObjectParser.parse("x", written).objects()).containsExactly(read);
    assertThat(route(rewrite.formatted("ReplaceFullPath", "replaceFullPath")))
        .contains("replaceFullPath: \"\" (expected: an absolute path");
  }

  @Test
  void saysWhenATextStandsUnquoted() {
    assertThat(
            errorOf(
                "{apiVersion: v1, kind: Service, metadata: {name: a, labels: {version: 2}}, spec:"
                    + " {ports: [{port: 80}]}}"))
        .startsWith("metadata.labels.version: 2 (expected: ")
        .contains("in quotes to be a text");
  }

  private static String routeText(String spec) {
    return "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r}\nspec:\n"
        + "  parentRefs: [{name: edge}]\n  "
        + spec;
  }

  private static String route(String spec) {
    return errorOf(routeText(spec));
  }

  private static String errorOf(String text) {
    ParseResult result = ObjectParser.parse("x", text);
    assertThat(result.errors()).isNotEmpty();
    ObjectError first = result.errors().getFirst();
    return (first.field().isEmpty() ? "" : first.field() + ": ")
        + first.offending()
        + " (expected: "
        + first.expected()
        + ")";
  }
}
