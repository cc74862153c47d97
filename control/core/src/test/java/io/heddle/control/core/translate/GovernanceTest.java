package io.heddle.control.core.translate;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.TcpKeepalive;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.extensions.filters.http.buffer.v3.BufferPerRoute;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What BackendTrafficPolicies say of retries, faults and connections, and what holds without. */
final class GovernanceTest {
  private static final String ROUTE =
      """
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: Gateway
      metadata: {name: edge}
      spec:
        gatewayClassName: heddle
        listeners: [{name: one, port: 8000, protocol: HTTP}]
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: r}
      spec:
        parentRefs: [{name: edge}]
        rules:
        - name: own
          matches: [{path: {value: /own}}]
          retry: {attempts: 7}
          backendRefs: [{name: web, port: 80}]
        - name: never
          matches: [{path: {value: /never}}]
          retry: {attempts: 0}
          backendRefs: [{name: web, port: 80}]
        - name: rest
          backendRefs: [{name: web, port: 80}]
      """;
  private static final String WEB = "{group: \"\", kind: Service, name: web}";
  private static final String R =
      "{group: gateway.networking.k8s.io, kind: HTTPRoute, name: r, sectionName: rest}";
  private static final String FAULT = "envoy.filters.http.fault";
  private static final String BUFFER = "envoy.filters.http.buffer";

  private static String policy(String name, String target, String rest) {
    return """
    ---
    apiVersion: heddle.io/v1alpha1
    kind: BackendTrafficPolicy
    metadata: {name: %s}
    spec:
      targetRefs: [%s]
    %s
    """
        .formatted(name, target, rest.indent(2));
  }

  private static Produce produce(String policies) {
    return new Produce()
        .with(Inputs.service("web") + ROUTE + policies)
        .node("e", Inputs.gateway("edge"))
        .node("n", Inputs.sidecar("default", "web"))
        .translate();
  }

  /** By the names of the rules. */
  private static Route gateway(Produce produce, String path) {
    return produce.routes("gateway/default/edge/8000").getVirtualHosts(0).getRoutesList().stream()
        .filter(route ->
            path.isEmpty()
                ? route.getMatch().getPrefix().equals("/")
                : route.getMatch().getPathSeparatedPrefix().equals(path))
        .findFirst()
        .orElseThrow();
  }

  private static Route sidecar(Produce produce) {
    return produce.routes("outbound/default").getVirtualHosts(0).getRoutes(0);
  }

