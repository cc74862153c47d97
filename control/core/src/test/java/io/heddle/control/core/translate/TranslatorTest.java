package io.heddle.control.core.translate;

import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.heddle.control.api.registry.Health;
import io.heddle.control.api.registry.RegisteredInstance;
import io.heddle.control.api.registry.ServiceKey;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.xds.model.ResourceType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class TranslatorTest {
  private static final String ROUTE =
      """
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: split}
      spec:
        parentRefs: [{group: "", kind: Service, name: catalog}]
        rules:
        - backendRefs:
          - {name: catalog-v1, port: 80, weight: 90}
          - {name: catalog-v2, port: 80, weight: 10}
      """;
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
      metadata: {name: site}
      spec:
        parentRefs: [{name: edge}]
        rules:
        - backendRefs: [{name: web, port: 80}]
      """;

  private static ServiceKey key(String service) {
    return new ServiceKey("default", service);
  }

  @Test
  void givesASidecarItsListenersAndEveryCluster() {
    Produce produce =
        new Produce()
            .with(Inputs.service("web") + Inputs.service("orders"))
            .node("web-1", Inputs.sidecar("default", "web"))
            .translate();
    Listener inbound = produce.listener("inbound");
    assertThat(inbound.getAddress().getSocketAddress().getPortValue()).isEqualTo(15_006);
    assertThat(inbound.getPerConnectionBufferLimitBytes().getValue()).isEqualTo(32_768);
    Http2ProtocolOptions http2 = Produce.manager(inbound).getHttp2ProtocolOptions();
    assertThat(http2.getMaxConcurrentStreams().getValue()).isEqualTo(100);
    assertThat(http2.getInitialStreamWindowSize().getValue()).isEqualTo(65_536);
    assertThat(http2.getInitialConnectionWindowSize().getValue()).isEqualTo(1_048_576);
    assertThat(Produce.manager(inbound).getUseRemoteAddress().getValue()).isFalse();
    assertThat(Produce.manager(produce.listener("outbound")).getRds().getRouteConfigName())
        .isEqualTo("outbound/default");
    assertThat(produce.cluster("inbound").getType()).isEqualTo(Cluster.DiscoveryType.STATIC);
    Cluster orders = produce.cluster("default/orders");
    assertThat(orders.getType()).isEqualTo(Cluster.DiscoveryType.EDS);
    assertThat(orders.getLbPolicy()).isEqualTo(Cluster.LbPolicy.LEAST_REQUEST);
    assertThat(orders.getEdsClusterConfig().getServiceName()).isEqualTo("default/orders");
    assertThat(produce.routes("outbound/default").getVirtualHosts(0).getDomainsList())
        .containsExactly(
            "orders", "orders.default", "orders.default.svc", "orders.default.svc.cluster.local");
  }

  @Test
  void reachesServicesOfOtherNamespacesByTheirLongNames() {
    Produce produce =
        new Produce()
            .with(Inputs.service("orders"))
            .node("pay-1", Inputs.sidecar("billing", "pay"))
            .translate();
    assertThat(produce.routes("outbound/billing").getVirtualHosts(0).getDomainsList())
        .contains("orders.default")
        .doesNotContain("orders");
  }

  @Test
  void hardensTheGatewayAndShowsItOnlyTheClustersItRoutesTo() {
    Produce produce =
        new Produce()
            .with(Inputs.service("web") + Inputs.service("orders") + GATEWAY)
            .node("edge-1", Inputs.gateway("edge"))
            .translate();
    Listener listener = produce.listener("gateway/default/edge/8000");
    assertThat(listener.getAddress().getSocketAddress().getAddress()).isEqualTo("127.0.0.1");
    var manager = Produce.manager(listener);
    assertThat(manager.getUseRemoteAddress().getValue()).isTrue();
    assertThat(manager.getNormalizePath().getValue()).isTrue();
    assertThat(manager.getMergeSlashes()).isTrue();
    assertThat(manager.getRequestTimeout().getSeconds()).isEqualTo(300);
    assertThat(
            produce.present.values().stream()
                .filter(p -> p.scope().equals(Names.gateway(ObjectKey.of(Kind.GATEWAY, "edge"))))
                .filter(p -> p.resource().type() == ResourceType.CLUSTER)
                .map(p -> p.resource().name()))
        .containsExactly("default/web");
  }

  @Test
  void leavesUnhealthyAndDrainingInstancesOut() {
    Produce produce = new Produce().with(Inputs.service("web"));
    produce.translator.instances(
        key("web"),
        List.of(
            Inputs.instance("web", "a", 1001, Health.HEALTHY),
            Inputs.instance("web", "b", 1002, Health.UNHEALTHY),
            Inputs.instance("web", "c", 1003, Health.DRAINING),
            Inputs.instance("web", "d", 1004, Health.UNKNOWN)));
    produce.translate();
    assertThat(produce.endpoints("default/web").getEndpoints(0).getLbEndpointsList())
        .singleElement()
        .satisfies(e ->
            assertThat(e.getEndpoint().getAddress().getSocketAddress().getPortValue())
                .isEqualTo(1001));
  }

  @Test
  void selectsByRegistrationLabels() {
    Produce produce =
        new Produce()
            .with(
                Inputs.service("catalog")
                    + """
                    ---
                    apiVersion: v1
                    kind: Service
                    metadata: {name: catalog-v2}
                    spec:
                      selector: {heddle.io/service: catalog, version: v2}
                      ports: [{port: 80}]
                    """);
    produce.translator.instances(
        key("catalog"),
        List.of(
            Inputs.instance("catalog", "a", 1001, Health.HEALTHY, Map.of("version", "v1")),
            Inputs.instance("catalog", "b", 1002, Health.HEALTHY, Map.of("version", "v2"))));
    produce.translate();
    assertThat(produce.endpoints("default/catalog").getEndpoints(0).getLbEndpointsCount())
        .isEqualTo(2);
    assertThat(produce.endpoints("default/catalog-v2").getEndpoints(0).getLbEndpointsCount())
        .isEqualTo(1);
  }

  @Test
  void anEntryGivesItsEndpointItsLocality() {
    Produce produce =
        new Produce()
            .with(
                Inputs.service("legacy")
                    + """
                    ---
                    apiVersion: heddle.io/v1alpha1
                    kind: WorkloadEntry
                    metadata: {name: box}
                    spec: {address: 10.0.0.7, ports: {http: 9090}, service: legacy, locality: eu/b/r2}
                    """)
            .translate();
    assertThat(produce.endpoints("default/legacy").getEndpoints(0).getLocality())
        .satisfies(locality -> {
          assertThat(locality.getRegion()).isEqualTo("eu");
          assertThat(locality.getZone()).isEqualTo("b");
          assertThat(locality.getSubZone()).isEqualTo("r2");
        });
  }

  @Test
  void takesWorkloadEntriesAsEndpoints() {
    Produce produce =
        new Produce()
            .with(
                Inputs.service("legacy")
                    + """
                    ---
                    apiVersion: heddle.io/v1alpha1
                    kind: WorkloadEntry
                    metadata: {name: box}
                    spec: {address: 10.0.0.7, ports: {http: 9090}, service: legacy, weight: 3}
                    """)
            .translate();
    assertThat(produce.endpoints("default/legacy").getEndpoints(0).getLbEndpoints(0))
        .satisfies(e -> {
          assertThat(e.getLoadBalancingWeight().getValue()).isEqualTo(3);
          assertThat(e.getEndpoint().getAddress().getSocketAddress().getPortValue())
              .isEqualTo(9090);
        });
  }

  @Test
  void recomputesExactlyOneAssignmentOfAThousandServices() {
    Produce produce = new Produce().node("n", Inputs.sidecar("default", "s0"));
    for (int i = 0; i < 1_000; i++) {
      produce.translator.update(Inputs.object(Inputs.service("s" + i)));
      produce.translator.instances(
          key("s" + i), List.of(Inputs.instance("s" + i, "a", 2_000 + i, Health.HEALTHY)));
    }
    produce.translator.translate();
    Map<String, Long> before = produce.translator.counters().values();
    produce.translator.instances(
        key("s500"),
        List.of(
            Inputs.instance("s500", "a", 2_500, Health.HEALTHY),
            Inputs.instance("s500", "b", 4_000, Health.HEALTHY)));
    Translation translation = produce.translator.translate();
    Map<String, Long> after = produce.translator.counters().values();
    assertThat(
            after.getOrDefault("translate.endpoints_recomputed", -1L)
                - before.getOrDefault("translate.endpoints_recomputed", -1L))
        .isEqualTo(1);
    assertThat(after.get("translate.routes_recomputed"))
        .isEqualTo(before.get("translate.routes_recomputed"));
    assertThat(translation.put())
        .singleElement()
        .satisfies(p -> assertThat(p.resource().name()).isEqualTo("default/s500"));
  }

  @Test
  void computesNothingWhenALeaseFallsIntoItsGrace() {
    Produce produce = new Produce().with(Inputs.service("web"));
    RegisteredInstance live = Inputs.instance("web", "a", 1001, Health.HEALTHY);
    produce.translator.instances(key("web"), List.of(live));
    produce.translate();
    produce.translator.instances(
        key("web"),
        List.of(
            new RegisteredInstance(
                live.announcement(),
                live.health(),
                io.heddle.control.api.registry.Presence.GRACE,
                live.since())));
    long before =
        produce.translator.counters().values().getOrDefault("translate.endpoints_recomputed", -1L);
    assertThat(produce.translate().last.put()).isEmpty();
    assertThat(produce.translator.counters().values())
        .containsEntry("translate.endpoints_recomputed", before);
  }

  @Test
  void touchesOnlyTheTablesOfARoutesParents() {
    Produce produce =
        new Produce()
            .with(Inputs.service("web") + Inputs.service("catalog") + GATEWAY)
            .with(Inputs.service("catalog-v1") + Inputs.service("catalog-v2"))
            .node("web-1", Inputs.sidecar("default", "web"))
            .node("edge-1", Inputs.gateway("edge"))
            .translate();
    produce.with(ROUTE).translate();
    assertThat(produce.last.put().stream().map(p -> p.resource().name()))
        .containsExactly("outbound/default");
    var action =
        produce.routes("outbound/default").getVirtualHostsList().stream()
            .filter(host -> host.getName().equals("default/catalog"))
            .findFirst()
            .orElseThrow()
            .getRoutes(0)
            .getRoute();
    assertThat(action.getWeightedClusters().getClustersList())
        .extracting(c -> c.getName() + " " + c.getWeight().getValue())
        .containsExactly("default/catalog-v1 90", "default/catalog-v2 10");
  }

  @Test
  void saysWhichObjectsATableEmbodies() {
    Produce produce =
        new Produce()
            .with(
                Inputs.service("catalog")
                    + Inputs.service("catalog-v1")
                    + Inputs.service("catalog-v2")
                    + ROUTE)
            .node("web-1", Inputs.sidecar("default", "web"))
            .translate();
    assertThat(
            produce.present.values().stream()
                .filter(p -> p.resource().type() == ResourceType.ROUTES)
                .findFirst()
                .orElseThrow()
                .from())
        .containsEntry(ObjectKey.of(Kind.HTTP_ROUTE, "split"), 1L)
        .containsEntry(ObjectKey.of(Kind.SERVICE, "catalog"), 1L);
  }

  @Test
  void givesANodeWithBadMetadataNothing() {
    Produce produce =
        new Produce()
            .with(Inputs.service("web"))
            .node("odd", Map.of(NodeFacts.KIND, "sidecar"))
            .translate();
    assertThat(produce.present.keySet()).noneMatch(p -> p.scope().equals(Produce.own("odd")));
    assertThat(produce.last.declared()).contains(Produce.own("odd"));
  }

  @Test
  void endsAtTheSameStateInWhateverOrderChangesCame() {
    String all =
        Inputs.service("web")
            + Inputs.service("catalog")
            + Inputs.service("catalog-v1")
            + Inputs.service("catalog-v2")
            + ROUTE
            + GATEWAY;
    List<ResourceObject> objects = new ArrayList<>(Inputs.objects(all));
    Produce expected = new Produce();
    objects.forEach(expected.translator::update);
    expected.node("web-1", Inputs.sidecar("default", "web")).node("edge-1", Inputs.gateway("edge"));
    expected.translator.instances(
        key("web"), List.of(Inputs.instance("web", "a", 1, Health.HEALTHY)));
    expected.translate();
    Random random = new Random(7);
    for (int round = 0; round < 30; round++) {
      Produce produce = new Produce();
      Collections.shuffle(objects, random);
      for (int i = 0; i < objects.size(); i++) {
        produce.translator.update(objects.get(i));
        if (random.nextBoolean()) {
          produce.translator.remove(objects.get(random.nextInt(objects.size())).key());
        }
        if (i == 3) {
          produce.node("web-1", Inputs.sidecar("default", "web"));
        }
        if (i == 5) {
          produce.node("edge-1", Inputs.gateway("edge"));
          produce.translator.instances(
              key("web"), List.of(Inputs.instance("web", "a", 1, Health.HEALTHY)));
        }
        if (random.nextInt(3) == 0) {
          produce.translate();
        }
      }
      produce.translator.relist(objects);
      produce.translate();
      assertThat(produce.versions()).as("round " + round).isEqualTo(expected.versions());
      assertThat(produce.verdicts).containsAllEntriesOf(expected.verdicts);
    }
  }
}
