package io.heddle.control.api.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.control.api.document.ObjectParser;
import io.heddle.control.api.document.ParseResult;
import io.heddle.control.api.registry.Announcement;
import io.heddle.control.api.registry.Health;
import io.heddle.control.api.registry.InstanceKey;
import io.heddle.control.api.registry.Presence;
import io.heddle.control.api.registry.RegisteredInstance;
import io.heddle.control.api.resource.Locality;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class AnalysisTest {
  /** Every object is older than the ones after it. */
  private static Map<ObjectKey, ResourceObject> objects(String yaml) {
    ParseResult parsed = ObjectParser.parse("test.yaml", yaml);
    assertThat(parsed.errors()).isEmpty();
    Map<ObjectKey, ResourceObject> objects = new TreeMap<>();
    for (ResourceObject object : parsed.objects()) {
      String created = Instant.ofEpochSecond(1_700_000_000 + objects.size()).toString();
      objects.put(
          object.key(), object.withMetadata(object.metadata().stored(1, "1", created, "u")));
    }
    return objects;
  }

  private static List<String> found(String yaml) {
    return Analysis.ofFiles(objects(yaml)).stream().map(AnalysisTest::text).toList();
  }

  private static String text(Finding finding) {
    return finding.code().code() + " " + finding.object() + " " + finding.field();
  }

  private static List<String> brought(
      String before, String after, Set<String> touched, RegisteredInstance... instances) {
    Map<ObjectKey, ResourceObject> now = objects(after);
    Map<ObjectKey, ResourceObject> earlier = objects(before);
    Map<ObjectKey, ResourceObject> all = new TreeMap<>(earlier);
    all.putAll(now);
    Set<ObjectKey> keys =
        Set.copyOf(all.keySet().stream().filter(key -> touched.contains(key.name())).toList());
    return Analysis.ofChange(earlier, now, keys, List.of(instances)).stream()
        .map(AnalysisTest::text)
        .toList();
  }

  private static RegisteredInstance instance(String service, Health health) {
    Announcement announcement =
        new Announcement(
            new InstanceKey("default", service, service + "-1"),
            "127.0.0.1",
            9000,
            8080,
            "http",
            Map.of(),
            Locality.UNKNOWN,
            1,
            health,
            "");
    return new RegisteredInstance(announcement, health, Presence.LIVE, Instant.EPOCH);
  }

  private static String service(String name) {
    return """
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: %s}
    spec: {ports: [{port: 80}]}
    """
        .formatted(name);
  }

  private static String route(String name, String parent, String rules) {
    return """
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: %s}
    spec:
      parentRefs: [%s]
      rules: %s
    """
        .formatted(name, parent, rules);
  }

  private static final String GATEWAY =
      """
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: Gateway
      metadata: {name: edge}
      spec:
        gatewayClassName: heddle
        listeners: [{name: http, protocol: HTTP, port: 80}]
      """;
  private static final String AT_EDGE = "{name: edge}";
  private static final String AT_WEB = "{group: \"\", kind: Service, name: web}";

  @Test
  void findsNothingInWhatIsWell() {
    assertThat(
            found(
                service("web")
                    + GATEWAY
                    + route("r", AT_EDGE, "[{backendRefs: [{name: web, port: 80}]}]")))
        .isEmpty();
  }

  @Test
  void findsBackendsAndParentsThatAreNotThere() {
    assertThat(
            found(
                service("web")
                    + route(
                        "r",
                        "{name: nowhere}",
                        "[{backendRefs: [{name: nobody, port: 80}, {name: web, port: 81}]}]")))
        .containsExactly(
            "HDL-4008 HTTPRoute default/r spec.parentRefs[0]",
            "HDL-4001 HTTPRoute default/r spec.rules[0].backendRefs[0]",
            "HDL-4001 HTTPRoute default/r spec.rules[0].backendRefs[1]");
  }

  @Test
  void findsAParentThatHasNoSuchListenerOrHostname() {
    String edge = GATEWAY.replace("port: 80", "port: 80, hostname: a.example");
    String web = service("web") + edge;
    String rules = "[{backendRefs: [{name: web, port: 80}]}]";
    assertThat(found(web + route("r", "{name: edge, sectionName: other}", rules)))
        .contains("HDL-4008 HTTPRoute default/r spec.parentRefs[0]");
    assertThat(
            found(
                web
                    + route("r", AT_EDGE, rules)
                        .replace("  rules:", "  hostnames: [b.example]\n  rules:")))
        .contains("HDL-4008 HTTPRoute default/r spec.parentRefs[0]");
  }

  @Test
  void findsRulesThatCanOnlyAnswer500() {
    assertThat(
            found(
                service("web")
                    + route("r", AT_WEB, "[{backendRefs: [{name: web, port: 80, weight: 0}]}]")))
        .containsExactly("HDL-4003 HTTPRoute default/r spec.rules[0].backendRefs");
  }

  @Test
  void findsMatchesThatAnOlderOneTakes() {
    String rules =
        "[{matches: [{path: {type: PathPrefix, value: /a}}], backendRefs: [{name: web, port:"
            + " 80}]}]";
    List<String> found =
        found(
            service("web")
                + route("z-older", AT_WEB, rules)
                + route("a-younger", AT_WEB, rules.replace("/a", "/a/"))
                + route("other", AT_WEB, rules.replace("/a", "/b")));
    assertThat(found)
        .containsExactly("HDL-4002 HTTPRoute default/a-younger spec.rules[0].matches[0]");
  }

  @Test
  void aMatchIsShadowedOnlyWhereItIsSoInEveryPlace() {
    String rules = "[{backendRefs: [{name: web, port: 80}]}]";
    String both = AT_WEB + ", " + AT_EDGE;
    assertThat(
            found(
                service("web")
                    + GATEWAY
                    + route("older", AT_WEB, rules)
                    + route("younger", both, rules)))
        .isEmpty();
    assertThat(
            found(
                service("web")
                    + GATEWAY
                    + route("older", AT_EDGE, rules)
                    + route("younger", AT_EDGE, rules)
                        .replace("  rules:", "  hostnames: [a.example]\n  rules:")))
        .isEmpty();
  }

  @Test
  void aRegexForEveryPathShadowsPrefixes() {
    String backend = "backendRefs: [{name: web, port: 80}]";
    List<String> found =
        found(
            service("web")
                + route(
                    "r",
                    AT_WEB,
                    "[{matches: [{path: {type: PathPrefix, value: /a}}], %s}, {matches: [{path: {type: RegularExpression, value: \"/.*\"}}], %s}]"
                        .formatted(backend, backend)));
    assertThat(found).containsExactly("HDL-4002 HTTPRoute default/r spec.rules[0].matches[0]");
  }

  @Test
  void findsListenersInOnePlaceAndThoseThatNobodyUses() {
    assertThat(found(GATEWAY)).containsExactly("HDL-4005 Gateway default/edge spec.listeners[0]");
    String bound = GATEWAY + "  addresses: [{type: IPAddress, value: 10.0.0.1}]\n";
    assertThat(found(bound + bound.replace("name: edge", "name: other")))
        .contains("HDL-4004 Gateway default/other spec.listeners[0]");
    assertThat(found(bound + bound.replace("edge", "other").replace("10.0.0.1", "10.0.0.2")))
        .noneMatch(finding -> finding.startsWith("HDL-4004"));
  }

  @Test
  void findsEntriesInOnePlaceAndThoseThatNobodySelects() {
    String entry =
        """
        ---
        apiVersion: heddle.io/v1alpha1
        kind: WorkloadEntry
        metadata: {name: %s}
        spec: {address: 10.0.0.1, ports: {http: 8080}, service: %s}
        """;
    assertThat(found(service("web") + entry.formatted("a", "web") + entry.formatted("b", "nobody")))
        .containsExactly(
            "HDL-4009 WorkloadEntry default/b spec.address",
            "HDL-4010 WorkloadEntry default/b spec.service");
  }

  @Test
  void warnsOfARouteThatNobodyCanAnswerYet() {
    String world = service("web") + route("r", AT_WEB, "[{backendRefs: [{name: web, port: 80}]}]");
    assertThat(brought("", world, Set.of("web", "r")))
        .containsExactly("HDL-4007 HTTPRoute default/r spec.rules[0].backendRefs");
    assertThat(brought("", world, Set.of("web", "r"), instance("web", Health.UNHEALTHY)))
        .hasSize(1);
    assertThat(brought("", world, Set.of("web", "r"), instance("web", Health.HEALTHY))).isEmpty();
  }

  @Test
  void refusesToTakeTheLastHealthyEndpointFromARoute() {
    String before =
        service("web")
            + service("new")
            + route("r", AT_WEB, "[{backendRefs: [{name: web, port: 80}]}]");
    String after = before.replace("{name: web, port: 80}", "{name: new, port: 80}");
    RegisteredInstance web = instance("web", Health.HEALTHY);
    assertThat(brought(before, after, Set.of("r"), web))
        .containsExactly("HDL-4006 HTTPRoute default/r spec.rules[0].backendRefs");
    assertThat(brought(before, after, Set.of("r"), web, instance("new", Health.HEALTHY))).isEmpty();
    assertThat(brought(before, after, Set.of("r")))
        .as("what had none loses none")
        .containsExactly("HDL-4007 HTTPRoute default/r spec.rules[0].backendRefs");
    assertThat(brought(before, before.replace(service("web"), ""), Set.of("web"), web))
        .as("a Service that goes takes the route's endpoints along")
        .contains(
            "HDL-4006 HTTPRoute default/r spec.rules[0].backendRefs",
            "HDL-4001 HTTPRoute default/r spec.rules[0].backendRefs[0]");
  }

  @Test
  void refusesASelectorThatLosesEveryEndpoint() {
    String after = service("web").replace("spec: {", "spec: {selector: {version: v9}, ");
    assertThat(brought(service("web"), after, Set.of("web"), instance("web", Health.HEALTHY)))
        .containsExactly("HDL-4006 Service default/web spec.selector");
  }

  @Test
  void tellsOfOthersOnlyWhatIsNew() {
    String broken = route("old", "{name: nowhere}", "[{backendRefs: [{name: nobody, port: 80}]}]");
    assertThat(brought(broken, broken + service("web"), Set.of("web"))).isEmpty();
    assertThat(brought(broken, broken, Set.of("old"))).hasSize(2);
  }

  @Test
  void judgesTheOtherKindsOfRoutesToo() {
    String calls =
        """
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: GRPCRoute
        metadata: {name: calls}
        spec:
          parentRefs: [{group: "", kind: Service, name: web}]
          rules: [{backendRefs: [{name: nobody, port: 80}]}]
        """;
    assertThat(found(service("web") + calls))
        .containsExactly("HDL-4001 GRPCRoute default/calls spec.rules[0].backendRefs[0]");
    String right = calls.replace("nobody", "web");
    assertThat(found(service("web") + right)).isEmpty();
    assertThat(
            brought(
                service("web") + service("new") + right,
                service("web") + service("new") + calls.replace("nobody", "new"),
                Set.of("calls"),
                instance("web", Health.HEALTHY)))
        .containsExactly("HDL-4006 GRPCRoute default/calls spec.rules[0].backendRefs");
  }
}
