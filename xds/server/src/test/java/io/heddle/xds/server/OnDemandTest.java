package io.heddle.xds.server;

import static io.heddle.xds.model.ResourceType.CLUSTER;
import static io.heddle.xds.model.ResourceType.ENDPOINTS;
import static io.heddle.xds.model.ResourceType.VIRTUAL_HOSTS;
import static io.heddle.xds.server.Resources.cluster;
import static io.heddle.xds.server.Resources.endpoints;
import static io.heddle.xds.server.Resources.virtualHost;
import static io.heddle.xds.server.Resources.virtualHostTo;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Clusters and virtual hosts that a proxy asks for when a request needs them. */
class OnDemandTest {
  private static final Scope WORLD = new Scope("world");

  private final Mesh mesh =
      new Mesh(
          new ScopeResolver() {
            @Override
            public List<Scope> scopesOf(NodeInfo node) {
              return List.of(Mesh.SCOPE);
            }

            @Override
            public List<Scope> onDemandScopesOf(NodeInfo node) {
              return List.of(WORLD);
            }
          },
          builder -> builder);

  OnDemandTest() {
    mesh.cache.apply(CacheUpdate.builder().declare(Mesh.SCOPE).declare(WORLD).build());
    mesh.cache.markReady();
  }

  @AfterEach
  void close() {
    mesh.close();
  }

  private void world(EncodedResource... resources) {
    CacheUpdate.Builder update = CacheUpdate.builder();
    for (EncodedResource resource : resources) {
      update.put(WORLD, resource);
    }
    mesh.cache.apply(update.build());
  }

