package io.heddle.cli.istio;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.cli.output.Documents;
import io.heddle.cli.output.Finding;
import io.heddle.control.api.document.ObjectParser;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of VirtualServices and DestinationRules, field by field. */
class IstioImportTest {
  private static final String TO_REVIEWS =
      "\"route\": [{\"destination\": {\"host\": \"reviews\", \"port\": {\"number\": 9080}}}]";
  private static final String REVIEWS = "{\"name\": \"reviews\", \"port\": 9080}";

  private ArrayNode objects = new ObjectMapper().createArrayNode();
  private List<String> notes = new ArrayList<>();

  /** JSON is YAML as well. */
  private void run(String... documents) {
    IstioImport istio = new IstioImport();
    for (String document : documents) {
      istio.add("in.yaml", document);
    }
    objects = istio.run();
    notes =
        istio.notes().all().stream()
            .map((Finding note) -> note.code() + " " + note.subject() + ": " + note.message())
            .toList();
    for (JsonNode object : objects) {
      assertThat(ObjectParser.parse("out.yaml", Documents.yaml(object)).errors()).isEmpty();
    }
  }

  private static String virtualService(String spec) {
    return """
    {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService",
     "metadata": {"name": "reviews"}, "spec": {%s}}\
    """
        .formatted(spec);
  }

  private static String http(String route) {
    return virtualService("\"hosts\": [\"reviews\"], \"http\": [{" + route + "}]");
  }

  private static String destinationRule(String spec) {
    return """
    {"apiVersion": "networking.istio.io/v1beta1", "kind": "DestinationRule",
     "metadata": {"name": "reviews"}, "spec": {"host": "reviews", %s}}\
    """
        .formatted(spec);
  }

  private static JsonNode json(String text) throws JsonProcessingException {
    return new ObjectMapper().readTree(text);
  }

  /** The objects' kinds and names. */
  private List<String> made() {
    List<String> names = new ArrayList<>();
    objects.forEach(object ->
        names.add(object.path("kind").asText() + "/" + object.at("/metadata/name").asText()));
    return names;
  }

