package io.heddle.control.core.translate;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.server.ResourceKey;
import io.heddle.xds.server.Scope;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Services that say whom they call. */
final class ReachTest {
  private static final ObjectKey WEB = ObjectKey.of(Kind.SERVICE, "web");
  private static final Scope REACH = Names.reach(WEB);

  private final Produce produce = new Produce().node("n", Inputs.sidecar("default", "web"));

  private static String web(String calls) {
    return """
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web, annotations: {heddle.io/calls: "%s"}}
    spec: {ports: [{port: 80}]}
    """
        .formatted(calls);
  }

  private static final String OTHERS =
      Inputs.service("orders")
          + Inputs.service("orders-v2")
          + Inputs.service("stock")
          + """
          ---
          apiVersion: v1
          kind: Service
          metadata: {name: mail, namespace: far}
          spec: {ports: [{port: 80}]}
          """;

  private Set<String> clusters() {
    Set<String> names = new TreeSet<>();
    for (Place place : produce.present.keySet()) {
      if (place.scope().equals(REACH) && place.key().type() == ResourceType.CLUSTER) {
        names.add(place.key().name());
      }
    }
    return names;
  }

  private List<String> hosts() {
    return hosts(REACH);
  }

  private List<String> hosts(Scope scope) {
    Produced table =
        produce.present.get(
            new Place(scope, new ResourceKey(ResourceType.ROUTES, "outbound/default")));
    try {
      return Objects.requireNonNull(table)
          .resource()
          .any()
          .unpack(RouteConfiguration.class)
          .getVirtualHostsList()
          .stream()
          .map(VirtualHost::getName)
          .toList();
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private String routesOfListener() {
    Listener listener = produce.listener("outbound");
    return Produce.manager(listener).getRds().getRouteConfigName();
  }

  private List<Scope> scopes() {
    return produce.translator.scopesOf(
        Produce.own("n"), NodeFacts.parse(Inputs.sidecar("default", "web")));
  }

  @Test
  void seesAllWhereItSaysNothing() {
    produce.with(Inputs.service("web") + OTHERS).translate();
    assertThat(produce.translator.bounded()).isEmpty();
    assertThat(routesOfListener()).isEqualTo("outbound/default");
    assertThat(scopes()).contains(Names.CLUSTERS).doesNotContain(REACH);
    produce.with(web("*")).translate();
    assertThat(scopes()).contains(Names.CLUSTERS);
  }

  @Test
  void seesWhomItCallsAndWhereTheirRoutesLead() {
    produce
        .with(web("orders, far/*") + OTHERS)
        .with(
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: HTTPRoute
            metadata: {name: split}
            spec:
              parentRefs: [{group: "", kind: Service, name: orders}]
              rules:
              - backendRefs: [{name: orders-v2, port: 80}]
            """)
        .translate();
    assertThat(clusters()).containsExactly("default/orders", "default/orders-v2", "far/mail");
    assertThat(hosts()).containsExactlyInAnyOrder("default/orders", "far/mail");
    assertThat(routesOfListener()).isEqualTo("outbound/default");
    assertThat(scopes()).containsExactly(Produce.own("n"), REACH, Names.ENDPOINTS);
  }

  @Test
  void followsWhatComesAndGoes() {
    produce.with(web("later,orders") + OTHERS).translate();
    assertThat(clusters()).containsExactly("default/orders");
    produce.with(Inputs.service("later")).translate();
    assertThat(clusters()).containsExactly("default/later", "default/orders");
    assertThat(hosts()).contains("default/later");
    produce.translator.remove(ObjectKey.of(Kind.SERVICE, "orders"));
    produce.translate();
    assertThat(clusters()).containsExactly("default/later");
    produce.with(web("")).translate();
    assertThat(clusters()).isEmpty();
    assertThat(hosts()).isEmpty();
  }

  @Test
  void isShownAllAgainOnceItSaysNothing() {
    produce.with(web("orders") + OTHERS).translate();
    produce.with(Inputs.service("web")).translate();
    assertThat(produce.present.keySet()).noneMatch(place -> place.scope().equals(REACH));
    assertThat(routesOfListener()).isEqualTo("outbound/default");
    assertThat(produce.translator.bounded()).isEmpty();
    produce.translator.update(Inputs.object(web("orders")));
    produce.translate();
    assertThat(clusters()).containsExactly("default/orders");
  }

  /** Others of its namespace go on as before. */
  @Test
  void leavesOthersAlone() {
    produce.with(web("orders") + OTHERS).node("m", Inputs.sidecar("default", "stock")).translate();
    assertThat(
            produce.translator.scopesOf(
                Produce.own("m"), NodeFacts.parse(Inputs.sidecar("default", "stock"))))
        .contains(Names.CLUSTERS);
    assertThat(hosts(Names.namespace("default"))).hasSize(5);
  }
}
