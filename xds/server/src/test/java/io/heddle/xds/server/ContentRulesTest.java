package io.heddle.xds.server;

import static io.heddle.xds.model.ResourceType.CLUSTER;
import static io.heddle.xds.model.ResourceType.ENDPOINTS;
import static io.heddle.xds.model.ResourceType.LISTENER;
import static io.heddle.xds.model.ResourceType.ROUTES;
import static io.heddle.xds.server.Resources.cluster;
import static io.heddle.xds.server.Resources.endpoints;
import static io.heddle.xds.server.Resources.listener;
import static io.heddle.xds.server.Resources.routes;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rules 24 to 32: what a response carries. */
class ContentRulesTest {
  private final Mesh mesh = new Mesh();

  @AfterEach
  void close() {
    mesh.close();
  }

  @ParameterizedTest
  @EnumSource(names = {"SOTW_ADS", "SOTW_PER_TYPE"})
  void rule24_carriesTheFullSetOfListenersAndClusters(Variant variant) {
    mesh.put(cluster("a", 1), cluster("b", 1), listener("l", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(CLUSTER);
    client.nextAcked(CLUSTER);
    mesh.put(cluster("a", 2));
    assertThat(client.nextAcked(CLUSTER).names()).containsExactlyInAnyOrder("a", "b");
    mesh.remove(CLUSTER, "a");
    assertThat(client.nextAcked(CLUSTER).names()).containsExactly("b");
    mesh.remove(CLUSTER, "b");
    assertThat(client.nextAcked(CLUSTER).names()).isEmpty();
    client.subscribe(LISTENER);
    client.nextAcked(LISTENER);
    mesh.remove(LISTENER, "l");
    assertThat(client.nextAcked(LISTENER).names()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(names = {"SOTW_ADS", "SOTW_PER_TYPE"})
  void rule24_leavesOutNoListenerThatWaitsForItsCluster(Variant variant) {
    mesh.put(cluster("a", 1), listener("plain", 1), listener("l", 1, "a"));
    ScriptedClient client = mesh.client(variant);
    client.resume(CLUSTER, Map.of());
    ScriptedClient.Answer clusters = client.next(CLUSTER);
    client.resume(LISTENER, Map.of());
    client.hearsNothing(mesh);
    mesh.put(listener("plain", 2));
    client.hearsNothing(mesh);
    client.ack(clusters);
    assertThat(client.nextAcked(LISTENER).names()).containsExactlyInAnyOrder("plain", "l");
    client.hearsNothing(mesh);
  }

  @ParameterizedTest
  @EnumSource(names = {"SOTW_ADS", "SOTW_PER_TYPE"})
  void rule24_sendsAllListenersToAClientThatIsSilentOnClusters(Variant variant) {
    mesh.put(cluster("a", 1), listener("plain", 1), listener("l", 1, "a"));
    ScriptedClient client = mesh.client(variant);
    client.resume(CLUSTER, Map.of());
    client.next(CLUSTER);
    client.resume(LISTENER, Map.of());
    client.hearsNothing(mesh);
    mesh.elapse();
    assertThat(client.nextAcked(LISTENER).names()).containsExactlyInAnyOrder("plain", "l");
    client.hearsNothing(mesh);
  }

  @ParameterizedTest
  @EnumSource(names = {"SOTW_ADS", "SOTW_PER_TYPE"})
  void rule24_keepsWhatIsHeldWhileANewListenerWaits(Variant variant) {
    mesh.put(cluster("a", 1), listener("plain", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(CLUSTER);
    client.nextAcked(CLUSTER);
    client.subscribe(LISTENER);
    client.nextAcked(LISTENER);
    mesh.put(cluster("b", 1), listener("l", 1, "b"), listener("plain", 2));
    ScriptedClient.Answer clusters = client.next(CLUSTER);
    // What the client has never held does not hold back the others.
    assertThat(client.nextAcked(LISTENER).names()).containsExactly("plain");
    client.ack(clusters);
    assertThat(client.nextAcked(LISTENER).names()).containsExactlyInAnyOrder("plain", "l");
  }

  @ParameterizedTest
  @EnumSource(names = {"SOTW_ADS", "SOTW_PER_TYPE"})
  void rule25_sendsOnlyWhatChangedOfEndpointsAndRoutes(Variant variant) {
    mesh.put(endpoints("a", 1), endpoints("b", 1), routes("r", 1), routes("s", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(ENDPOINTS, "a", "b");
    client.nextAcked(ENDPOINTS);
    client.subscribe(ROUTES, "r", "s");
    client.nextAcked(ROUTES);
    mesh.put(endpoints("a", 2));
    assertThat(client.nextAcked(ENDPOINTS).names()).containsExactly("a");
    mesh.put(routes("s", 2));
    assertThat(client.nextAcked(ROUTES).names()).containsExactly("s");
    mesh.remove(ENDPOINTS, "a");
    client.hearsNothing(mesh);
    mesh.put(endpoints("a", 2));
    assertThat(client.nextAcked(ENDPOINTS).names()).containsExactly("a");
  }

  @ParameterizedTest
  @EnumSource
  void rule26_doesNotHoldBackOthersForAMissingName(Variant variant) {
    mesh.put(endpoints("a", 1), listener("l", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(ENDPOINTS, "a", "later");
    assertThat(client.nextAcked(ENDPOINTS).names()).containsExactly("a");
    client.subscribe(LISTENER, "l", "later");
    assertThat(client.nextAcked(LISTENER).names()).containsExactly("l");
    mesh.put(endpoints("later", 1), listener("later", 1));
    assertThat(client.nextAcked(ENDPOINTS).names()).containsExactly("later");
    assertThat(client.nextAcked(LISTENER).names()).contains("later");
  }

  @ParameterizedTest
  @EnumSource(names = {"DELTA_ADS", "DELTA_PER_TYPE"})
  void rule27_saysThatASubscribedNameDoesNotExist(Variant variant) {
    mesh.put(endpoints("a", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(ENDPOINTS, "a", "missing");
    ScriptedClient.Answer answer = client.nextAcked(ENDPOINTS);
    assertThat(answer.names()).containsExactly("a");
    assertThat(answer.removed()).containsExactly("missing");
    client.hearsNothing(mesh);
  }

  @ParameterizedTest
  @EnumSource(names = {"DELTA_ADS", "DELTA_PER_TYPE"})
  void rule28_tellsEverySubscriberOfADeletion(Variant variant) {
    mesh.put(endpoints("a", 1), cluster("a", 1), listener("l", 1), routes("r", 1));
    List<ScriptedClient> clients =
        List.of(mesh.client(variant, "n1"), mesh.client(variant, "n2"), mesh.client(variant, "n3"));
    for (ScriptedClient client : clients) {
      client.subscribe(CLUSTER);
      client.subscribe(ENDPOINTS, "a");
      client.subscribe(LISTENER);
      client.subscribe(ROUTES, "r");
      for (Optional<ScriptedClient.Answer> due = client.poll();
          due.isPresent();
          due = client.poll()) {
        client.ack(due.get());
      }
    }
    mesh.remove(ENDPOINTS, "a");
    mesh.remove(CLUSTER, "a");
    mesh.remove(LISTENER, "l");
    mesh.remove(ROUTES, "r");
    for (ScriptedClient client : clients) {
      assertThat(client.nextAcked(LISTENER).removed()).containsExactly("l");
      assertThat(client.nextAcked(ROUTES).removed()).containsExactly("r");
      assertThat(client.nextAcked(CLUSTER).removed()).containsExactly("a");
      assertThat(client.nextAcked(ENDPOINTS).removed()).containsExactly("a");
      client.hearsNothing(mesh);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"DELTA_ADS", "DELTA_PER_TYPE"})
  void rule29_sendsOnlyWhatDiffersAfterAReconnect(Variant variant) {
    mesh.put(cluster("same", 1), cluster("changed", 2), cluster("new", 1));
    mesh.put(endpoints("same", 1), endpoints("changed", 2));
    ScriptedClient client = mesh.client(variant);
    client.resume(
        CLUSTER,
        Map.of(
            "same", cluster("same", 1).version(),
            "changed", cluster("changed", 1).version(),
            "gone", "0123456789abcdef"));
    assertThat(client.nextAcked(CLUSTER).names()).containsExactlyInAnyOrder("changed", "new");
    mesh.elapse(); // what may still name it has not come
    assertThat(client.nextAcked(CLUSTER).removed()).containsExactly("gone");
    client.resume(
        ENDPOINTS,
        Map.of("same", endpoints("same", 1).version(), "gone", "0123456789abcdef"),
        "same",
        "changed",
        "gone");
    ScriptedClient.Answer eds = client.nextAcked(ENDPOINTS);
    assertThat(eds.names()).containsExactly("changed");
    if (!variant.aggregated()) {
      mesh.elapse();
      eds = client.nextAcked(ENDPOINTS);
    }
    assertThat(eds.removed()).containsExactly("gone");
    client.hearsNothing(mesh);
  }

  @Test
  void rule30_derivesVersionsFromContentAlone() {
    assertThat(cluster("a", 1).version())
        .isEqualTo(cluster("a", 1).version())
        .isNotEqualTo(cluster("a", 2).version())
        .matches("[0-9a-f]{16}");
  }

  /** Written down, so that another JVM, or the next release of protobuf, is held against it. */
  @Test
  void rule30_derivesTheSameVersionInEveryProcess() {
    assertThat(cluster("a", 1).version()).isEqualTo("db71f303d037ca8d");
    assertThat(routes("r", 1, "b", "a").version()).isEqualTo("d60374e733c39ec2");
    assertThat(withMap("x", "y", "z").version())
        .isEqualTo(withMap("z", "y", "x").version())
        .isEqualTo("3f3b165f8a0166ce");
  }

  private static EncodedResource withMap(String... keys) {
    Struct.Builder metadata = Struct.newBuilder();
    for (String key : keys) {
      metadata.putFields(key, Value.newBuilder().setStringValue("of " + key).build());
    }
    return EncodedResource.of(
        CLUSTER,
        "m",
        Cluster.newBuilder()
            .setName("m")
            .setMetadata(Metadata.newBuilder().putFilterMetadata("f", metadata.build()))
            .build());
  }

  @ParameterizedTest
  @EnumSource
  void rule30_showsTheSameVersionOnEveryReplica(Variant variant) {
    try (Mesh replica = new Mesh()) {
      mesh.put(cluster("a", 1));
      mesh.put(cluster("b", 1));
      replica.put(cluster("b", 7), cluster("a", 1));
      replica.put(cluster("b", 1));
      ScriptedClient here = mesh.client(variant);
      ScriptedClient there = replica.client(variant);
      here.subscribe(CLUSTER);
      there.subscribe(CLUSTER);
      assertThat(here.next(CLUSTER).version()).isEqualTo(there.next(CLUSTER).version());
    }
  }

  @ParameterizedTest
  @EnumSource
  void rule31_namesNoResourceTwice(Variant variant) {
    Scope near = new Scope("near");
    try (Mesh layered = new Mesh(node -> List.of(near, Mesh.SCOPE), b -> b)) {
      layered.cache.apply(
          CacheUpdate.builder()
              .put(near, cluster("a", 1))
              .put(Mesh.SCOPE, cluster("a", 2))
              .put(Mesh.SCOPE, cluster("b", 1))
              .build());
      layered.cache.markReady();
      ScriptedClient client = layered.client(variant);
      client.subscribe(CLUSTER, "*", "a", "b");
      ScriptedClient.Answer answer = client.nextAcked(CLUSTER);
      assertThat(answer.names()).containsExactlyInAnyOrder("a", "b").doesNotHaveDuplicates();
      assertThat(answer.content().get("a")).isEqualTo(cluster("a", 1).any().getValue());
      layered.cache.apply(
          CacheUpdate.builder().remove(near, new ResourceKey(CLUSTER, "a")).build());
      assertThat(client.next(CLUSTER).content().get("a"))
          .isEqualTo(cluster("a", 2).any().getValue());
    }
  }

  @ParameterizedTest
  @EnumSource
  void rule32_computesNoRemovalsForAnEndpointChange(Variant variant) {
    mesh.put(endpoints("a", 1), endpoints("b", 1), endpoints("c", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(ENDPOINTS, "a", "b", "c");
    client.nextAcked(ENDPOINTS);
    mesh.put(endpoints("b", 2));
    ScriptedClient.Answer answer = client.nextAcked(ENDPOINTS);
    assertThat(answer.names()).containsExactly("b");
    assertThat(answer.removed()).isEmpty();
    client.hearsNothing(mesh);
  }
}
