package io.heddle.control.core.translate;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.control.api.resource.Kind;
import org.junit.jupiter.api.Test;

final class ReferenceGrantTest {
  private static final String GATEWAY =
      """
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
        - backendRefs: [{name: pay, namespace: money, port: 80}]
          filters:
          - {type: RequestMirror, requestMirror: {backendRef: {name: pay, namespace: money, port: 80}}}
      """;
  private static final String GRANT =
      """
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: ReferenceGrant
      metadata: {name: g, namespace: money}
      spec:
        from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: default}]
        to: [{group: "", kind: Service, name: pay}]
      """;

  private static String claim(Produce produce) {
    return Produce.claim(produce.verdict(Kind.HTTP_ROUTE, "r").claims(), Verdict.RESOLVED_REFS);
  }

  @Test
  void opensAndClosesTheWayToAnotherNamespace() {
    String pay = Inputs.service("pay").replace("{name: pay}", "{name: pay, namespace: money}");
    Produce produce =
        new Produce().with(pay + GATEWAY).node("e", Inputs.gateway("edge")).translate();
    assertThat(claim(produce))
        .startsWith("false RefNotPermitted: spec.rules[0].backendRefs[0]: Service money/pay")
        .contains("filters[0].requestMirror.backendRef", "a ReferenceGrant in namespace money");
    assertThat(produce.routes("gateway/default/edge/8000").toString()).doesNotContain("money/pay");

    produce.with(GRANT).translate();
    assertThat(claim(produce)).startsWith("true");
    assertThat(produce.routes("gateway/default/edge/8000").toString()).contains("money/pay");
    assertThat(produce.has(io.heddle.xds.model.ResourceType.CLUSTER, "money/pay")).isTrue();

    produce.translator.remove(Inputs.object(GRANT).key());
    produce.translate();
    assertThat(claim(produce)).startsWith("false RefNotPermitted");
    assertThat(produce.routes("gateway/default/edge/8000").toString()).doesNotContain("money/pay");
  }

  @Test
  void countsOnlyForWhomItNames() {
    String pay = Inputs.service("pay").replace("{name: pay}", "{name: pay, namespace: money}");
    for (String other :
        new String[] {
          GRANT.replace("kind: HTTPRoute", "kind: GRPCRoute"),
          GRANT.replace("namespace: default", "namespace: elsewhere"),
          GRANT.replace("name: pay}", "name: other}"),
          GRANT.replace("{name: g, namespace: money}", "{name: g}")
        }) {
      Produce produce =
          new Produce().with(pay + GATEWAY + other).node("e", Inputs.gateway("edge")).translate();
      assertThat(claim(produce)).startsWith("false RefNotPermitted");
    }
  }
}
