package io.heddle.control.core.translate;

import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.route.v3.Route;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RouteBinderTest {
  private static String route(String parent, String backend) {
    return """
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: r}
    spec:
      parentRefs: [%s]
      hostnames: [shop.example.com]
      rules:
      - backendRefs: [%s]
    """
        .formatted(parent, backend);
  }

  private static final String TO_SERVICE = "{group: \"\", kind: Service, name: web}";
  private static final String GATEWAY =
      """
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: Gateway
      metadata: {name: edge}
      spec:
        gatewayClassName: heddle
        listeners: [{name: http, port: 8000, protocol: HTTP, hostname: "*.example.com"}]
      """;

  private static Produce produce(String yaml) {
    return new Produce()
        .with(yaml)
        .node("n", Inputs.sidecar("default", "web"))
        .node("e", Inputs.gateway("edge"))
        .translate();
  }

  private static Verdict.Claim claim(Produce produce, String type) {
    Verdict verdict = produce.verdicts.get(ObjectKey.of(Kind.HTTP_ROUTE, "r"));
    assertThat(verdict).isNotNull();
    if (verdict == null) {
      throw new AssertionError();
    }
    return verdict.claims().stream().filter(c -> c.type().equals(type)).findFirst().orElseThrow();
  }

  private static List<Route> webRoutes(Produce produce) {
    return produce.routes("outbound/default").getVirtualHosts(0).getRoutesList();
  }

  @Test
  void acceptsARouteOfAService() {
    Produce produce = produce(Inputs.service("web") + route(TO_SERVICE, "{name: web, port: 80}"));
    assertThat(claim(produce, Verdict.ACCEPTED).holds()).isTrue();
    assertThat(claim(produce, Verdict.RESOLVED_REFS).holds()).isTrue();
    assertThat(webRoutes(produce)).hasSize(1);
  }

  @Test
  void namesAParentThatDoesNotExist() {
    Verdict.Claim claim =
        claim(produce(route(TO_SERVICE, "{name: web, port: 80}")), Verdict.ACCEPTED);
    assertThat(claim.reason()).isEqualTo("NoMatchingParent");
    assertThat(claim.message()).contains("Service default/web");
  }

  @Test
  void answers500ForABackendThatDoesNotExist() {
    Produce produce = produce(Inputs.service("web") + route(TO_SERVICE, "{name: gone, port: 80}"));
    Verdict.Claim claim = claim(produce, Verdict.RESOLVED_REFS);
    assertThat(claim.reason()).isEqualTo("BackendNotFound");
    assertThat(claim.message()).contains("spec.rules[0].backendRefs[0]", "default/gone");
    assertThat(webRoutes(produce).getFirst().getDirectResponse().getStatus()).isEqualTo(500);
  }

  @Test
  void keepsTheShareOfTheOtherBackends() {
    Produce produce =
        produce(
            Inputs.service("web")
                + route(
                    TO_SERVICE,
                    "{name: gone, port: 80, weight: 1}, {name: web, port: 80, weight: 3}"));
    var action = webRoutes(produce).getFirst().getRoute();
    assertThat(action.getWeightedClusters().getClustersList())
        .extracting(c -> c.getName() + " " + c.getWeight().getValue())
        .containsExactly("unresolved 1", "default/web 3");
    assertThat(action.getClusterNotFoundResponseCode().name()).isEqualTo("INTERNAL_SERVER_ERROR");
  }

  @Test
  void refusesABackendOfAnotherNamespace() {
    Produce produce =
        produce(
            Inputs.service("web") + route(TO_SERVICE, "{name: web, namespace: other, port: 80}"));
    assertThat(claim(produce, Verdict.RESOLVED_REFS).reason()).isEqualTo("RefNotPermitted");
  }

  private static String otherService(String name) {
    return Inputs.service(name)
        .replace("{name: " + name + "}", "{name: %s, namespace: other}".formatted(name));
  }

  @Test
  void sendsToTheNamespaceOfASteeredServiceFromSidecarsButNotFromAGateway() {
    String steered = "{group: \"\", kind: Service, name: web, namespace: other}";
    String secret = "{name: secret, namespace: other, port: 80}";
    String services = Inputs.service("web") + otherService("web") + otherService("secret");
    Produce consumer = produce(services + route(steered, secret));
    assertThat(claim(consumer, Verdict.RESOLVED_REFS).holds()).isTrue();
    assertThat(consumer.routes("outbound/default").toString()).contains("other/secret");

    Produce both = produce(services + GATEWAY + route(steered + ", {name: edge}", secret));
    assertThat(both.routes("outbound/default").toString()).contains("other/secret");
    var host = both.routes("gateway/default/edge/8000").getVirtualHosts(1);
    assertThat(host.getName()).isEqualTo("shop.example.com");
    assertThat(host.getRoutes(0).getDirectResponse().getStatus()).isEqualTo(500);
    Verdict.Claim claim = claim(both, Verdict.RESOLVED_REFS);
    assertThat(claim.reason()).isEqualTo("RefNotPermitted");
    assertThat(claim.message())
        .contains("spec.rules[0].backendRefs[0]", "other/secret", "at a Gateway");
  }

  @Test
  void resolvesOnceTheServiceComes() {
    Produce produce = produce(Inputs.service("web") + route(TO_SERVICE, "{name: late, port: 80}"));
    produce.with(Inputs.service("late")).translate();
    assertThat(claim(produce, Verdict.RESOLVED_REFS).holds()).isTrue();
    assertThat(produce.routes("outbound/default").toString()).contains("default/late");
  }

  @Test
  void attachesToAGatewayByHostname() {
    Produce produce =
        produce(Inputs.service("web") + GATEWAY + route("{name: edge}", "{name: web, port: 80}"));
    assertThat(claim(produce, Verdict.ACCEPTED).holds()).isTrue();
    assertThat(produce.routes("gateway/default/edge/8000").getVirtualHostsList())
        .extracting(h -> h.getName() + " " + h.getRoutesCount())
        .containsExactly("*.example.com 0", "shop.example.com 1");
  }

  @Test
  void saysWhyAGatewayDoesNotTakeARoute() {
    String backend = "{name: web, port: 80}";
    assertThat(
            claim(
                    produce(
                        GATEWAY.replace("*.example.com", "*.example.org")
                            + route("{name: edge}", backend)),
                    Verdict.ACCEPTED)
                .reason())
        .isEqualTo("NoMatchingListenerHostname");
    assertThat(
            claim(
                    produce(GATEWAY + route("{name: edge, sectionName: tls}", backend)),
                    Verdict.ACCEPTED)
                .reason())
        .isEqualTo("NoMatchingParent");
    assertThat(
            claim(
                    produce(GATEWAY + route("{name: edge, namespace: prod}", backend)),
                    Verdict.ACCEPTED)
                .reason())
        .isEqualTo("NoMatchingParent");
  }
}
