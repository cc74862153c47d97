package io.heddle.xds.server;

import static io.heddle.xds.model.ResourceType.CLUSTER;
import static io.heddle.xds.model.ResourceType.ENDPOINTS;
import static io.heddle.xds.model.ResourceType.EXTENSION_CONFIG;
import static io.heddle.xds.model.ResourceType.LISTENER;
import static io.heddle.xds.model.ResourceType.ROUTES;
import static io.heddle.xds.model.ResourceType.RUNTIME;
import static io.heddle.xds.model.ResourceType.SCOPED_ROUTES;
import static io.heddle.xds.model.ResourceType.SECRET;
import static io.heddle.xds.model.ResourceType.VIRTUAL_HOSTS;
import static io.heddle.xds.server.Resources.cluster;
import static io.heddle.xds.server.Resources.endpoints;
import static io.heddle.xds.server.Resources.listener;
import static io.heddle.xds.server.Resources.resource;
import static io.heddle.xds.server.Resources.routes;
import static io.heddle.xds.server.Resources.secret;
import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.xds.model.ResourceType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rules 34 to 36: what is sent before what. */
class OrderRulesTest {
  private final Mesh mesh = new Mesh();

  @AfterEach
  void close() {
    mesh.close();
  }

  private ScriptedClient settled(Variant variant) {
    mesh.put(cluster("a", 1), endpoints("a", 1), listener("l", 1), routes("r", 1, "a"));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(CLUSTER);
    client.nextAcked(CLUSTER);
    client.subscribe(ENDPOINTS, "a");
    client.nextAcked(ENDPOINTS);
    client.subscribe(LISTENER);
    client.nextAcked(LISTENER);
    client.subscribe(ROUTES, "r");
    client.nextAcked(ROUTES);
    client.hearsNothing(mesh);
    return client;
  }