  private static <M extends Message> M unpack(Any any, Class<M> type) {
    try {
      return any.unpack(type);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private static long millis(Duration duration) {
    return java.time.Duration.ofSeconds(duration.getSeconds(), duration.getNanos()).toMillis();
  }

  @Test
  void withoutAPolicyWhatNeverReachedAnInstanceIsTriedElsewhereWithinABudget() {
    Produce produce = produce("");
    for (Route route : List.of(sidecar(produce), gateway(produce, ""))) {
      RetryPolicy retry = route.getRoute().getRetryPolicy();
      assertThat(retry.getRetryOn())
          .isEqualTo("connect-failure,refused-stream,reset-before-request");
      assertThat(retry.getNumRetries().getValue()).isEqualTo(2);
      assertThat(retry.getRetryHostPredicateCount()).isEqualTo(1);
      assertThat(retry.hasPerTryTimeout()).isFalse();
      assertThat(route.getTypedPerFilterConfigMap()).isEmpty();
    }
    assertThat(gateway(produce, "/own").getRoute().getRetryPolicy().getNumRetries().getValue())
        .isEqualTo(7);
    assertThat(gateway(produce, "/never").getRoute().hasRetryPolicy()).isFalse();
    CircuitBreakers.Thresholds bounds =
        produce.cluster("default/web").getCircuitBreakers().getThresholds(0);
    assertThat(bounds.getRetryBudget().getBudgetPercent().getValue()).isEqualTo(20);
    assertThat(bounds.getMaxPendingRequests().getValue()).isEqualTo(1_024);
  }

  @Test
  void triesAgainAsAPolicySays() {
    Produce produce =
        produce(
            policy(
                "p",
                WEB,
                """
                retry:
                  numRetries: 4
                  retryOn: {triggers: [5xx, retriable-status-codes], httpStatusCodes: [409]}
                  perRetry: {timeout: 250ms, backOff: {baseInterval: 10ms, maxInterval: 40ms}}
                """));
    for (Route route : List.of(sidecar(produce), gateway(produce, ""))) {
      RetryPolicy retry = route.getRoute().getRetryPolicy();
      assertThat(retry.getRetryOn()).isEqualTo("5xx,retriable-status-codes");
      assertThat(retry.getNumRetries().getValue()).isEqualTo(4);
      assertThat(retry.getRetriableStatusCodesList()).containsExactly(409);
      assertThat(millis(retry.getPerTryTimeout())).isEqualTo(250);
      assertThat(millis(retry.getRetryBackOff().getBaseInterval())).isEqualTo(10);
      assertThat(millis(retry.getRetryBackOff().getMaxInterval())).isEqualTo(40);
    }
    // What a rule states itself goes first.
    assertThat(gateway(produce, "/own").getRoute().getRetryPolicy().getNumRetries().getValue())
        .isEqualTo(7);
    assertThat(gateway(produce, "/never").getRoute().hasRetryPolicy()).isFalse();
  }

  @Test
  void retriesOfAPolicyWithoutMoreAreThoseOfEnvoyGateway() {
    RetryPolicy retry = sidecar(produce(policy("p", WEB, "retry: {}"))).getRoute().getRetryPolicy();
    assertThat(retry.getRetryOn())
        .isEqualTo("connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes");
    assertThat(retry.getRetriableStatusCodesList()).containsExactly(503);
    assertThat(retry.getNumRetries().getValue()).isEqualTo(2);
    assertThat(
            sidecar(produce(policy("p", WEB, "retry: {numRetries: 0}")))
                .getRoute()
                .hasRetryPolicy())
        .isFalse();
  }

  @Test
  void boundsRetriesByABudgetOrANumber() {
    Cluster budget =
        produce(
                policy(
                    "p",
                    WEB,
                    "circuitBreaker: {retryBudget: {percent: {numerator: 1, denominator: 8},"
                        + " minRetryConcurrency: 0}}"))
            .cluster("default/web");
    CircuitBreakers.Thresholds bounds = budget.getCircuitBreakers().getThresholds(0);
    assertThat(bounds.getRetryBudget().getBudgetPercent().getValue()).isEqualTo(12.5);
    assertThat(bounds.getRetryBudget().getMinRetryConcurrency().getValue()).isZero();
    Cluster number =
        produce(policy("p", WEB, "circuitBreaker: {maxParallelRetries: 5}")).cluster("default/web");
    bounds = number.getCircuitBreakers().getThresholds(0);
    assertThat(bounds.getMaxRetries().getValue()).isEqualTo(5);
    assertThat(bounds.hasRetryBudget()).isFalse();
  }

  @Test
  void plantsFaultsAndTakesRequestsInWhole() {
    Produce produce =
        produce(
            policy(
                    "s",
                    WEB,
                    """
                    faultInjection:
                      delay: {fixedDelay: 2s, percentage: 12.5}
                      abort: {httpStatus: 503}
                    requestBuffer: {limit: 1Mi}
                    """)
                + policy("r", R, "faultInjection: {abort: {httpStatus: 418, percentage: 1}}"));
    Route sidecar = sidecar(produce);
    HTTPFault fault = unpack(sidecar.getTypedPerFilterConfigOrThrow(FAULT), HTTPFault.class);
    assertThat(fault.getDelay().getFixedDelay().getSeconds()).isEqualTo(2);
    assertThat(fault.getDelay().getPercentage().getNumerator()).isEqualTo(125_000);
    assertThat(fault.getDelay().getPercentage().getDenominator())
        .isEqualTo(FractionalPercent.DenominatorType.MILLION);
    assertThat(fault.getAbort().getHttpStatus()).isEqualTo(503);
    assertThat(fault.getAbort().getPercentage().getNumerator()).isEqualTo(1_000_000);
    assertThat(
            unpack(sidecar.getTypedPerFilterConfigOrThrow(BUFFER), BufferPerRoute.class)
                .getBuffer()
                .getMaxRequestBytes()
                .getValue())
        .isEqualTo(1 << 20);
    // The rule's own policy goes first for what it states, and the Service's gives the rest.
    Route edge = gateway(produce, "");
    fault = unpack(edge.getTypedPerFilterConfigOrThrow(FAULT), HTTPFault.class);
    assertThat(fault.hasDelay()).isFalse();
    assertThat(fault.getAbort().getHttpStatus()).isEqualTo(418);
    assertThat(edge.getTypedPerFilterConfigMap()).containsKey(BUFFER);
    assertThat(Produce.manager(produce.listener("gateway/default/edge/8000")).getHttpFiltersList())
        .filteredOn(HttpFilter::getDisabled)
        .extracting(HttpFilter::getName)
        .contains(FAULT, BUFFER);
  }

  @Test
  void connectsAsAPolicySays() {
    Cluster cluster =
        produce(
                policy(
                    "p",
                    WEB,
                    """
                    connection: {bufferLimit: 64Ki, preconnect: {perEndpointPercent: 150}}
                    tcpKeepalive: {probes: 3, idleTime: 1m, interval: 5s}
                    """))
            .cluster("default/web");
    assertThat(cluster.getPerConnectionBufferLimitBytes().getValue()).isEqualTo(64 << 10);
    assertThat(cluster.getPreconnectPolicy().getPerUpstreamPreconnectRatio().getValue())
        .isEqualTo(1.5);
    TcpKeepalive keepalive = cluster.getUpstreamConnectionOptions().getTcpKeepalive();
    assertThat(keepalive.getKeepaliveProbes().getValue()).isEqualTo(3);
    assertThat(keepalive.getKeepaliveTime().getValue()).isEqualTo(60);
    assertThat(keepalive.getKeepaliveInterval().getValue()).isEqualTo(5);
  }

  @Test
  void boundsStreams() {
    Produce produce =
        produce(
            policy("s", WEB, "timeout: {http: {maxStreamDuration: 1h}}")
                + policy("r", R, "timeout: {http: {maxStreamDuration: 0s}}"));
    assertThat(
            sidecar(produce).getRoute().getMaxStreamDuration().getMaxStreamDuration().getSeconds())
        .isEqualTo(3_600);
    assertThat(gateway(produce, "").getRoute().getMaxStreamDuration().hasMaxStreamDuration())
        .isTrue();
    assertThat(gateway(produce, "").getRoute().getMaxStreamDuration().getMaxStreamDuration())
        .isEqualTo(Duration.getDefaultInstance());
    assertThat(sidecar(produce("")).getRoute().hasMaxStreamDuration()).isFalse();
  }

  @Test
  void whatIsInShadowChangesNothing() {
    Produce produce =
        produce(
            policy(
                "p",
                WEB,
                """
                mode: Shadow
                retry: {numRetries: 9}
                faultInjection: {abort: {httpStatus: 500}}
                """));
    assertThat(sidecar(produce).getTypedPerFilterConfigMap()).isEmpty();
    assertThat(sidecar(produce).getRoute().getRetryPolicy().getNumRetries().getValue())
        .isEqualTo(2);
  }
}
