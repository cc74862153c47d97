package io.heddle.control.core.translate;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.heddle.control.api.registry.Health;
import io.heddle.control.api.registry.ServiceKey;
import io.heddle.control.api.resource.Locality;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.server.NodeInfo;
import io.heddle.xds.server.ResourceKey;
import io.heddle.xds.server.Scope;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What gRPC applications without a proxy are shown. */
final class ProxylessTest {
  private static final Scope OWN = new Scope("node/app");

  private final Translator translator = new Translator();
  private final Map<Place, Produced> present = new HashMap<>();

  private void translate() {
    Translation translation = translator.translate();
    translation.removed().forEach(present::remove);
    translation.put().forEach(produced -> present.put(produced.place(), produced));
  }

  private void with(String yaml) {
    Inputs.objects(yaml).forEach(translator::update);
  }

  private static NodeFacts node(String tls, String inbound, String region, String zone) {
    Map<String, String> metadata = new HashMap<>();
    metadata.put(NodeFacts.KIND, "grpc");
    metadata.put(NodeFacts.SERVICE, "app");
    metadata.put(NodeFacts.INSTANCE, "app-1");
    metadata.put(NodeFacts.TLS, tls);
    metadata.put(NodeFacts.INBOUND, inbound);
    return NodeFacts.of(
        new NodeInfo(
            "app",
            "app",
            metadata,
            "gRPC Go/1.76.0",
            new NodeInfo.Locality(region, zone, ""),
            NodeInfo.Features.NONE));
  }

  /** As the node sees it: the most specific scope wins. */
  private Optional<Message> seen(NodeFacts node, ResourceType type, String name) {
    for (Scope scope : translator.scopesOf(OWN, node)) {
      Produced found = present.get(new Place(scope, new ResourceKey(type, name)));
      if (found != null) {
        return Optional.of(unpacked(type, found.resource().any()));
      }
    }
    return Optional.empty();
  }

  private <M extends Message> M get(NodeFacts node, Class<M> kind, ResourceType type, String name) {
    return kind.cast(seen(node, type, name).orElseThrow(() -> new AssertionError(name)));
  }

  private static Message unpacked(ResourceType type, Any any) {
    return switch (type) {
      case LISTENER -> unpack(any, Listener.class);
      case ROUTES -> unpack(any, RouteConfiguration.class);
      case CLUSTER -> unpack(any, Cluster.class);
      default -> unpack(any, ClusterLoadAssignment.class);
    };
  }

