package io.heddle.control.core.translate;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.OutlierDetection;
import io.envoyproxy.envoy.config.core.v3.HealthCheck;
import io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions.HeadersWithUnderscoresAction;
import io.envoyproxy.envoy.config.core.v3.RequestMethod;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.extensions.access_loggers.stream.v3.StdoutAccessLog;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.server.ResourceKey;
import io.heddle.xds.server.Scope;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class PoliciesTest {
  private static final String EDGE =
      """
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: Gateway
      metadata: {name: edge}
      spec:
        gatewayClassName: heddle
        listeners:
        - {name: one, port: 8000, protocol: HTTP}
        - {name: two, port: 8001, protocol: HTTP}
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: r}
      spec:
        parentRefs: [{name: edge}]
        rules:
        - name: first
          backendRefs: [{name: web, port: 80}]
        - name: second
          matches: [{path: {value: /second}}]
          backendRefs: [{name: web, port: 80}]
        - name: stated
          matches: [{path: {value: /stated}}]
          timeouts: {request: 3s}
          backendRefs: [{name: web, port: 80}]
      """;

  private static String policy(String kind, String name, String target, String rest) {
    return """
    ---
    apiVersion: heddle.io/v1alpha1
    kind: %s
    metadata: {name: %s}
    spec:
      targetRefs: [%s]
    %s
    """
        .formatted(kind, name, target, rest.indent(2));
  }

  private static String gateway(String section) {
    String part = section.isEmpty() ? "" : ", sectionName: " + section;
    return "{group: gateway.networking.k8s.io, kind: Gateway, name: edge" + part + "}";
  }

  private static String route(String section) {
    String part = section.isEmpty() ? "" : ", sectionName: " + section;
    return "{group: gateway.networking.k8s.io, kind: HTTPRoute, name: r" + part + "}";
  }

  private static final String WEB = "{group: \"\", kind: Service, name: web}";

  private static Produce produce(String policies) {
    return new Produce()
        .with(Inputs.service("web") + EDGE + policies)
        .node("e", Inputs.gateway("edge"))
        .node("n", Inputs.sidecar("default", "web"))
        .node("m", Inputs.sidecar("default", "other"))
        .translate();
  }

  private static HttpConnectionManager at(Produce produce, int port) {
    return Produce.manager(produce.listener("gateway/default/edge/" + port));
  }

  private static <M extends Message> M unpack(Any any, Class<M> type) {
    try {
      return any.unpack(type);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private static String accepted(Produce produce, Kind kind, String name) {
    return Produce.claim(produce.verdict(kind, name).claims(), Verdict.ACCEPTED);
  }

  private static String overridden(Produce produce, Kind kind, String name) {
    return Produce.claim(produce.verdict(kind, name).claims(), "Overridden");
  }

  @Test
  void aListenersOwnPolicyCountsBeforeThatOfItsGateway() {
    Produce produce =
        produce(
            policy(
                    "ClientTrafficPolicy",
                    "all",
                    gateway(""),
                    """
                    timeout: {http: {requestReceivedTimeout: 10s, idleTimeout: 1m}}
                    headers: {withUnderscoresAction: Allow}
                    http2: {maxConcurrentStreams: 7, initialStreamWindowSize: 128Ki}
                    connection: {bufferLimit: 64Ki}
                    """)
                + policy(
                    "ClientTrafficPolicy",
                    "special",
                    gateway("two"),
                    "timeout: {http: {requestReceivedTimeout: 20s}}"));
    HttpConnectionManager one = at(produce, 8000);
    assertThat(one.getRequestTimeout().getSeconds()).isEqualTo(10);
    assertThat(one.getCommonHttpProtocolOptions().getIdleTimeout().getSeconds()).isEqualTo(60);
    assertThat(one.getCommonHttpProtocolOptions().getHeadersWithUnderscoresAction())
        .isEqualTo(HeadersWithUnderscoresAction.ALLOW);
    assertThat(one.getHttp2ProtocolOptions().getMaxConcurrentStreams().getValue()).isEqualTo(7);
    assertThat(one.getHttp2ProtocolOptions().getInitialStreamWindowSize().getValue())
        .isEqualTo(131_072);
    assertThat(
            produce
                .listener("gateway/default/edge/8000")
                .getPerConnectionBufferLimitBytes()
                .getValue())
        .isEqualTo(65_536);
    // The whole policy counts, not field by field: what it leaves out has the safe value.
    HttpConnectionManager two = at(produce, 8001);
    assertThat(two.getRequestTimeout().getSeconds()).isEqualTo(20);
    assertThat(two.getCommonHttpProtocolOptions().getHeadersWithUnderscoresAction())
        .isEqualTo(HeadersWithUnderscoresAction.REJECT_REQUEST);
    assertThat(accepted(produce, Kind.CLIENT_TRAFFIC_POLICY, "all")).startsWith("true");
    assertThat(overridden(produce, Kind.CLIENT_TRAFFIC_POLICY, "all"))
        .isEqualTo("true Overridden: in parts by ClientTrafficPolicy default/special");
    assertThat(overridden(produce, Kind.CLIENT_TRAFFIC_POLICY, "special")).startsWith("false");
  }

  @Test
  void ofTwoWithTheSameTargetTheOlderOneCounts() {
    String old =
        policy(
            "ClientTrafficPolicy",
            "old",
            gateway(""),
            "timeout: {http: {requestReceivedTimeout: 10s}}");
    Produce produce =
        produce(
            old
                + policy(
                    "ClientTrafficPolicy",
                    "young",
                    gateway(""),
                    "timeout: {http: {requestReceivedTimeout: 20s}}"));
    assertThat(at(produce, 8000).getRequestTimeout().getSeconds()).isEqualTo(10);
    assertThat(accepted(produce, Kind.CLIENT_TRAFFIC_POLICY, "young"))
        .isEqualTo(
            "false Conflicted: Gateway default/edge has ClientTrafficPolicy default/old, which is"
                + " older");
    produce.translator.remove(Inputs.object(old).key());
    produce.translate();
    assertThat(at(produce, 8000).getRequestTimeout().getSeconds()).isEqualTo(20);
    assertThat(accepted(produce, Kind.CLIENT_TRAFFIC_POLICY, "young")).startsWith("true");
  }

  @Test
  void aShadowOnlyWatches() {
    Produce produce =
        produce(
            policy(
                "ClientTrafficPolicy",
                "shadow",
                gateway(""),
                "mode: Shadow\ntimeout: {http: {requestReceivedTimeout: 10s}}"));
    assertThat(at(produce, 8000).getRequestTimeout().getSeconds()).isEqualTo(300);
    assertThat(accepted(produce, Kind.CLIENT_TRAFFIC_POLICY, "shadow"))
        .isEqualTo(
            "true Accepted: mode Shadow: it would count at 1 target(s), and changes nothing");
  }

  @Test
  void namesATargetThatIsNotThereAndCountsOnceItIs() {
    Produce produce =
        new Produce()
            .with(
                policy("TelemetryPolicy", "t", gateway(""), "accessLog: {disable: true}")
                    + policy("ClientTrafficPolicy", "c", gateway("three"), ""))
            .node("e", Inputs.gateway("edge"))
            .translate();
    assertThat(accepted(produce, Kind.TELEMETRY_POLICY, "t"))
        .isEqualTo("false TargetNotFound: Gateway default/edge does not exist");
    produce.with(Inputs.service("web") + EDGE).translate();
    assertThat(accepted(produce, Kind.TELEMETRY_POLICY, "t")).startsWith("true");
    assertThat(at(produce, 8000).getAccessLogCount()).isZero();
    assertThat(accepted(produce, Kind.CLIENT_TRAFFIC_POLICY, "c"))
        .isEqualTo(
            "false TargetNotFound: Gateway default/edge has no three (expected: one of one, two)");
  }

  @Test
  void writesAccessLogsAsTheirPolicySays() {
    Produce produce =
        produce(
            policy(
                    "TelemetryPolicy",
                    "json",
                    gateway(""),
                    "accessLog: {format: {type: JSON, json: {path: \"%REQ(:PATH)%\"}}}")
                + policy(
                    "TelemetryPolicy",
                    "text",
                    WEB,
                    "accessLog: {format: {type: Text, text: \"%RESPONSE_CODE%\\n\"}}"));
    StdoutAccessLog json =
        unpack(at(produce, 8000).getAccessLog(0).getTypedConfig(), StdoutAccessLog.class);
    assertThat(json.getLogFormat().getJsonFormat().getFieldsOrThrow("path").getStringValue())
        .isEqualTo("%REQ(:PATH)%");
    List<String> formats =
        produce.present.values().stream()
            .filter(p -> p.resource().name().equals("inbound"))
            .filter(p -> p.resource().type() == io.heddle.xds.model.ResourceType.LISTENER)
            .map(p ->
                unpack(p.resource().any(), io.envoyproxy.envoy.config.listener.v3.Listener.class))
            .map(l ->
                unpack(Produce.manager(l).getAccessLog(0).getTypedConfig(), StdoutAccessLog.class))
            .map(l -> l.getLogFormat().getTextFormatSource().getInlineString())
            .sorted()
            .toList();
    // The sidecar of web has it, that of other has Envoy's own line.
    assertThat(formats).containsExactly("", "%RESPONSE_CODE%\n");
  }

  @Test
  void callsAServiceAsItsPolicySays() {
    Produce produce =
        produce(
            policy(
                "BackendTrafficPolicy",
                "b",
                WEB,
                """
                loadBalancer:
                  type: ConsistentHash
                  consistentHash: {type: Cookie, cookie: {name: u, ttl: 1h}, tableSize: 1031}
                healthCheck: {panicThreshold: 0}
                timeout:
                  tcp: {connectTimeout: 2s}
                  http: {connectionIdleTimeout: 30s, maxConnectionDuration: 10m, requestTimeout: 7s}
                """));
    Cluster cluster = produce.cluster("default/web");
    assertThat(cluster.getLbPolicy()).isEqualTo(Cluster.LbPolicy.MAGLEV);
    assertThat(cluster.getMaglevLbConfig().getTableSize().getValue()).isEqualTo(1_031);
    assertThat(cluster.getConnectTimeout().getSeconds()).isEqualTo(2);
    assertThat(cluster.getCommonLbConfig().hasHealthyPanicThreshold()).isTrue();
    HttpProtocolOptions http =
        unpack(
            cluster.getTypedExtensionProtocolOptionsOrThrow(
                "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"),
            HttpProtocolOptions.class);
    assertThat(http.getCommonHttpProtocolOptions().getIdleTimeout().getSeconds()).isEqualTo(30);
    assertThat(http.getCommonHttpProtocolOptions().getMaxConnectionDuration().getSeconds())
        .isEqualTo(600);
    RouteAction action =
        produce.routes("outbound/default").getVirtualHosts(0).getRoutes(0).getRoute();
    assertThat(action.getTimeout().getSeconds()).isEqualTo(7);
    assertThat(action.getHashPolicy(0).getCookie().getName()).isEqualTo("u");
    assertThat(action.getHashPolicy(0).getCookie().getTtl().getSeconds()).isEqualTo(3_600);
    RouteAction edge =
        produce.routes("gateway/default/edge/8000").getVirtualHosts(0).getRoutes(2).getRoute();
    assertThat(edge.getHashPolicyCount()).isEqualTo(1);
  }

  private static List<Long> timeouts(Produce produce) {
    return produce.routes("gateway/default/edge/8000").getVirtualHosts(0).getRoutesList().stream()
        .map(route -> route.getRoute().getTimeout().getSeconds())
        .toList();
  }

  @Test
  void theTimeOfARequestIsThatOfTheMostSpecificTarget() {
    String time = "timeout: {http: {requestTimeout: %ds}}";
    String service = policy("BackendTrafficPolicy", "s", WEB, time.formatted(20));
    // In the order of the table: /second, /stated, everything.
    assertThat(timeouts(produce(""))).containsExactly(15L, 3L, 15L);
    assertThat(timeouts(produce(service))).containsExactly(20L, 3L, 20L);
    String edge = policy("BackendTrafficPolicy", "g", gateway(""), time.formatted(21));
    assertThat(timeouts(produce(service + edge))).containsExactly(21L, 3L, 21L);
    String listener = policy("BackendTrafficPolicy", "l", gateway("one"), time.formatted(22));
    assertThat(timeouts(produce(service + edge + listener))).containsExactly(22L, 3L, 22L);
    String route = policy("BackendTrafficPolicy", "r", route(""), time.formatted(23));
    assertThat(timeouts(produce(service + edge + route))).containsExactly(23L, 3L, 23L);
    String rule = policy("BackendTrafficPolicy", "u", route("second"), time.formatted(24));
    Produce produce = produce(service + edge + route + rule);
    assertThat(timeouts(produce)).containsExactly(24L, 3L, 23L);
    assertThat(overridden(produce, Kind.BACKEND_TRAFFIC_POLICY, "r")).startsWith("true");
    produce.translator.remove(Inputs.object(rule).key());
    produce.translate();
    assertThat(timeouts(produce)).containsExactly(23L, 3L, 23L);
  }

  @Test
  void boundsWhatIsUnderWayToAService() {
    Cluster cluster =
        produce(
                policy(
                    "BackendTrafficPolicy",
                    "p",
                    WEB,
                    "circuitBreaker: {maxConnections: 5, maxParallelRequests: 0,"
                        + " maxRequestsPerConnection: 9}"))
            .cluster("default/web");
    CircuitBreakers.Thresholds thresholds = cluster.getCircuitBreakers().getThresholds(0);
    assertThat(thresholds.getMaxConnections().getValue()).isEqualTo(5);
    assertThat(thresholds.getMaxRequests().getValue()).isZero();
    assertThat(thresholds.getMaxPendingRequests().getValue()).isEqualTo(1024);
    assertThat(thresholds.hasMaxRetries()).isFalse();
    assertThat(thresholds.getRetryBudget().getBudgetPercent().getValue()).isEqualTo(20);
    assertThat(thresholds.getRetryBudget().getMinRetryConcurrency().getValue()).isEqualTo(3);
    HttpProtocolOptions options =
        unpack(
            cluster.getTypedExtensionProtocolOptionsMap().values().iterator().next(),
            HttpProtocolOptions.class);
    assertThat(options.getCommonHttpProtocolOptions().getMaxRequestsPerConnection().getValue())
        .isEqualTo(9);
  }

  @Test
  void tellsProxiesWhoIsToBeTakenOut() {
    String passive =
        policy(
            "BackendTrafficPolicy",
            "p",
            WEB,
            "healthCheck: {passive: {interval: 1s, failurePercentageThreshold: 50,"
                + " alwaysEjectOneEndpoint: false}}");
    Produce produce =
        new Produce()
            .with(Inputs.service("web") + EDGE + passive)
            .node("e", Inputs.gateway("edge"))
            .translate();
    assertThat(
            Produce.claim(produce.verdict(Kind.BACKEND_TRAFFIC_POLICY, "p").claims(), "Accepted"))
        .contains("gRPC applications without a proxy");
    Scope gateway = Names.gateway(ObjectKey.of(Kind.GATEWAY, "edge"));
    for (Scope scope : List.of(Names.CLUSTERS, gateway)) {
      OutlierDetection outliers = at(produce, scope).getOutlierDetection();
      assertThat(outliers.getInterval().getSeconds()).isEqualTo(1);
      assertThat(outliers.getBaseEjectionTime().getSeconds()).isEqualTo(30);
      assertThat(outliers.getConsecutive5Xx().getValue()).isEqualTo(5);
      assertThat(outliers.getFailurePercentageThreshold().getValue()).isEqualTo(50);
      assertThat(outliers.getEnforcingFailurePercentage().getValue()).isEqualTo(100);
      assertThat(outliers.hasEnforcingSuccessRate()).isTrue();
      assertThat(outliers.getEnforcingSuccessRate().getValue()).isZero();
      assertThat(outliers.getAlwaysEjectOneHost().getValue()).isFalse();
    }
    produce.translator.remove(ObjectKey.of(Kind.BACKEND_TRAFFIC_POLICY, "p"));
    produce.translate();
    OutlierDetection mesh = at(produce, Names.CLUSTERS).getOutlierDetection();
    assertThat(mesh.getMaxEjectionPercent().getValue()).isEqualTo(30);
    assertThat(mesh.getAlwaysEjectOneHost().getValue()).isTrue();
    assertThat(mesh.getFailurePercentageThreshold().getValue()).isEqualTo(20);
    assertThat(at(produce, Names.CLUSTERS).getHealthChecksCount()).isZero();
  }

  @Test
  void tellsProxiesHowInstancesAreAsked() {
    String active =
        "healthCheck: {active: {type: HTTP, timeout: 2s, http: {path: /healthz, method: HEAD,"
            + " expectedStatuses: [204, 200], expectedResponse: {type: Text, text: ok}}}}";
    Produce produce =
        new Produce()
            .with(Inputs.service("web") + policy("BackendTrafficPolicy", "p", WEB, active))
            .translate();
    Cluster cluster = at(produce, Names.CLUSTERS);
    assertThat(cluster.getIgnoreHealthOnHostRemoval()).isTrue();
    HealthCheck check = cluster.getHealthChecks(0);
    assertThat(check.getTimeout().getSeconds()).isEqualTo(2);
    assertThat(check.getInterval().getSeconds()).isEqualTo(3);
    assertThat(check.getUnhealthyThreshold().getValue()).isEqualTo(3);
    assertThat(check.getHealthyThreshold().getValue()).isEqualTo(1);
    assertThat(check.getHttpHealthCheck().getPath()).isEqualTo("/healthz");
    assertThat(check.getHttpHealthCheck().getMethod()).isEqualTo(RequestMethod.HEAD);
    assertThat(check.getHttpHealthCheck().getExpectedStatuses(0).getStart()).isEqualTo(200);
    assertThat(check.getHttpHealthCheck().getReceive(0).getText()).isEqualTo("6f6b");
  }

  private static Cluster at(Produce produce, Scope scope) {
    Produced found =
        produce.present.get(new Place(scope, new ResourceKey(ResourceType.CLUSTER, "default/web")));
    assertThat(found).as(scope.id()).isNotNull();
    return unpack(Objects.requireNonNull(found).resource().any(), Cluster.class);
  }
}
