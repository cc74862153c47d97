package io.heddle.xds.server;

import static io.heddle.xds.model.ResourceType.CLUSTER;
import static io.heddle.xds.model.ResourceType.ENDPOINTS;
import static io.heddle.xds.server.Resources.cluster;
import static io.heddle.xds.server.Resources.endpoints;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.ResourceLocator;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Readiness, back-pressure, limits and status. */
class ServerBehaviourTest {
  private static final Limits TIGHT =
      new Limits(4, 16, 4_096, 2, 256, 4, 4, Duration.ofSeconds(30), Duration.ofSeconds(5));

  private static Mesh tight() {
    Mesh mesh = new Mesh(node -> List.of(Mesh.SCOPE), builder -> builder.limits(TIGHT));
    mesh.cache.apply(CacheUpdate.builder().declare(Mesh.SCOPE).build());
    mesh.cache.markReady();
    return mesh;
  }

  @ParameterizedTest
  @EnumSource
  void answersNothingBeforeTheCacheIsReadyAndTheScopeKnown(Variant variant) {
    Scope late = new Scope("late");
    try (Mesh mesh = new Mesh(node -> List.of(Mesh.SCOPE, late), builder -> builder)) {
      ScriptedClient client = mesh.client(variant);
      client.subscribe(CLUSTER);
      client.hearsNothing(mesh);
      mesh.put(cluster("a", 1));
      client.hearsNothing(mesh);
      mesh.cache.markReady();
      client.hearsNothing(mesh);
      mesh.cache.apply(CacheUpdate.builder().declare(late).build());
      assertThat(client.nextAcked(CLUSTER).names()).containsExactly("a");
    }
  }

  /** What one node is to see without is hidden in its own scope; the others do not notice. */
  @ParameterizedTest
  @EnumSource
  void hidesFromOneNodeWhatTheOthersGoOnSeeing(Variant variant) {
    Scope own = new Scope("own");
    ScopeResolver resolver =
        node -> node.id().equals("one") ? List.of(own, Mesh.SCOPE) : List.of(Mesh.SCOPE);
    try (Mesh mesh = new Mesh(resolver, builder -> builder)) {
      mesh.cache.apply(CacheUpdate.builder().declare(own).declare(Mesh.SCOPE).build());
      mesh.cache.markReady();
      mesh.put(cluster("a", 1), cluster("b", 1));
      ScriptedClient one = mesh.client(variant, "one");
      ScriptedClient other = mesh.client(variant, "other");
      one.subscribe(CLUSTER);
      one.nextAcked(CLUSTER);
      other.subscribe(CLUSTER);
      other.nextAcked(CLUSTER);
      ResourceKey key = new ResourceKey(CLUSTER, "a");
      mesh.cache.apply(CacheUpdate.builder().hide(own, key).build());
      ScriptedClient.Answer without = one.nextAcked(CLUSTER);
      if (variant.delta()) {
        assertThat(without.removed()).containsExactly("a");
      } else {
        assertThat(without.names()).containsExactly("b");
      }
      assertThat(mesh.cache.get(own, key)).isEmpty();
      assertThat(mesh.cache.contents(own)).isEmpty();
      assertThat(mesh.server.syncView().compare(List.of(ResourceVersion.absent(CLUSTER, "a"))))
          .extracting(sync -> sync.node().id(), ProxySync::state)
          .containsExactly(org.assertj.core.groups.Tuple.tuple("one", ProxySync.State.IN_SYNC));
      // A later version of what is hidden stays hidden, and is there again once nothing hides it.
      mesh.put(cluster("a", 2));
      one.hearsNothing(mesh);
      assertThat(other.nextAcked(CLUSTER).names()).contains("a");
      mesh.cache.apply(CacheUpdate.builder().remove(own, key).build());
      assertThat(one.nextAcked(CLUSTER).names()).contains("a");
      other.hearsNothing(mesh);
    }
  }

  @ParameterizedTest
  @EnumSource
  void answersAWildcardOverNothingWithAnEmptyResponse(Variant variant) {
    try (Mesh mesh = new Mesh()) {
      ScriptedClient client = mesh.client(variant);
      client.subscribe(CLUSTER);
      assertThat(client.nextAcked(CLUSTER).names()).isEmpty();
      client.hearsNothing(mesh);
    }
  }

  @ParameterizedTest
  @EnumSource
  void mergesForAClientThatDoesNotReadAndHoldsUpNobodyElse(Variant variant) {
    try (Mesh mesh = new Mesh()) {
      mesh.put(endpoints("a", 1));
      ScriptedClient slow = mesh.client(variant, "slow").withoutReading();
      ScriptedClient quick = mesh.client(variant, "quick");
      slow.subscribe(ENDPOINTS, "a");
      quick.subscribe(ENDPOINTS, "a");
      quick.nextAcked(ENDPOINTS);
      for (int revision = 2; revision < 50; revision++) {
        mesh.put(endpoints("a", revision));
        assertThat(quick.nextAcked(ENDPOINTS).names()).containsExactly("a");
      }
      slow.hearsNothing(mesh);
      slow.read(ENDPOINTS);
      ScriptedClient.Answer only = slow.next(ENDPOINTS);
      assertThat(only.content().get("a")).isEqualTo(endpoints("a", 49).any().getValue());
      slow.ack(only);
      slow.hearsNothing(mesh);
    }
  }