  private static <M extends Message> M unpack(Any any, Class<M> kind) {
    try {
      return any.unpack(kind);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private List<Route> routes(String yaml) {
    NodeFacts node = node("none", "", "", "");
    with(Inputs.service("web") + Inputs.service("other") + yaml);
    translator.node(OWN, node);
    translate();
    return get(node, RouteConfiguration.class, ResourceType.ROUTES, "grpc/default/default/web")
        .getVirtualHosts(0)
        .getRoutesList();
  }

  private static String route(String kind, String rules) {
    return """
    ---
    apiVersion: gateway.networking.k8s.io/v1
    kind: %s
    metadata: {name: r}
    spec:
      parentRefs: [{group: "", kind: Service, name: web}]
      rules:
    %s
    """
        .formatted(kind, rules.indent(2));
  }

  @Test
  void makesNothingForGrpcBeforeAnApplicationIsThere() {
    with(Inputs.service("web"));
    translator.node(new Scope("node/s"), NodeFacts.parse(Inputs.sidecar("default", "web")));
    translate();
    assertThat(present.keySet()).noneMatch(place -> place.scope().id().startsWith("grpc/"));
  }

  @Test
  void hasAListenerForEachNameOfAService() {
    NodeFacts node = node("none", "", "", "");
    with(Inputs.service("web"));
    translator.node(OWN, node);
    translate();
    for (String name :
        List.of(
            "web", "web:80", "web.default", "web.default:80", "web.default.svc.cluster.local")) {
      Listener listener = get(node, Listener.class, ResourceType.LISTENER, name);
      HttpConnectionManager manager =
          unpack(listener.getApiListener().getApiListener(), HttpConnectionManager.class);
      assertThat(manager.getRds().getRouteConfigName()).isEqualTo("grpc/default/default/web");
      assertThat(manager.getRds().getConfigSource().hasAds()).isTrue();
      assertThat(manager.getHttpFiltersList()).hasSize(1);
    }
    translator.remove(Inputs.object(Inputs.service("web")).key());
    translate();
    assertThat(present.keySet())
        .noneMatch(
            place -> place.scope().id().startsWith("grpc/") && place.key().name().contains("web"));
  }

  @Test
  void followsAServiceThatComesLaterAndItsRoutes() {
    NodeFacts node = node("none", "", "", "");
    translator.node(OWN, node);
    translate();
    with(Inputs.service("web") + Inputs.service("other"));
    translate();
    assertThat(seen(node, ResourceType.LISTENER, "web")).isPresent();
    assertThat(seen(node, ResourceType.CLUSTER, "default/web")).isPresent();
    assertThat(seen(node, ResourceType.ENDPOINTS, "default/web")).isPresent();
    with(route("GRPCRoute", "- backendRefs: [{name: other, port: 80}]"));
    translate();
    RouteConfiguration table =
        get(node, RouteConfiguration.class, ResourceType.ROUTES, "grpc/default/default/web");
    assertThat(table.getVirtualHosts(0).getRoutes(0).getRoute().getCluster())
        .isEqualTo("default/other");
  }

  @Test
  void writesMatchesThatEveryLibraryTakes() {
    List<Route> routes =
        routes(
            route(
                "HTTPRoute",
                """
                - matches: [{path: {value: /pkg.Service}}]
                  backendRefs: [{name: other, port: 80}]
                - matches: [{path: {value: /pkg.Service/Call}, method: POST}]
                  backendRefs: [{name: other, port: 80}]
                - matches: [{method: GET}, {queryParams: [{name: q, value: v}]}]
                  backendRefs: [{name: other, port: 80}]
                - matches: [{headers: [{name: x, value: y}]}]
                  backendRefs: [{name: other, port: 80}]
                """));
    assertThat(routes).hasSize(3);
    assertThat(routes.get(0).getMatch().getSafeRegex().getRegex())
        .isEqualTo("/pkg\\.Service/Call(?:/.*)?");
    assertThat(routes.get(0).getMatch().getHeadersCount()).isZero();
    assertThat(routes.get(1).getMatch().getPrefix()).isEqualTo("/pkg.Service/");
    assertThat(routes.get(2).getMatch().getPrefix()).isEqualTo("/");
    assertThat(routes.get(2).getMatch().getHeaders(0).getStringMatch().getExact()).isEqualTo("y");
  }

  @Test
  void answersByAClusterThatDoesNotExist() {
    List<Route> routes =
        routes(
            route(
                "HTTPRoute",
                """
                - filters: [{type: RequestRedirect, requestRedirect: {hostname: a.example}}]
                  matches: [{path: {value: /a.A}}]
                - matches: [{path: {value: /b.B}}]
                  backendRefs: [{name: nowhere, port: 80}]
                """));
    assertThat(routes)
        .extracting(route -> route.getRoute().getCluster())
        .containsOnly("unresolved");
  }

  @Test
  void writesWeightsTimesAndRetries() {
    List<Route> routes =
        routes(
            route(
                "HTTPRoute",
                """
                - timeouts: {request: 3s}
                  retry: {codes: [503, 504, 404], attempts: 3, backoff: 10ms}
                  backendRefs: [{name: web, port: 80, weight: 9}, {name: other, port: 80}]
                """));
    assertThat(routes.getFirst().getRoute().getWeightedClusters().getClustersList())
        .extracting(weight -> weight.getName() + " " + weight.getWeight().getValue())
        .containsExactly("default/web 9", "default/other 1");
    assertThat(
            routes.getFirst().getRoute().getMaxStreamDuration().getMaxStreamDuration().getSeconds())
        .isEqualTo(3);
    assertThat(routes.getFirst().getRoute().getRetryPolicy().getRetryOn())
        .isEqualTo("unavailable,deadline-exceeded");
    assertThat(routes.getFirst().getRoute().getRetryPolicy().getNumRetries().getValue())
        .isEqualTo(3);
  }

  @Test
  void hasNoLimitOfTimeThatNobodyStated() {
    assertThat(routes("").getFirst().getRoute().hasMaxStreamDuration()).isFalse();
  }

  private static String entry(String name, String locality, int weight) {
    return """
    ---
    apiVersion: heddle.io/v1alpha1
    kind: WorkloadEntry
    metadata: {name: %s}
    spec: {address: 10.0.0.%d, ports: {http: 80}, service: web, weight: %d, locality: %s}
    """
        .formatted(name, Math.floorMod(name.hashCode(), 250) + 1, weight, locality);
  }

  private static List<String> groups(ClusterLoadAssignment assignment) {
    return assignment.getEndpointsList().stream()
        .map(group ->
            group.getPriority()
                + " "
                + group.getLocality().getRegion()
                + "/"
                + group.getLocality().getZone()
                + " "
                + group.getLoadBalancingWeight().getValue())
        .toList();
  }

  @Test
  void putsNearEndpointsFirstWithoutGapsAndWeighsLocalities() {
    NodeFacts here = node("none", "", "eu", "a");
    NodeFacts far = node("none", "", "as", "z");
    NodeFacts nowhere = node("none", "", "", "");
    with(
        Inputs.service("web")
            + entry("a", "eu/a", 2)
            + entry("b", "eu/b", 1)
            + entry("c", "eu/b", 4)
            + entry("d", "us/c", 1));
    translator.node(new Scope("node/1"), here);
    translator.node(new Scope("node/2"), far);
    translator.node(new Scope("node/3"), nowhere);
    translate();
    assertThat(groups(endpoints(here))).containsExactly("0 eu/a 2", "1 eu/b 5", "2 us/c 1");
    assertThat(groups(endpoints(far))).containsExactly("0 eu/a 2", "0 eu/b 5", "0 us/c 1");
    assertThat(groups(endpoints(nowhere))).containsExactly("0 eu/a 2", "0 eu/b 5", "0 us/c 1");
    translator.remove(Inputs.object(entry("a", "eu/a", 2)).key());
    translate();
    assertThat(groups(endpoints(here))).containsExactly("0 eu/b 5", "1 us/c 1");
  }

  private ClusterLoadAssignment endpoints(NodeFacts node) {
    return get(node, ClusterLoadAssignment.class, ResourceType.ENDPOINTS, "default/web");
  }

  @Test
  void namesTheLocalityOfEndpointsOfWhichNothingIsKnown() {
    NodeFacts node = node("none", "", "", "");
    with(Inputs.service("web"));
    translator.instances(
        new ServiceKey("default", "web"),
        List.of(Inputs.instance("web", "web-1", 9000, Health.HEALTHY)));
    translator.node(OWN, node);
    translate();
    assertThat(endpoints(node).getEndpoints(0).hasLocality()).isTrue();
    assertThat(endpoints(node).getEndpoints(0).getLoadBalancingWeight().getValue()).isEqualTo(1);
  }

  @Test
  void forgetsWhatNobodyAsksForAnyMore() {
    NodeFacts node = node("none", "127.0.0.1:9000", "eu", "a");
    with(Inputs.service("web"));
    translator.node(OWN, node);
    translate();
    assertThat(seen(node, ResourceType.LISTENER, "heddle/server/127.0.0.1:9000")).isPresent();
    translator.forget(OWN);
    with(Inputs.service("later"));
    translate();
    assertThat(present.keySet())
        .noneMatch(place ->
            place.scope().equals(OWN)
                || place.scope().equals(Names.grpc("default"))
                || place.scope().equals(Names.grpcEndpoints(new Locality("eu", "a", ""))));
    translator.node(OWN, node);
    translate();
    assertThat(seen(node, ResourceType.LISTENER, "later")).isPresent();
    assertThat(seen(node, ResourceType.ENDPOINTS, "default/later")).isPresent();
  }

  @Test
  void aServerHasOneChainWithoutAnythingThatALibraryRefuses() {
    for (String tls : List.of("ca", "server", "mutual")) {
      NodeFacts node = node(tls, "0.0.0.0:9000", "", "");
      translator.node(new Scope("node/" + tls), node);
      translate();
      Produced made =
          Objects.requireNonNull(
              present.get(
                  new Place(
                      new Scope("node/" + tls),
                      new ResourceKey(ResourceType.LISTENER, "heddle/server/0.0.0.0:9000"))));
      Listener listener = unpack(made.resource().any(), Listener.class);
      assertThat(listener.getAddress().getSocketAddress().getPortValue()).isEqualTo(9000);
      assertThat(listener.getListenerFiltersCount()).isZero();
      assertThat(listener.hasUseOriginalDst()).isFalse();
      FilterChain chain = listener.getFilterChains(0);
      HttpConnectionManager manager =
          unpack(chain.getFilters(0).getTypedConfig(), HttpConnectionManager.class);
      assertThat(manager.getRouteConfig().getVirtualHosts(0).getRoutes(0).hasNonForwardingAction())
          .isTrue();
      assertThat(chain.hasTransportSocket()).isEqualTo(!tls.equals("ca"));
      if (chain.hasTransportSocket()) {
        DownstreamTlsContext context =
            unpack(chain.getTransportSocket().getTypedConfig(), DownstreamTlsContext.class);
        assertThat(context.getRequireClientCertificate().getValue())
            .isEqualTo(tls.equals("mutual"));
        CommonTlsContext common = context.getCommonTlsContext();
        assertThat(common.getTlsCertificateProviderInstance().getInstanceName())
            .isEqualTo("heddle");
        assertThat(common.hasValidationContext()).isEqualTo(tls.equals("mutual"));
        assertThat(common.hasTlsParams()).isFalse();
      }
    }
  }

  @Test
  @SuppressWarnings("deprecation") // The field in which gRPC looks for names.
  void speaksTlsByTheFilesOfTheApplicationWhereAPolicySaysSo() {
    NodeFacts believing = node("ca", "", "", "");
    NodeFacts shown = node("mutual", "", "", "");
    with(
        Inputs.service("web")
            + """
            ---
            apiVersion: gateway.networking.k8s.io/v1
            kind: BackendTLSPolicy
            metadata: {name: tls}
            spec:
              targetRefs: [{group: "", kind: Service, name: web}]
              validation:
                hostname: web.example
                caCertificateRefs: [{group: "", kind: ConfigMap, name: ca}]
            """);
    translator.node(new Scope("node/1"), believing);
    translator.node(new Scope("node/2"), shown);
    translate();
    assertThat(
            get(shown, Cluster.class, ResourceType.CLUSTER, "default/web")
                .getEdsClusterConfig()
                .getServiceName())
        .as("no authority is there, so that nobody is called")
        .isEqualTo("unresolved");
    assertThat(
            get(shown, ClusterLoadAssignment.class, ResourceType.ENDPOINTS, "unresolved")
                .getEndpointsCount())
        .isZero();
    for (NodeFacts node : List.of(believing, shown)) {
      UpstreamTlsContext context =
          unpack(
              get(node, Cluster.class, ResourceType.CLUSTER, "default/web")
                  .getTransportSocket()
                  .getTypedConfig(),
              UpstreamTlsContext.class);
      CommonTlsContext common = context.getCommonTlsContext();
      assertThat(common.hasTlsCertificateProviderInstance()).isEqualTo(node.equals(shown));
      assertThat(common.getValidationContext().getCaCertificateProviderInstance().getInstanceName())
          .isEqualTo("heddle");
      assertThat(common.getValidationContext().getMatchSubjectAltNames(0).getExact())
          .isEqualTo("web.example");
    }
  }

  @Test
  void boundsRequestsAndTakesOutWhoFailsAsAPolicySays() {
    NodeFacts node = node("none", "", "", "");
    with(
        Inputs.service("web")
            + Inputs.service("plain")
            + """
            ---
            apiVersion: heddle.io/v1alpha1
            kind: BackendTrafficPolicy
            metadata: {name: p}
            spec:
              targetRefs: [{group: "", kind: Service, name: web}]
              loadBalancer: {type: LeastRequest}
              circuitBreaker: {maxParallelRequests: 2}
              healthCheck: {passive: {failurePercentageThreshold: 40}}
            """);
    translator.node(OWN, node);
    translate();
    Cluster cluster = get(node, Cluster.class, ResourceType.CLUSTER, "default/web");
    assertThat(cluster.getCircuitBreakers().getThresholds(0).getMaxRequests().getValue())
        .isEqualTo(2);
    assertThat(cluster.getOutlierDetection().getFailurePercentageThreshold().getValue())
        .isEqualTo(40);
    assertThat(cluster.getLbPolicy())
        .as("for libraries that know no lists of policies")
        .isEqualTo(Cluster.LbPolicy.ROUND_ROBIN);
    assertThat(cluster.getLoadBalancingPolicy().getPoliciesCount()).isEqualTo(1);
    Cluster plain = get(node, Cluster.class, ResourceType.CLUSTER, "default/plain");
    assertThat(plain.getCircuitBreakers().getThresholds(0).getMaxRequests().getValue())
        .isEqualTo(1024);
    assertThat(plain.hasOutlierDetection()).isFalse();
    assertThat(plain.hasLoadBalancingPolicy()).isFalse();
  }
}
