package io.heddle.control.core.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.heddle.control.api.document.ObjectParser;
import io.heddle.control.api.document.ParseResult;
import io.heddle.control.api.registry.Announcement;
import io.heddle.control.api.registry.Health;
import io.heddle.control.api.registry.InstanceKey;
import io.heddle.control.api.registry.Presence;
import io.heddle.control.api.registry.RegisteredInstance;
import io.heddle.control.api.resource.Locality;
import io.heddle.control.core.explain.Explanation.Outcome;
import io.heddle.control.core.translate.HostPort;
import io.heddle.control.core.translate.NodeFacts;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ExplainerTest {
  private static final String OBJECTS =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: web}
      spec: {ports: [{port: 80}]}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: orders}
      spec: {ports: [{port: 80}]}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: canary}
      spec: {ports: [{port: 80}]}
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: split}
      spec:
        parentRefs: [{group: "", kind: Service, name: orders}]
        rules:
        - matches:
          - path: {type: Exact, value: /health}
          filters: [{type: RequestRedirect, requestRedirect: {statusCode: 301}}]
        - matches:
          - path: {type: PathPrefix, value: /v2}
            headers: [{name: x-user, value: "7"}]
            method: POST
          backendRefs: [{name: canary, port: 80}]
        - matches:
          - path: {type: PathPrefix, value: /x}
          backendRefs:
          - {name: orders, port: 80, weight: 3}
          - {name: canary, port: 80, weight: 1}
        - matches:
          - path: {type: PathPrefix, value: /lost}
          backendRefs: [{name: nobody, port: 80}]
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: Gateway
      metadata: {name: edge}
      spec:
        gatewayClassName: heddle
        listeners: [{name: http, protocol: HTTP, port: 8000}]
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: out}
      spec:
        parentRefs: [{name: edge}]
        hostnames: ["*.example"]
        rules: [{backendRefs: [{name: web, port: 80}]}]
      """;

  private static RegisteredInstance instance(String service, int port) {
    Announcement announcement =
        new Announcement(
            new InstanceKey("default", service, service + "-1"),
            "127.0.0.1",
            port,
            8080,
            "http",
            Map.of(),
            Locality.UNKNOWN,
            1,
            Health.HEALTHY,
            "");
    return new RegisteredInstance(announcement, Health.HEALTHY, Presence.LIVE, Instant.EPOCH);
  }

  private static Configuration generated(NodeFacts node) {
    ParseResult parsed = ObjectParser.parse("test.yaml", OBJECTS);
    assertThat(parsed.errors()).isEmpty();
    return Configuration.generated(
        parsed.objects(), List.of(instance("orders", 9001), instance("web", 9002)), node);
  }

  private static Explanation fromWeb(String method, String url, Map<String, List<String>> headers) {
    HostPort nowhere = new HostPort("127.0.0.1", 15001);
    return Explainer.ofSidecar(
        generated(new NodeFacts.Sidecar("default", "web", "web-1", nowhere, nowhere, nowhere)),
        AskedRequest.of(method, url, headers));
  }

  private static Explanation fromWeb(String url) {
    return fromWeb("GET", url, Map.of());
  }

  private static Explanation fromOutside(String url) {
    return Explainer.ofGateway(
        generated(new NodeFacts.GatewayProxy("default", "edge", "127.0.0.1")),
        AskedRequest.of("GET", url, Map.of()));
  }

  @Test
  void followsARequestToItsClusterAndSaysWhyNoEarlierRouteTookIt() {
    Explanation said = fromWeb("http://orders/x?id=1");
    assertThat(said.listener()).isEqualTo("outbound");
    assertThat(said.table()).isEqualTo("outbound/default");
    assertThat(said.version()).isNotEmpty();
    assertThat(said.virtualHost()).isEqualTo("default/orders");
    assertThat(said.domain()).isEqualTo("orders");
    assertThat(said.considered())
        .extracting(one -> one.route() + " " + one.matched() + " " + one.why())
        .contains("default/split/0/0 false path /x is not /health")
        .last()
        .isEqualTo("default/split/2/0 true matches");
    assertThat(said.route()).isEqualTo("default/split/2/0");
    assertThat(said.outcome()).isEqualTo(Outcome.FORWARDED);
    assertThat(said.targets())
        .extracting(target -> target.cluster() + " " + target.share() + " " + target.known())
        .containsExactly("default/canary 25.0 true", "default/orders 75.0 true");
    assertThat(said.targets().get(1).hosts())
        .extracting(host -> host.address() + " " + host.health() + " " + host.weight())
        .containsExactly("127.0.0.1:9001 Healthy 1");
    assertThat(said.targets().get(0).hosts()).isEmpty();
    assertThat(said.policies())
        .extracting(policy -> policy.at() + " " + policy.name() + " " + policy.value())
        .contains("route timeout 15s", "cluster default/orders connect timeout 1s");
    assertThat(said.message()).contains("1 of 2 clusters");
  }

  @Test
  void saysWhatOfAMatchDoesNotHold() {
    assertThat(fromWeb("GET", "http://orders/v2/a", Map.of()).considered())
        .extracting(Explanation.Considered::why)
        .contains("method GET is not POST");
    assertThat(fromWeb("POST", "http://orders/v2/a", Map.of()).considered())
        .extracting(Explanation.Considered::why)
        .contains("header x-user is not there");
    assertThat(fromWeb("POST", "http://orders/v2/a", Map.of("X-User", List.of("8"))).considered())
        .extracting(Explanation.Considered::why)
        .contains("header x-user is not 7")
        .noneMatch(why -> why.contains("8"));
    assertThat(fromWeb("POST", "http://orders/v2/a", Map.of("X-User", List.of("7"))).route())
        .isEqualTo("default/split/1/0");
  }

  @Test
  void saysWhatIsRefusedOrAnsweredOnTheWay() {
    assertThat(fromWeb("http://orders/health").outcome()).isEqualTo(Outcome.REDIRECTED);
    assertThat(fromWeb("http://orders/nothing").message()).contains("no route", "404");
    assertThat(fromWeb("http://nobody/").message()).contains("no virtual host", "nobody", "404");
    assertThat(fromWeb("http://canary/").message()).contains("no endpoint", "503");
    assertThat(fromWeb("http://orders/lost").outcome()).isEqualTo(Outcome.ANSWERED);
  }

  @Test
  void normalisesThePathAsTheListenerDoes() {
    Explanation said = fromWeb("http://orders.default.svc:8080/a/../%78");
    assertThat(said.path()).isEqualTo("/x");
    assertThat(said.route()).isEqualTo("default/split/2/0");
    assertThat(fromOutside("http://a.example:8000/a%2Fb").message()).contains("escaped slash");
  }

  @Test
  void followsARequestFromOutsideByPortAndHostname() {
    Explanation said = fromOutside("http://shop.example:8000/any");
    assertThat(said.outcome()).isEqualTo(Outcome.FORWARDED);
    assertThat(said.domain()).isEqualTo("*.example");
    assertThat(said.targets())
        .extracting(Explanation.Target::cluster)
        .containsExactly("default/web");
    assertThat(fromOutside("http://shop.example/any").message()).contains("port 80", "8000");
    assertThat(fromOutside("http://shop.other:8000/").message()).contains("404");
  }

  @Test
  void saysThatAProxyHoldsNothing() {
    Explanation said =
        Explainer.ofSidecar(
            Configuration.of(List.of()), AskedRequest.of("GET", "http://orders/", Map.of()));
    assertThat(said.outcome()).isEqualTo(Outcome.REFUSED);
    assertThat(said.message()).contains("no outbound listener");
  }

  @Test
  void refusesUrlsThatCannotBeMeant() {
    for (String url :
        List.of("orders/x", "ftp://orders/", "http://", "http://a b/", "http://u@h/")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> AskedRequest.of("GET", url, Map.of()))
          .withMessageContaining("expected");
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AskedRequest.of("GE T", "http://orders/", Map.of()))
        .withMessageContaining("method");
  }
}
