package io.heddle.control.core.translate;

import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.heddle.control.api.document.ObjectParser;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.core.translate.InForce.Setting;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class InForceTest {
  private static final ObjectKey WEB = ObjectKey.of(Kind.SERVICE, "web");
  private static final String POLICY =
      """
      ---
      apiVersion: heddle.io/v1alpha1
      kind: BackendTrafficPolicy
      metadata: {name: p}
      spec:
        targetRefs: [{group: "", kind: Service, name: web}]
        mode: %s
        timeout: {http: {requestTimeout: 250ms}}
        circuitBreaker: {maxParallelRequests: 8, retryBudget: {percent: {numerator: 1, denominator: 8}}}
        retry: {numRetries: 1}
        faultInjection: {abort: {httpStatus: 503, percentage: 0.5}}
      """;
  private static final String ROUTE =
      """
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: r}
      spec:
        parentRefs: [{group: "", kind: Service, name: web}]
        rules:
        - timeouts: {request: 3s}
          retry: {attempts: 0}
          backendRefs: [{name: web, port: 80}]
      ---
      apiVersion: heddle.io/v1alpha1
      kind: BackendTrafficPolicy
      metadata: {name: of-route}
      spec:
        targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: r}]
        requestBuffer: {limit: 1Ki}
      """;

  private static InForce.Answer of(String objects) {
    return InForce.of(ObjectParser.parse("x", Inputs.service("web") + objects).objects(), WEB)
        .orElseThrow();
  }

  private static String value(List<Setting> settings, String field) {
    return settings.stream()
        .filter(setting -> setting.field().equals(field))
        .map(setting -> setting.value() + " from " + setting.from())
        .findFirst()
        .orElse("nothing");
  }

  @Test
  void withoutAPolicyEverythingIsADefault() {
    InForce.Answer answer = of("");
    assertThat(answer.settings()).extracting(Setting::from).containsOnly(Setting.DEFAULT);
    assertThat(value(answer.settings(), "timeout.http.requestTimeout"))
        .isEqualTo("15s from default");
    assertThat(value(answer.settings(), "circuitBreaker.retryBudget.percent"))
        .isEqualTo("20 % from default");
    assertThat(value(answer.settings(), "retry.retryOn.triggers"))
        .isEqualTo("connect-failure,refused-stream,reset-before-request from default");
    assertThat(answer.routes()).isEmpty();
    assertThat(answer.shadow()).isEmpty();
  }

  /** What is told is what is handed out. */
  @Test
  void isWhatProxiesAreTold() {
    InForce.Answer answer = of("");
    Produce produce =
        new Produce()
            .with(Inputs.service("web"))
            .node("n", Inputs.sidecar("default", "web"))
            .translate();
    Cluster cluster = produce.cluster("default/web");
    CircuitBreakers.Thresholds bounds = cluster.getCircuitBreakers().getThresholds(0);
    RouteAction route =
        produce.routes("outbound/default").getVirtualHosts(0).getRoutes(0).getRoute();
    com.google.protobuf.Duration longest =
        route.getRetryPolicy().getRetryBackOff().getMaxInterval();
    assertThat(value(answer.settings(), "timeout.tcp.connectTimeout"))
        .startsWith(cluster.getConnectTimeout().getSeconds() + "s ");
    assertThat(value(answer.settings(), "timeout.http.requestTimeout"))
        .startsWith(route.getTimeout().getSeconds() + "s ");
    assertThat(value(answer.settings(), "circuitBreaker.maxConnections"))
        .startsWith(bounds.getMaxConnections().getValue() + " ");
    assertThat(value(answer.settings(), "circuitBreaker.retryBudget.minRetryConcurrency"))
        .startsWith(bounds.getRetryBudget().getMinRetryConcurrency().getValue() + " ");
    assertThat(value(answer.settings(), "retry.numRetries"))
        .startsWith(route.getRetryPolicy().getNumRetries().getValue() + " ");
    assertThat(value(answer.settings(), "retry.retryOn.triggers"))
        .startsWith(route.getRetryPolicy().getRetryOn() + " ");
    assertThat(value(answer.settings(), "retry.perRetry.backOff.maxInterval"))
        .startsWith(
            Duration.ofSeconds(longest.getSeconds(), longest.getNanos()).toMillis() + "ms ");
    assertThat(value(answer.settings(), "connection.bufferLimit"))
        .startsWith(cluster.getPerConnectionBufferLimitBytes().getValue() + " ");
  }

  @Test
  void namesThePolicyThatStatesAField() {
    List<Setting> settings = of(POLICY.formatted("Enforce")).settings();
    String from = " from BackendTrafficPolicy default/p";
    assertThat(value(settings, "timeout.http.requestTimeout")).isEqualTo("250ms" + from);
    assertThat(value(settings, "circuitBreaker.maxParallelRequests")).isEqualTo("8" + from);
    assertThat(value(settings, "circuitBreaker.retryBudget.percent")).isEqualTo("12.5 %" + from);
    assertThat(value(settings, "faultInjection.abort")).isEqualTo("503 at 0.5 %" + from);
    assertThat(value(settings, "retry.numRetries")).isEqualTo("1" + from);
    assertThat(value(settings, "circuitBreaker.maxConnections")).isEqualTo("1024 from default");
  }

  @Test
  void tellsWhatRoutesStateOtherwise() {
    List<Setting> routes = of(ROUTE).routes();
    assertThat(value(routes, "timeouts.request")).isEqualTo("3s from HTTPRoute default/r rule 0");
    assertThat(value(routes, "retry.attempts")).isEqualTo("0 from HTTPRoute default/r rule 0");
    assertThat(value(routes, "requestBuffer.limit"))
        .isEqualTo("1024 from BackendTrafficPolicy default/of-route at HTTPRoute default/r");
    assertThat(routes).hasSize(3);
  }

  @Test
  void tellsWhatAPolicyInShadowWouldChange() {
    InForce.Answer answer = of(POLICY.formatted("Shadow"));
    assertThat(answer.settings()).extracting(Setting::from).containsOnly(Setting.DEFAULT);
    assertThat(value(answer.shadow(), "timeout.http.requestTimeout"))
        .isEqualTo("250ms from BackendTrafficPolicy default/p");
    assertThat(answer.shadow()).extracting(Setting::from).doesNotContain(Setting.DEFAULT);
  }

  @Test
  void knowsNoServiceThatIsNotThere() {
    assertThat(InForce.of(List.of(), WEB)).isEmpty();
  }
}