  /** An http route, what becomes of its rule, and what is said of it. */
  static Stream<Arguments> rules() {
    String backends = "\"backendRefs\": [" + REVIEWS + "]";
    return Stream.of(
        rule("a route to a Service", TO_REVIEWS, "{" + backends + "}"),
        rule(
            "an exact path and a method",
            "\"match\": [{\"uri\": {\"exact\": \"/a\"}, \"method\": {\"exact\": \"GET\"}}],"
                + TO_REVIEWS,
            "{\"matches\": [{\"path\": {\"type\": \"Exact\", \"value\": \"/a\"},"
                + " \"method\": \"GET\"}], "
                + backends
                + "}"),
        rule(
            "a prefix, which is of whole segments here",
            "\"match\": [{\"uri\": {\"prefix\": \"/a\"}}]," + TO_REVIEWS,
            "{\"matches\": [{\"path\": {\"type\": \"PathPrefix\", \"value\": \"/a\"}}], "
                + backends
                + "}",
            "HDL-5002 http[0].match[0].uri.prefix: matches whole segments only: not /ax"),
        rule(
            "the root, which is the same",
            "\"match\": [{\"uri\": {\"prefix\": \"/\"}}]," + TO_REVIEWS,
            "{\"matches\": [{\"path\": {\"type\": \"PathPrefix\", \"value\": \"/\"}}], "
                + backends
                + "}"),
        rule(
            "regular expressions",
            "\"match\": [{\"uri\": {\"regex\": \"/v[0-9]+\"}, \"queryParams\": {\"q\": {\"regex\":"
                + " \"a|b\"}}}],"
                + TO_REVIEWS,
            "{\"matches\": [{\"path\": {\"type\": \"RegularExpression\", \"value\": \"/v[0-9]+\"},"
                + " \"queryParams\": [{\"type\": \"RegularExpression\", \"name\": \"q\","
                + " \"value\": \"a|b\"}]}], "
                + backends
                + "}"),
        rule(
            "headers: exact, by prefix, and any",
            "\"match\": [{\"headers\": {\"x-a\": {\"exact\": \"1\"}, \"x-b\": {\"prefix\":"
                + " \"v1.\"}, \"x-c\": {}}}],"
                + TO_REVIEWS,
            "{\"matches\": [{\"headers\": ["
                + "{\"type\": \"Exact\", \"name\": \"x-a\", \"value\": \"1\"},"
                + "{\"type\": \"RegularExpression\", \"name\": \"x-b\", \"value\": \"v1\\\\..*\"},"
                + "{\"type\": \"RegularExpression\", \"name\": \"x-c\", \"value\": \".*\"}]}], "
                + backends
                + "}"),
        rule(
            "weights",
            "\"route\": [{\"destination\": {\"host\": \"a\", \"port\": {\"number\": 80}},"
                + " \"weight\": 90}, {\"destination\": {\"host\": \"b.other.svc.cluster.local\","
                + " \"port\": {\"number\": 81}}, \"weight\": 10}]",
            "{\"backendRefs\": [{\"name\": \"a\", \"port\": 80, \"weight\": 90},"
                + "{\"name\": \"b\", \"namespace\": \"other\", \"port\": 81, \"weight\": 10}]}"),
        rule(
            "headers of the rule and of a destination",
            "\"headers\": {\"request\": {\"set\": {\"x-a\": \"1\"}, \"remove\": [\"x-b\"]}},"
                + " \"route\": [{\"destination\": {\"host\": \"reviews\", \"port\": {\"number\":"
                + " 9080}}, \"headers\": {\"response\": {\"add\": {\"x-c\": \"2\"}}}}]",
            "{\"filters\": [{\"type\": \"RequestHeaderModifier\", \"requestHeaderModifier\":"
                + " {\"set\": [{\"name\": \"x-a\", \"value\": \"1\"}], \"remove\": [\"x-b\"]}}],"
                + " \"backendRefs\": [{\"filters\": [{\"type\": \"ResponseHeaderModifier\","
                + " \"responseHeaderModifier\": {\"add\": [{\"name\": \"x-c\", \"value\":"
                + " \"2\"}]}}], \"name\": \"reviews\", \"port\": 9080}]}"),
        rule(
            "a rewritten prefix",
            "\"match\": [{\"uri\": {\"prefix\": \"/\"}}], \"rewrite\": {\"uri\": \"/v2\","
                + " \"authority\": \"r.example\"},"
                + TO_REVIEWS,
            "{"
                + backends
                + ", \"matches\": [{\"path\": {\"type\": \"PathPrefix\", \"value\": \"/\"}}],"
                + " \"filters\": [{\"type\": \"URLRewrite\", \"urlRewrite\": {\"hostname\":"
                + " \"r.example\", \"path\": {\"type\": \"ReplacePrefixMatch\","
                + " \"replacePrefixMatch\": \"/v2\"}}}]}"),
        rule(
            "a rewritten path",
            "\"match\": [{\"uri\": {\"exact\": \"/a\"}}], \"rewrite\": {\"uri\": \"/b\"},"
                + TO_REVIEWS,
            "{"
                + backends
                + ", \"matches\": [{\"path\": {\"type\": \"Exact\", \"value\": \"/a\"}}],"
                + " \"filters\": [{\"type\": \"URLRewrite\", \"urlRewrite\": {\"path\": {\"type\":"
                + " \"ReplaceFullPath\", \"replaceFullPath\": \"/b\"}}}]}"),
        rule(
            "a redirect",
            "\"redirect\": {\"uri\": \"/new\", \"authority\": \"new.example\", \"redirectCode\":"
                + " 308, \"scheme\": \"https\", \"port\": 8443}",
            "{\"filters\": [{\"type\": \"RequestRedirect\", \"requestRedirect\": {\"scheme\":"
                + " \"https\", \"hostname\": \"new.example\", \"path\": {\"type\":"
                + " \"ReplaceFullPath\", \"replaceFullPath\": \"/new\"}, \"port\": 8443,"
                + " \"statusCode\": 308}}]}"),
        rule(
            "a redirect's derived port",
            "\"redirect\": {\"scheme\": \"https\", \"derivePort\": \"FROM_REQUEST_PORT\"}",
            "{\"filters\": [{\"type\": \"RequestRedirect\", \"requestRedirect\": {\"scheme\":"
                + " \"https\", \"statusCode\": 301}}]}",
            "HDL-5001 http[0].redirect.derivePort: the port follows from scheme and `port`"),
        rule(
            "timeouts and retries",
            "\"timeout\": \"5s\", \"retries\": {\"attempts\": 3, \"perTryTimeout\": \"1.5s\","
                + " \"retryOn\": \"gateway-error,connect-failure,429\"},"
                + TO_REVIEWS,
            "{\"retry\": {\"attempts\": 3, \"codes\": [429, 502, 503, 504]}, \"timeouts\":"
                + " {\"request\": \"5s\", \"backendRequest\": \"1s500ms\"}, "
                + backends
                + "}"),
        rule(
            "retries that are no statuses, or too many",
            "\"retries\": {\"attempts\": 20, \"retryOn\": \"5xx,retriable-4xx\"}," + TO_REVIEWS,
            "{\"retry\": {\"attempts\": 10, \"codes\": [500, 502, 503, 504]}, " + backends + "}",
            "HDL-5002 http[0].retries.attempts: 20 (expected: at most 10): 10",
            "HDL-5002 http[0].retries.retryOn: 5xx: 500, 502, 503 and 504",
            "HDL-5002 http[0].retries.retryOn: retriable-4xx is no status: it is not tried again"
                + " for it"),
        rule(
            "a mirror, and a share of it",
            "\"mirror\": {\"host\": \"shadow\", \"port\": {\"number\": 80}}, \"mirrorPercentage\":"
                + " {\"value\": 0.5},"
                + TO_REVIEWS,
            "{\"filters\": [{\"type\": \"RequestMirror\", \"requestMirror\": {\"backendRef\":"
                + " {\"name\": \"shadow\", \"port\": 80}, \"fraction\": {\"numerator\": 5000,"
                + " \"denominator\": 1000000}}}], "
                + backends
                + "}"),
        rule(
            "CORS",
            "\"corsPolicy\": {\"allowOrigins\": [{\"exact\": \"https://a.example\"}, {\"regex\":"
                + " \".*\"}], \"allowMethods\": [\"GET\"], \"maxAge\": \"24h\","
                + " \"allowCredentials\": true},"
                + TO_REVIEWS,
            "{\"filters\": [{\"type\": \"CORS\", \"cors\": {\"allowOrigins\":"
                + " [\"https://a.example\"], \"allowMethods\": [\"GET\"], \"maxAge\": 86400,"
                + " \"allowCredentials\": true}}], "
                + backends
                + "}",
            "HDL-5001 http[0].corsPolicy.allowOrigins[1].regex: an origin is said whole, or with"
                + " \"*.\" before its domain"),
        rule(
            "faults",
            "\"fault\": {\"abort\": {\"httpStatus\": 500}}," + TO_REVIEWS,
            "{" + backends + "}",
            "HDL-5001 http[0].fault: faults cannot be injected here"),
        rule(
            "a field that nobody knows",
            "\"surprise\": 1," + TO_REVIEWS,
            "{" + backends + "}",
            "HDL-5001 http[0].surprise: there is nothing of the kind here"),
        rule(
            "no port, where no Service says it",
            "\"route\": [{\"destination\": {\"host\": \"reviews\"}}]",
            "{\"backendRefs\": [{\"name\": \"reviews\", \"port\": 80}]}",
            "HDL-5002 http[0].route[0].destination.port: is not said, and no Service of these files"
                + " says it: 80 was taken"),
        rule(
            "a destination outside of the mesh",
            "\"route\": [{\"destination\": {\"host\": \"api.example.com\"}, \"weight\": 1},"
                + " {\"destination\": {\"host\": \"reviews\", \"port\": {\"number\": 9080}},"
                + " \"weight\": 9}]",
            "{\"backendRefs\": [{\"name\": \"reviews\", \"port\": 9080, \"weight\": 9}]}",
            "HDL-5001 http[0].route[0].destination.host: \"api.example.com\" is outside of the mesh"
                + " (expected: a Service)"),
        rule(
            "a subset that nobody defines",
            "\"route\": [{\"destination\": {\"host\": \"reviews\", \"subset\": \"v9\", \"port\":"
                + " {\"number\": 80}}}]",
            "{\"backendRefs\": [{\"name\": \"reviews-v9\", \"port\": 80}]}",
            "HDL-5002 http[0].route[0].destination.subset: no DestinationRule of these files"
                + " defines it: the Service reviews-v9 has to be made"));
  }