  @ParameterizedTest
  @EnumSource
  void rule34_pushesClustersEndpointsListenersRoutes(Variant variant) {
    ScriptedClient client = settled(variant);
    mesh.put(routes("r", 2, "a"), listener("l", 2), endpoints("a", 2), cluster("a", 2));
    List<ResourceType> order = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      order.add(client.next().type());
    }
    assertThat(order).containsExactly(CLUSTER, ENDPOINTS, LISTENER, ROUTES);
  }

  @ParameterizedTest
  @EnumSource
  void rule34_pushesSecretsAfterRoutesAndAllOthersBehind(Variant variant) {
    ScriptedClient client = settled(variant);
    List<ResourceType> expected = new ArrayList<>(List.of(CLUSTER, ENDPOINTS, LISTENER, ROUTES));
    for (ResourceType type :
        List.of(SCOPED_ROUTES, VIRTUAL_HOSTS, SECRET, EXTENSION_CONFIG, RUNTIME)) {
      if (variant.speaks(type)) {
        mesh.put(resource(type, "x", 1));
        client.subscribe(type, "x");
        client.nextAcked(type);
        expected.add(type);
      }
    }
    CacheUpdate.Builder update = CacheUpdate.builder();
    for (ResourceType type : expected.reversed()) {
      String name = type == LISTENER ? "l" : type == ROUTES ? "r" : "a";
      boolean first = type.compareTo(ROUTES) <= 0;
      update.put(Mesh.SCOPE, resource(type, first ? name : "x", 2));
    }
    mesh.cache.apply(update.build());
    List<ResourceType> order = new ArrayList<>();
    for (int i = 0; i < expected.size(); i++) {
      order.add(client.next().type());
    }
    assertThat(order).isEqualTo(expected);
  }

  @ParameterizedTest
  @EnumSource(names = {"DELTA_ADS", "DELTA_PER_TYPE"})
  void rule34_removesASecretOnlyOnceTheListenerNoLongerNamesIt(Variant variant) {
    ScriptedClient client = settled(variant);
    mesh.put(secret("s", 1));
    client.subscribe(SECRET, "s");
    client.nextAcked(SECRET);
    mesh.cache.apply(
        CacheUpdate.builder()
            .remove(Mesh.SCOPE, new ResourceKey(SECRET, "s"))
            .put(Mesh.SCOPE, listener("l", 2))
            .build());
    ScriptedClient.Answer listener = client.next();
    assertThat(listener.type()).isEqualTo(LISTENER);
    client.hearsNothing(mesh);
    client.ack(listener);
    assertThat(client.nextAcked(SECRET).removed()).containsExactly("s");
  }

  @ParameterizedTest
  @EnumSource(names = {"DELTA_ADS", "DELTA_PER_TYPE"})
  void rule34_removesRoutesOnlyOnceTheListenerNoLongerNamesThem(Variant variant) {
    ScriptedClient client = settled(variant);
    mesh.cache.apply(
        CacheUpdate.builder()
            .remove(Mesh.SCOPE, new ResourceKey(ROUTES, "r"))
            .put(Mesh.SCOPE, listener("l", 2))
            .build());
    ScriptedClient.Answer listener = client.next();
    assertThat(listener.type()).isEqualTo(LISTENER);
    client.hearsNothing(mesh);
    client.ack(listener);
    assertThat(client.nextAcked(ROUTES).removed()).containsExactly("r");
  }

  @ParameterizedTest
  @EnumSource
  void rule34_removesAClusterOnlyOnceTheRoutesNoLongerNameIt(Variant variant) {
    ScriptedClient client = settled(variant);
    mesh.cache.apply(
        CacheUpdate.builder()
            .remove(Mesh.SCOPE, new ResourceKey(CLUSTER, "a"))
            .remove(Mesh.SCOPE, new ResourceKey(ENDPOINTS, "a"))
            .put(Mesh.SCOPE, cluster("b", 1))
            .put(Mesh.SCOPE, routes("r", 2, "b"))
            .build());
    ScriptedClient.Answer added = client.next();
    assertThat(added.type()).isEqualTo(CLUSTER);
    assertThat(added.names()).contains("b");
    assertThat(added.removed()).isEmpty();
    if (!variant.delta()) {
      assertThat(added.names()).contains("a");
    }
    client.hearsNothing(mesh);
    client.ack(added);
    ScriptedClient.Answer routes = client.next();
    assertThat(routes.type()).isEqualTo(ROUTES);
    client.hearsNothing(mesh);
    client.ack(routes);
    ScriptedClient.Answer removal = client.next();
    assertThat(removal.type()).isEqualTo(CLUSTER);
    if (variant.delta()) {
      assertThat(removal.removed()).containsExactly("a");
      client.hearsNothing(mesh);
      client.ack(removal);
      assertThat(client.nextAcked(ENDPOINTS).removed()).containsExactly("a");
    } else {
      assertThat(removal.names()).containsExactly("b");
      client.ack(removal);
    }
    client.hearsNothing(mesh);
  }

  @ParameterizedTest
  @EnumSource
  void rule34_doesNotHoldARemovalForEver(Variant variant) {
    ScriptedClient client = settled(variant);
    mesh.put(routes("r", 2));
    client.next(ROUTES);
    mesh.remove(CLUSTER, "a");
    client.hearsNothing(mesh);
    mesh.elapse();
    ScriptedClient.Answer removal = client.next(CLUSTER);
    assertThat(removal.names()).isEmpty();
    if (variant.delta()) {
      assertThat(removal.removed()).containsExactly("a");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"DELTA_ADS", "DELTA_PER_TYPE"})
  void rule34_removesNothingAfterAResumptionBeforeWhatMayNameItHasCome(Variant variant) {
    mesh.put(cluster("b", 1), endpoints("b", 1), routes("r", 2, "b"), listener("l", 1));
    ScriptedClient client = mesh.client(variant);
    client.resume(CLUSTER, Map.of("b", cluster("b", 1).version(), "a", cluster("a", 1).version()));
    client.resume(ENDPOINTS, Map.of("a", endpoints("a", 1).version()), "a");
    client.hearsNothing(mesh);
    client.resume(LISTENER, Map.of("l", listener("l", 1).version()));
    client.hearsNothing(mesh);
    client.resume(ROUTES, Map.of("r", routes("r", 1, "a").version()), "r");
    ScriptedClient.Answer routes = client.next();
    assertThat(routes.type()).isEqualTo(ROUTES);
    client.hearsNothing(mesh);
    client.ack(routes);
    assertThat(client.nextAcked(CLUSTER).removed()).containsExactly("a");
    assertThat(client.nextAcked(ENDPOINTS).removed()).containsExactly("a");
    client.hearsNothing(mesh);
  }

  @ParameterizedTest
  @EnumSource(names = {"DELTA_ADS", "DELTA_PER_TYPE"})
  void rule34_removesAfterTheTimeLimitWhereNothingElseComes(Variant variant) {
    ScriptedClient client = mesh.client(variant);
    client.resume(CLUSTER, Map.of("a", cluster("a", 1).version()));
    client.hearsNothing(mesh);
    mesh.elapse();
    assertThat(client.nextAcked(CLUSTER).removed()).containsExactly("a");
    mesh.put(cluster("b", 1));
    client.nextAcked(CLUSTER);
    // Only a resumption waits for types that the client may never ask for.
    mesh.remove(CLUSTER, "b");
    assertThat(client.nextAcked(CLUSTER).removed()).containsExactly("b");
  }

  @ParameterizedTest
  @EnumSource
  void rule35_sendsUnchangedEndpointsOfAChangedCluster(Variant variant) {
    ScriptedClient client = settled(variant);
    mesh.put(cluster("b", 1), endpoints("b", 1));
    client.nextAcked(CLUSTER);
    client.subscribe(ENDPOINTS, "b");
    assertThat(client.nextAcked(ENDPOINTS).names()).containsExactly("b");
    mesh.put(cluster("a", 2));
    client.nextAcked(CLUSTER);
    assertThat(client.nextAcked(ENDPOINTS).names()).containsExactly("a");
    client.hearsNothing(mesh);
  }

  @ParameterizedTest
  @EnumSource(names = {"DELTA_ADS", "DELTA_PER_TYPE"})
  void rule35_sendsNothingUnchangedAfterAResumption(Variant variant) {
    settled(variant).close();
    mesh.settle();
    ScriptedClient client = mesh.client(variant);
    client.resume(CLUSTER, Map.of("a", cluster("a", 1).version()));
    client.resume(ENDPOINTS, Map.of("a", endpoints("a", 1).version()), "a");
    client.resume(LISTENER, Map.of("l", listener("l", 1).version()));
    client.resume(ROUTES, Map.of("r", routes("r", 1, "a").version()), "r");
    client.hearsNothing(mesh);
    mesh.put(cluster("c", 1));
    assertThat(client.nextAcked(CLUSTER).names()).containsExactly("c");
    client.hearsNothing(mesh);
  }

  @ParameterizedTest
  @EnumSource
  void rule36_holdsRoutesUntilTheirClustersAreAcknowledged(Variant variant) {
    ScriptedClient client = settled(variant);
    mesh.put(routes("r", 2, "a", "b"), cluster("b", 1));
    ScriptedClient.Answer clusters = client.next();
    assertThat(clusters.type()).isEqualTo(CLUSTER);
    client.hearsNothing(mesh);
    client.ack(clusters);
    assertThat(client.nextAcked(ROUTES).names()).containsExactly("r");
  }

  @ParameterizedTest
  @EnumSource
  void rule36_sendsRoutesAfterTheTimeLimitToASilentClient(Variant variant) {
    ScriptedClient client = settled(variant);
    mesh.put(routes("r", 2, "a", "b"), cluster("b", 1));
    assertThat(client.next().type()).isEqualTo(CLUSTER);
    client.hearsNothing(mesh);
    mesh.elapse();
    assertThat(client.nextAcked(ROUTES).names()).containsExactly("r");
  }

  @ParameterizedTest
  @EnumSource
  void rule36_doesNotMakeAClientWaitThatAsksForItsClustersByName(Variant variant) {
    mesh.put(cluster("a", 1), routes("r", 1, "a"));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(ROUTES, "r");
    if (!variant.aggregated()) {
      mesh.elapse(); // its clusters may have been about to come on a stream of their own
    }
    assertThat(client.nextAcked(ROUTES).names()).containsExactly("r");
    client.subscribe(CLUSTER, "a");
    assertThat(client.nextAcked(CLUSTER).names()).containsExactly("a");
  }

  @ParameterizedTest
  @EnumSource(names = {"SOTW_PER_TYPE", "DELTA_PER_TYPE"})
  void rule36_holdsRoutesThatAreAskedForBeforeTheStreamOfTheClusters(Variant variant) {
    mesh.put(cluster("a", 1), routes("r", 1, "a"), routes("elsewhere", 1, "unknown"));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(ROUTES, "r", "elsewhere");
    assertThat(client.nextAcked(ROUTES).names()).containsExactly("elsewhere");
    client.hearsNothing(mesh);
    client.subscribe(CLUSTER);
    ScriptedClient.Answer clusters = client.next();
    assertThat(clusters.type()).isEqualTo(CLUSTER);
    client.hearsNothing(mesh);
    client.ack(clusters);
    assertThat(client.nextAcked(ROUTES).names()).containsExactly("r");
  }

  @ParameterizedTest
  @EnumSource(names = {"SOTW_PER_TYPE", "DELTA_PER_TYPE"})
  void rule36_waitsOnlyAtFirstForAStreamOfClusters(Variant variant) {
    mesh.put(cluster("a", 1), routes("r", 1, "a"));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(ROUTES, "r");
    mesh.elapse();
    client.nextAcked(ROUTES);
    mesh.put(routes("r", 2, "a"));
    assertThat(client.nextAcked(ROUTES).names()).containsExactly("r");
  }

  @ParameterizedTest
  @EnumSource
  void rule36_waitsAnewForANameThatWasDroppedWhileItWaited(Variant variant) {
    ScriptedClient client = settled(variant);
    mesh.put(routes("r", 2, "a", "b"), cluster("b", 1));
    ScriptedClient.Answer clusters = client.next();
    client.unsubscribe(ROUTES, "r");
    mesh.elapse();
    client.subscribe(ROUTES, "r");
    client.hearsNothing(mesh);
    client.ack(clusters);
    assertThat(client.nextAcked(ROUTES).names()).containsExactly("r");
  }
}