  @ParameterizedTest
  @EnumSource
  void endsAStreamWithTooManyNames(Variant variant) {
    try (Mesh mesh = tight()) {
      ScriptedClient client = mesh.client(variant);
      client.subscribe(ENDPOINTS, "a", "b", "c", "d", "e");
      assertThat(client.endedWith()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    }
  }

  /** Passed over, the request would be empty and ask for everything. */
  @ParameterizedTest
  @EnumSource
  void endsAStreamThatAsksByDynamicParameters(Variant variant) {
    try (Mesh mesh = new Mesh()) {
      ScriptedClient client = mesh.client(variant);
      ResourceLocator locator = ResourceLocator.newBuilder().setName("a").build();
      if (variant.delta()) {
        client.say(CLUSTER, client.delta(CLUSTER).addResourceLocatorsSubscribe(locator).build());
      } else {
        client.say(CLUSTER, client.sotw(CLUSTER).addResourceLocators(locator).build());
      }
      assertThat(client.endedWith()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    }
  }

  @ParameterizedTest
  @EnumSource
  void endsAStreamWithATooLongName(Variant variant) {
    try (Mesh mesh = tight()) {
      ScriptedClient client = mesh.client(variant);
      client.subscribe(ENDPOINTS, "a".repeat(17));
      assertThat(client.endedWith()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    }
  }

  @ParameterizedTest
  @EnumSource
  void endsAStreamWithATooLargeRequest(Variant variant) {
    try (Mesh mesh = tight()) {
      ScriptedClient client = mesh.client(variant);
      client.sayNode(ENDPOINTS, Node.newBuilder().setId("n".repeat(5_000)).build());
      assertThat(client.endedWith()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    }
  }

  @ParameterizedTest
  @EnumSource
  void endsAStreamWithTooMuchMetadata(Variant variant) {
    try (Mesh mesh = tight()) {
      ScriptedClient client = mesh.client(variant);
      Struct.Builder metadata = Struct.newBuilder();
      for (int i = 0; i < 3; i++) {
        metadata.putFields("k" + i, Value.newBuilder().setStringValue("v").build());
      }
      client.sayNode(ENDPOINTS, Node.newBuilder().setId("n").setMetadata(metadata).build());
      assertThat(client.endedWith()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    }
  }

  @ParameterizedTest
  @EnumSource
  void tellsWhoIsInSyncBehindAndRejected(Variant variant) {
    try (Mesh mesh = new Mesh()) {
      mesh.put(cluster("a", 1));
      ScriptedClient good = mesh.client(variant, "good");
      ScriptedClient slow = mesh.client(variant, "slow");
      ScriptedClient bad = mesh.client(variant, "bad");
      for (ScriptedClient client : List.of(good, slow, bad)) {
        client.subscribe(CLUSTER);
        client.nextAcked(CLUSTER);
      }
      EncodedResource next = cluster("a", 2);
      mesh.put(next);
      good.nextAcked(CLUSTER);
      slow.next(CLUSTER);
      bad.nack(bad.next(CLUSTER), "no such thing");
      mesh.settle();
      List<ProxySync> syncs = mesh.server.syncView().compare(List.of(next.resourceVersion()));
      assertThat(syncs)
          .extracting(s -> s.node().id() + " " + s.state())
          .containsExactlyInAnyOrder("good IN_SYNC", "slow BEHIND", "bad REJECTED");
      assertThat(mesh.server.syncView().acknowledged("good", next.key())).contains(next.version());
      ProxyStatus refused = mesh.server.syncView().proxy("bad").orElseThrow();
      assertThat(refused.rejections())
          .containsExactly(new Rejection("bad", CLUSTER, "a", next.version(), "no such thing"));
      assertThat(mesh.server.syncView().proxy("slow").orElseThrow().types().get(CLUSTER))
          .isEqualTo(new ProxyStatus.TypeStatus(true, 1));
      mesh.remove(CLUSTER, "a");
      good.nextAcked(CLUSTER);
      mesh.settle();
      assertThat(mesh.server.syncView().compare(List.of(ResourceVersion.absent(CLUSTER, "a"))))
          .filteredOn(s -> s.node().id().equals("good"))
          .extracting(ProxySync::state)
          .containsExactly(ProxySync.State.IN_SYNC);
      good.close();
      mesh.settle();
      assertThat(mesh.disconnected).extracting(s -> s.node().id()).contains("good");
      assertThat(mesh.server.syncView().proxy("good")).isEmpty();
    }
  }
}