  private static Arguments rule(String what, String route, String rule, String... notes) {
    return Arguments.of(what, route, rule, List.of(notes));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("rules")
  void aRule(String what, String route, String rule, List<String> expected)
      throws JsonProcessingException {
    run(http(route));
    assertThat(made()).as(what).containsExactly("HTTPRoute/reviews");
    assertThat(objects.at("/0/spec/rules/0")).isEqualTo(json(rule));
    assertThat(objects.at("/0/spec/parentRefs"))
        .isEqualTo(json("[{\"group\": \"\", \"kind\": \"Service\", \"name\": \"reviews\"}]"));
    assertThat(notes)
        .containsExactlyElementsOf(
            expected.stream()
                .map(note ->
                    note.replaceFirst(" ", " in.yaml: VirtualService default/reviews spec."))
                .toList());
  }

  /** Without a condition a rule would take more than was meant: it is left out as a whole. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"sourceLabels\": {\"app\": \"web\"}",
        "\"withoutHeaders\": {\"x-a\": {}}",
        "\"ignoreUriCase\": true",
        "\"port\": 8080",
        "\"authority\": {\"exact\": \"a.example\"}",
        "\"method\": {\"regex\": \"GET|PUT\"}",
        "\"uri\": {\"prefix\": \"a\"}"
      })
  void aConditionThatCannotBeStatedTakesItsRuleWithIt(String condition) {
    run(http("\"match\": [{" + condition + "}]," + TO_REVIEWS));
    assertThat(objects).isEmpty();
    assertThat(notes)
        .anySatisfy(note -> assertThat(note).startsWith("HDL-5001 ").contains("http[0].match[0]."))
        .anySatisfy(note -> assertThat(note).contains("nothing that it matches could be carried"));
  }

  @Test
  void aRewriteOfSeveralPrefixesIsARuleForEach() {
    run(
        http(
            "\"match\": [{\"uri\": {\"prefix\": \"/a/\"}}, {\"uri\": {\"prefix\": \"/b/\"}}],"
                + " \"rewrite\": {\"uri\": \"/\"},"
                + TO_REVIEWS));
    assertThat(objects.at("/0/spec/rules")).hasSize(2);
    assertThat(objects.at("/0/spec/rules/1/matches/0/path/value").asText()).isEqualTo("/b/");
  }

  @Test
  void aRuleThatIsOvertakenByAMoreSpecificOneIsSaid() {
    run(
        virtualService(
            "\"hosts\": [\"reviews\"], \"http\": [{"
                + TO_REVIEWS
                + "}, {\"match\": [{\"uri\": {\"exact\": \"/a\"}}],"
                + TO_REVIEWS
                + "}]"));
    assertThat(notes)
        .containsExactly(
            "HDL-5002 in.yaml: VirtualService default/reviews spec.http[1]: its match is more"
                + " specific than that of spec.http[0], so that it comes first now");
    run(
        virtualService(
            "\"hosts\": [\"reviews\"], \"http\": [{\"match\": [{\"uri\": {\"exact\": \"/a\"}}],"
                + TO_REVIEWS
                + "}, {"
                + TO_REVIEWS
                + "}]"));
    assertThat(notes).isEmpty();
  }

  @Test
  void gatewaysAndTheMeshAreTwoRoutes() throws JsonProcessingException {
    run(
        virtualService(
            "\"hosts\": [\"reviews\", \"shop.example\"], \"gateways\": [\"istio-system/public\","
                + " \"mesh\"], \"http\": [{"
                + TO_REVIEWS
                + "}]"));
    assertThat(made()).containsExactly("HTTPRoute/reviews", "HTTPRoute/reviews-mesh");
    assertThat(objects.at("/0/spec/parentRefs"))
        .isEqualTo(
            json(
                "[{\"kind\": \"Gateway\", \"name\": \"public\", \"namespace\":"
                    + " \"istio-system\"}]"));
    assertThat(objects.at("/0/spec/hostnames")).isEqualTo(json("[\"reviews\", \"shop.example\"]"));
    assertThat(objects.at("/1/spec/parentRefs")).hasSize(1);
  }

  @Test
  void everyHostOfAGatewayIsNone() {
    run(
        virtualService(
            "\"hosts\": [\"*\"], \"gateways\": [\"public\"], \"http\": [{" + TO_REVIEWS + "}]"));
    assertThat(objects.at("/0/spec").has("hostnames")).isFalse();
    assertThat(notes).isEmpty();
  }

  @Test
  void streamsAttachToGateways() {
    String stream =
        "\"route\": [{\"destination\": {\"host\": \"db\", \"port\": {\"number\": 5432}}}]";
    run(
        virtualService(
            "\"hosts\": [\"db.example\"], \"gateways\": [\"public\"], \"tcp\": [{\"match\":"
                + " [{\"port\": 5432}],"
                + stream
                + "}], \"tls\": [{\"match\": [{\"sniHosts\": [\"db.example\"],"
                + " \"destinationSubnets\": [\"10.0.0.0/8\"]}],"
                + stream
                + "}]"));
    assertThat(made()).containsExactly("TLSRoute/reviews", "TCPRoute/reviews");
    assertThat(objects.at("/1/spec/parentRefs/0/port").asInt()).isEqualTo(5432);
    assertThat(notes)
        .containsExactly(
            "HDL-5001 in.yaml: VirtualService default/reviews"
                + " spec.tls[0].match[0].destinationSubnets: there is nothing of the kind here");
    run(virtualService("\"hosts\": [\"db\"], \"tcp\": [{" + stream + "}]"));
    assertThat(objects).isEmpty();
    assertThat(notes).singleElement().asString().contains("attaches to Gateways only");
  }

  @Test
  void whatHasNoAnswerIsLeftOut() {
    run(http("\"directResponse\": {\"status\": 503}"));
    assertThat(objects).isEmpty();
    assertThat(notes).anySatisfy(note -> assertThat(note).contains("directResponse"));
    run(http("\"delegate\": {\"name\": \"other\"}"));
    assertThat(notes).anySatisfy(note -> assertThat(note).contains("http[0].delegate"));
  }

  @Test
  void subsetsAreServicesWithTheLabelsOfTheirs() throws JsonProcessingException {
    run(
        "{\"apiVersion\": \"v1\", \"kind\": \"Service\", \"metadata\": {\"name\": \"reviews\"},"
            + " \"spec\": {\"selector\": {\"app\": \"reviews\"}, \"ports\": [{\"port\": 9080}]}}",
        http("\"route\": [{\"destination\": {\"host\": \"reviews\", \"subset\": \"v1\"}}]"),
        destinationRule(
            "\"trafficPolicy\": {\"loadBalancer\": {\"simple\": \"RANDOM\"}}, \"subsets\":"
                + " [{\"name\": \"v1\", \"labels\": {\"version\": \"v1\"}}, {\"name\": \"v2\","
                + " \"labels\": {\"version\": \"v2\"}, \"trafficPolicy\": {\"loadBalancer\":"
                + " {\"simple\": \"ROUND_ROBIN\"}}}]"));
    assertThat(notes).isEmpty();
    assertThat(made())
        .containsExactly(
            "HTTPRoute/reviews",
            "Service/reviews-v1",
            "Service/reviews-v2",
            "BackendTrafficPolicy/reviews-v2",
            "BackendTrafficPolicy/reviews");
    assertThat(objects.at("/0/spec/rules/0/backendRefs/0"))
        .isEqualTo(json("{\"name\": \"reviews-v1\", \"port\": 9080}"));
    assertThat(objects.at("/1/spec"))
        .isEqualTo(
            json(
                "{\"selector\": {\"app\": \"reviews\", \"version\": \"v1\"}, \"ports\": [{\"port\":"
                    + " 9080}]}"));
    assertThat(objects.at("/3/spec/loadBalancer/type").asText()).isEqualTo("RoundRobin");
    assertThat(objects.at("/4/spec/targetRefs/1/name").asText()).isEqualTo("reviews-v1");
  }

  /** A trafficPolicy, the fields that come of it, and what is said. */
  static Stream<Arguments> policies() {
    return Stream.of(
        rule(
            "by least requests, slowly at first",
            "\"loadBalancer\": {\"simple\": \"LEAST_REQUEST\", \"warmupDurationSecs\": \"30s\"}",
            "{\"loadBalancer\": {\"type\": \"LeastRequest\", \"slowStart\": {\"window\":"
                + " \"30s\"}}}"),
        rule(
            "by a header",
            "\"loadBalancer\": {\"consistentHash\": {\"httpHeaderName\": \"x-user\","
                + " \"minimumRingSize\": 1024}}",
            "{\"loadBalancer\": {\"type\": \"ConsistentHash\", \"consistentHash\": {\"type\":"
                + " \"Header\", \"header\": {\"name\": \"x-user\"}}}}",
            "HDL-5001 loadBalancer.consistentHash.minimumRingSize: hosts are found by Maglev's"
                + " table, not by a ring"),
        rule(
            "by a cookie",
            "\"loadBalancer\": {\"consistentHash\": {\"httpCookie\": {\"name\": \"user\", \"ttl\":"
                + " \"60s\"}, \"maglev\": {\"tableSize\": 65537}}}",
            "{\"loadBalancer\": {\"type\": \"ConsistentHash\", \"consistentHash\": {\"type\":"
                + " \"Cookie\", \"cookie\": {\"name\": \"user\", \"ttl\": \"1m\"}, \"tableSize\":"
                + " 65537}}}"),
        rule(
            "by address",
            "\"loadBalancer\": {\"consistentHash\": {\"useSourceIp\": true}}",
            "{\"loadBalancer\": {\"type\": \"ConsistentHash\", \"consistentHash\": {\"type\":"
                + " \"SourceIP\"}}}"),
        rule(
            "times of connections",
            "\"connectionPool\": {\"tcp\": {\"connectTimeout\": \"30ms\", \"maxConnections\": 100},"
                + " \"http\": {\"idleTimeout\": \"1h\"}}",
            "{\"timeout\": {\"tcp\": {\"connectTimeout\": \"30ms\"}, \"http\":"
                + " {\"connectionIdleTimeout\": \"1h\"}}}",
            "HDL-5001 connectionPool.tcp.maxConnections: limits and breakers of a Service are not"
                + " there yet"),
        rule(
            "outliers",
            "\"outlierDetection\": {\"consecutive5xxErrors\": 7, \"baseEjectionTime\": \"3m\","
                + " \"maxEjectionPercent\": 100, \"minHealthPercent\": 30}",
            "{\"healthCheck\": {\"panicThreshold\": 30, \"passive\": {\"consecutive5XxErrors\": 7,"
                + " \"interval\": \"10s\", \"baseEjectionTime\": \"3m\", \"maxEjectionPercent\":"
                + " 100}}}"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("policies")
  void aPolicy(String what, String policy, String fields, List<String> expected)
      throws JsonProcessingException {
    run(destinationRule("\"trafficPolicy\": {" + policy + "}"));
    assertThat(made()).as(what).containsExactly("BackendTrafficPolicy/reviews");
    ObjectNode spec = (ObjectNode) objects.at("/0/spec").deepCopy();
    assertThat(spec.remove("targetRefs"))
        .isEqualTo(json("[{\"group\": \"\", \"kind\": \"Service\", \"name\": \"reviews\"}]"));
    assertThat(spec).isEqualTo(json(fields));
    assertThat(notes)
        .containsExactlyElementsOf(
            expected.stream()
                .map(note ->
                    note.replaceFirst(
                        " ", " in.yaml: DestinationRule default/reviews spec.trafficPolicy."))
                .toList());
  }

  @Test
  void tlsToAServiceIsAPolicyOfItsOwn() throws JsonProcessingException {
    run(
        destinationRule(
            "\"trafficPolicy\": {\"tls\": {\"mode\": \"SIMPLE\", \"credentialName\": \"ca\","
                + " \"sni\": \"reviews.example\", \"subjectAltNames\": [\"spiffe://a/b\"]}}"));
    assertThat(made()).containsExactly("BackendTLSPolicy/reviews");
    assertThat(objects.at("/0/spec/validation"))
        .isEqualTo(
            json(
                "{\"caCertificateRefs\": [{\"group\": \"\", \"kind\": \"ConfigMap\", \"name\":"
                    + " \"ca\"}], \"hostname\": \"reviews.example\", \"subjectAltNames\":"
                    + " [{\"type\": \"URI\", \"uri\": \"spiffe://a/b\"}]}"));
    assertThat(notes).singleElement().asString().contains("ca.crt");
  }

  @Test
  void tlsThatCannotBeIsSaidToBeMissing() {
    for (String mode : List.of("MUTUAL", "ISTIO_MUTUAL", "SIMPLE")) {
      run(destinationRule("\"trafficPolicy\": {\"tls\": {\"mode\": \"" + mode + "\"}}"));
      assertThat(objects).isEmpty();
      assertThat(notes)
          .singleElement()
          .asString()
          .startsWith("HDL-5001 ")
          .contains("tls.mode: " + mode, "called without TLS");
    }
  }

  @Test
  void portsOfTheirOwnAreLeftOut() {
    run(destinationRule("\"trafficPolicy\": {\"portLevelSettings\": []}, \"exportTo\": [\".\"]"));
    assertThat(objects).isEmpty();
    assertThat(notes)
        .hasSize(2)
        .allSatisfy(note -> assertThat(note).startsWith("HDL-5001 in.yaml: DestinationRule"));
  }

  @Test
  void otherKindsAreNamed() {
    run(
        "{\"apiVersion\": \"networking.istio.io/v1\", \"kind\": \"ServiceEntry\", \"metadata\":"
            + " {\"name\": \"outside\"}}",
        "{\"apiVersion\": \"networking.istio.io/v1\", \"kind\": \"Gateway\", \"metadata\":"
            + " {\"name\": \"public\"}}",
        "{\"apiVersion\": \"security.istio.io/v1\", \"kind\": \"PeerAuthentication\", \"metadata\":"
            + " {\"name\": \"strict\"}}",
        "{\"apiVersion\": \"apps/v1\", \"kind\": \"Deployment\", \"metadata\": {\"name\":"
            + " \"web\"}}");
    assertThat(objects).isEmpty();
    assertThat(notes)
        .hasSize(4)
        .allSatisfy(note -> assertThat(note).startsWith("HDL-5003 in.yaml: "));
    assertThat(notes.getFirst()).contains("WorkloadEntry");
  }

  @Test
  void whatOurParserRefusesIsNamedAndNotPrinted() {
    run(http("\"match\": [{\"uri\": {\"exact\": \"/a//b\"}}]," + TO_REVIEWS));
    assertThat(objects).isEmpty();
    assertThat(notes).singleElement().asString().contains("an absolute path in normal form");
  }
}