  @ParameterizedTest
  @EnumSource(names = {"DELTA_ADS", "DELTA_PER_TYPE"})
  void sendsAClusterOfTheWorldOnlyToWhoAsksForItByName(Variant variant) {
    mesh.put(cluster("own", 1));
    world(cluster("far", 1), endpoints("far", 1), cluster("farther", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(CLUSTER);
    assertThat(client.nextAcked(CLUSTER).names()).containsExactly("own");
    client.subscribe(CLUSTER, "far");
    assertThat(client.nextAcked(CLUSTER).names()).containsExactly("far");
    client.subscribe(ENDPOINTS, "far");
    assertThat(client.nextAcked(ENDPOINTS).names()).containsExactly("far");
    world(cluster("far", 2), cluster("farther", 2));
    assertThat(client.nextAcked(CLUSTER).names()).containsExactly("far");
    assertThat(client.nextAcked(ENDPOINTS).names()).containsExactly("far");
    client.hearsNothing(mesh);
  }

  @ParameterizedTest
  @EnumSource(names = {"DELTA_ADS", "DELTA_PER_TYPE"})
  void saysThatAClusterDoesNotExistAndSendsItOnceItDoes(Variant variant) {
    ScriptedClient client = mesh.client(variant);
    client.subscribe(CLUSTER, "nowhere");
    assertThat(client.nextAcked(CLUSTER).removed()).containsExactly("nowhere");
    world(cluster("nowhere", 1));
    assertThat(client.nextAcked(CLUSTER).names()).containsExactly("nowhere");
  }

  @ParameterizedTest
  @EnumSource(names = {"DELTA_ADS", "DELTA_PER_TYPE"})
  void takesAClusterOfTheWorldAwayOnceItIsNoLongerAskedFor(Variant variant) {
    mesh.put(cluster("own", 1));
    world(cluster("far", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(CLUSTER, "*", "far");
    assertThat(client.nextAcked(CLUSTER).names()).containsExactlyInAnyOrder("own", "far");
    client.unsubscribe(CLUSTER, "far");
    assertThat(client.nextAcked(CLUSTER).removed()).containsExactly("far");
    world(cluster("far", 2));
    client.hearsNothing(mesh);
  }

  @ParameterizedTest
  @EnumSource
  void prefersWhatIsInTheNodesOwnScope(Variant variant) {
    mesh.put(cluster("a", 1));
    world(cluster("a", 2));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(CLUSTER, "a");
    assertThat(client.nextAcked(CLUSTER).content())
        .containsExactly(Map.entry("a", cluster("a", 1).any().getValue()));
    world(cluster("a", 3));
    client.hearsNothing(mesh);
  }

  /** A host is asked for by what stands in the request, and told of by its own name. */
  @ParameterizedTest
  @CsvSource({
    "shop.example, exact",
    "SHOP.example, exact",
    "a.shop.example, suffix",
    "a.b.shop.example, suffix",
    "x.deep.shop.example, longer",
    "api.example, prefix",
    "nothing.at.all, any",
  })
  void findsAVirtualHostByTheHostOfARequest(String requestHost, String expected) {
    for (Variant variant : List.of(Variant.DELTA_ADS, Variant.DELTA_PER_TYPE)) {
      world(
          virtualHost("local/route/exact", 1, "shop.example"),
          virtualHost("local/route/suffix", 1, "*.shop.example"),
          virtualHost("local/route/longer", 1, "*.deep.shop.example"),
          virtualHost("local/route/prefix", 1, "api.*"),
          virtualHost("local/route/any", 1, "*"),
          virtualHost("other/exact", 1, requestHost));
      ScriptedClient client = mesh.client(variant, variant.toString());
      client.subscribe(VIRTUAL_HOSTS);
      assertThat(client.nextAcked(VIRTUAL_HOSTS).names()).isEmpty();
      String asked = "local/route/" + requestHost;
      client.subscribe(VIRTUAL_HOSTS, asked);
      Resource answer = client.nextAcked(VIRTUAL_HOSTS).resource("local/route/" + expected);
      assertThat(answer.getAliasesList()).contains(asked);
      client.hearsNothing(mesh);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"DELTA_ADS", "DELTA_PER_TYPE"})
  void saysThatThereIsNoSuchHostByAResourceWithoutContent(Variant variant) {
    ScriptedClient client = mesh.client(variant);
    client.subscribe(VIRTUAL_HOSTS);
    client.nextAcked(VIRTUAL_HOSTS);
    client.subscribe(VIRTUAL_HOSTS, "r/none.example");
    ScriptedClient.Answer answer = client.nextAcked(VIRTUAL_HOSTS);
    assertThat(answer.bare())
        .containsExactly(
            Resource.newBuilder().setName("r/none.example").addAliases("r/none.example").build());
    assertThat(answer.removed()).isEmpty();
    world(virtualHost("r/h", 1, "none.example"));
    assertThat(client.nextAcked(VIRTUAL_HOSTS).names()).containsExactly("r/h");
    client.hearsNothing(mesh);
  }

  @ParameterizedTest
  @EnumSource(names = {"DELTA_ADS", "DELTA_PER_TYPE"})
  void namesAHostOnceThoughItIsAskedForByTwoNames(Variant variant) {
    world(virtualHost("r/h", 1, "a.example", "b.example", "*.c.example"));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(VIRTUAL_HOSTS, "r/a.example", "r/x.c.example");
    ScriptedClient.Answer answer = client.nextAcked(VIRTUAL_HOSTS);
    assertThat(answer.names()).containsExactly("r/h");
    assertThat(answer.resource("r/h").getAliasesList())
        .containsExactlyInAnyOrder("r/a.example", "r/b.example", "r/x.c.example");
    world(virtualHost("r/h", 2, "a.example"));
    answer = client.nextAcked(VIRTUAL_HOSTS);
    assertThat(answer.names()).containsExactly("r/h");
    assertThat(answer.removed()).isEmpty();
    mesh.cache.apply(
        CacheUpdate.builder().remove(WORLD, new ResourceKey(VIRTUAL_HOSTS, "r/h")).build());
    answer = client.nextAcked(VIRTUAL_HOSTS);
    assertThat(answer.removed()).containsExactly("r/h");
    client.hearsNothing(mesh);
  }

  @ParameterizedTest
  @EnumSource(names = {"DELTA_ADS", "DELTA_PER_TYPE"})
  void movesANameFromOneHostToAnother(Variant variant) {
    world(virtualHost("r/old", 1, "a.example"));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(VIRTUAL_HOSTS, "r/a.example");
    assertThat(client.nextAcked(VIRTUAL_HOSTS).names()).containsExactly("r/old");
    mesh.cache.apply(
        CacheUpdate.builder()
            .remove(WORLD, new ResourceKey(VIRTUAL_HOSTS, "r/old"))
            .put(WORLD, virtualHost("r/new", 1, "a.example"))
            .build());
    ScriptedClient.Answer answer = client.nextAcked(VIRTUAL_HOSTS);
    assertThat(answer.names()).containsExactly("r/new");
    assertThat(answer.removed()).containsExactly("r/old");
    client.hearsNothing(mesh);
  }

  @ParameterizedTest
  @EnumSource(names = {"DELTA_ADS", "DELTA_PER_TYPE"})
  void rule29_sendsNoHostAgainThatTheClientHolds(Variant variant) {
    EncodedResource host = virtualHost("r/h", 1, "a.example");
    world(host);
    ScriptedClient client = mesh.client(variant);
    client.say(
        VIRTUAL_HOSTS,
        DeltaDiscoveryRequest.newBuilder()
            .setTypeUrl(VIRTUAL_HOSTS.typeUrl())
            .addResourceNamesSubscribe("r/a.example")
            .putInitialResourceVersions("r/h", host.version())
            .build());
    client.hearsNothing(mesh);
    world(virtualHost("r/h", 2, "a.example"));
    assertThat(client.nextAcked(VIRTUAL_HOSTS).names()).containsExactly("r/h");
  }

  @ParameterizedTest
  @EnumSource(names = {"DELTA_ADS", "DELTA_PER_TYPE"})
  void rule36_holdsAVirtualHostUntilItsClusterIsAcknowledged(Variant variant) {
    ScriptedClient client = mesh.client(variant);
    client.subscribe(CLUSTER);
    client.nextAcked(CLUSTER);
    client.subscribe(VIRTUAL_HOSTS, "r/a.example");
    client.nextAcked(VIRTUAL_HOSTS);
    mesh.put(cluster("c", 1), virtualHostTo("r/h", "a.example", "c"));
    ScriptedClient.Answer clusters = client.next();
    assertThat(clusters.type()).isEqualTo(CLUSTER);
    client.hearsNothing(mesh);
    client.ack(clusters);
    assertThat(client.nextAcked(VIRTUAL_HOSTS).names()).containsExactly("r/h");
  }

  @ParameterizedTest
  @EnumSource(names = {"DELTA_ADS", "DELTA_PER_TYPE"})
  void stopsTellingOfAHostThatIsNoLongerAskedFor(Variant variant) {
    world(virtualHost("r/h", 1, "a.example"), virtualHost("r/i", 1, "b.example"));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(VIRTUAL_HOSTS, "r/a.example", "r/b.example");
    client.nextAcked(VIRTUAL_HOSTS);
    client.unsubscribe(VIRTUAL_HOSTS, "r/a.example");
    world(virtualHost("r/h", 2, "a.example"));
    client.hearsNothing(mesh);
    world(virtualHost("r/i", 2, "b.example"));
    assertThat(client.nextAcked(VIRTUAL_HOSTS).names()).containsExactly("r/i");
    client.unsubscribe(VIRTUAL_HOSTS, "r/b.example");
    world(virtualHost("r/i", 3, "b.example"));
    client.hearsNothing(mesh);
  }

  @ParameterizedTest
  @EnumSource(names = {"DELTA_ADS", "DELTA_PER_TYPE"})
  void rule21_answersAnUnsubscriptionFromAHostThatOnlyTheWildcardShows(Variant variant) {
    mesh.put(virtualHost("r/h", 1, "a.example"));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(VIRTUAL_HOSTS);
    assertThat(client.nextAcked(VIRTUAL_HOSTS).names()).containsExactly("r/h");
    client.unsubscribe(VIRTUAL_HOSTS, "r/h");
    assertThat(client.nextAcked(VIRTUAL_HOSTS).names()).containsExactly("r/h");
    client.unsubscribe(VIRTUAL_HOSTS, "r/never.example");
    assertThat(client.nextAcked(VIRTUAL_HOSTS).removed()).containsExactly("r/never.example");
    assertThat(client.open()).isTrue();
  }
}
