package io.heddle.xds.client;

import static io.heddle.xds.client.Fixture.cluster;
import static io.heddle.xds.client.Fixture.delta;
import static io.heddle.xds.client.Fixture.endpoints;
import static io.heddle.xds.client.Fixture.resource;
import static io.heddle.xds.model.ResourceType.CLUSTER;
import static io.heddle.xds.model.ResourceType.ENDPOINTS;
import static io.heddle.xds.model.ResourceType.LISTENER;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DeltaConversationTest {
  private Fixture fixture;

  @BeforeEach
  void start() throws Exception {
    fixture = new Fixture(XdsVariant.DELTA);
    fixture.client.subscribe(CLUSTER, Set.of("*"));
    fixture.client.subscribe(LISTENER, Set.of("*"));
    fixture.start();
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void firstRequestCarriesNodeAndLegacyWildcardLaterOnesNoNode() {
    DeltaDiscoveryRequest first = fixture.delta().requests.get(0);
    assertThat(first.getNode()).isEqualTo(Fixture.NODE);
    assertThat(first.getTypeUrl()).isEqualTo(CLUSTER.typeUrl());
    assertThat(first.getResourceNamesSubscribeList()).isEmpty();
    assertThat(first.getResponseNonce()).isEmpty();
    assertThat(fixture.delta().requests.get(1).hasNode()).isFalse();
  }

  @Test
  void acceptedResponseIsAcknowledgedWithItsNonce() {
    fixture.send(delta(CLUSTER, "n1").addResources(cluster("orders", "v1")));
    DeltaDiscoveryRequest ack = fixture.delta().last();
    assertThat(ack.getResponseNonce()).isEqualTo("n1");
    assertThat(ack.hasErrorDetail()).isFalse();
    assertThat(fixture.sink.lastNames()).isEqualTo("[orders]");
    assertThat(fixture.client.stats().updateSuccess(CLUSTER)).isEqualTo(1);
  }

  @Test
  void oneRefusedResourceIsNamedAndTheOthersStand() {
    fixture.sink.refuse.put("bad", "Cluster bad: lb_policy: found 99, expected ROUND_ROBIN");
    fixture.send(
        delta(CLUSTER, "n1")
            .addResources(cluster("good", "v1"))
            .addResources(cluster("bad", "v1")));
    DeltaDiscoveryRequest nack = fixture.delta().last();
    assertThat(nack.getResponseNonce()).isEqualTo("n1");
    assertThat(nack.getErrorDetail().getMessage())
        .isEqualTo("Cluster bad: lb_policy: found 99, expected ROUND_ROBIN");
    assertThat(fixture.client.accepted().of(CLUSTER)).hasSize(1);
    assertThat(fixture.client.stats().updateRejected(CLUSTER)).isEqualTo(1);
  }

  @Test
  void goodContentAfterRefusalIsTaken() {
    fixture.sink.refuse.put("a", "no");
    fixture.send(delta(CLUSTER, "n1").addResources(cluster("a", "v1")));
    fixture.sink.refuse.clear();
    fixture.send(delta(CLUSTER, "n2").addResources(cluster("a", "v2")));
    assertThat(fixture.delta().last().hasErrorDetail()).isFalse();
    assertThat(fixture.client.accepted().of(CLUSTER).getFirst().version()).isEqualTo("v2");
  }

  @Test
  void subscriptionChangesAreSentAsDifferencesWithoutNonce() {
    fixture.client.subscribe(ENDPOINTS, Set.of("a", "b"));
    fixture.settle();
    assertThat(fixture.delta().last().getResourceNamesSubscribeList())
        .containsExactlyInAnyOrder("a", "b");
    fixture.send(delta(ENDPOINTS, "n1").addResources(resource("a", "1", endpoints("a"))));
    fixture.client.subscribe(ENDPOINTS, Set.of("b", "c"));
    fixture.settle();
    DeltaDiscoveryRequest change = fixture.delta().last();
    assertThat(change.getResponseNonce()).isEmpty();
    assertThat(change.getResourceNamesSubscribeList()).containsExactly("c");
    assertThat(change.getResourceNamesUnsubscribeList()).containsExactly("a");
    assertThat(fixture.client.accepted().of(ENDPOINTS)).isEmpty();
  }

  @Test
  void subscriptionMadeWhileApplyingFollowsTheAcknowledgement() {
    fixture.sink.onApply = () -> fixture.client.subscribe(ENDPOINTS, Set.of("orders"));
    fixture.send(delta(CLUSTER, "n1").addResources(cluster("orders", "v1")));
    int size = fixture.delta().requests.size();
    assertThat(fixture.delta().requests.get(size - 2).getResponseNonce()).isEqualTo("n1");
    assertThat(fixture.delta().last().getResourceNamesSubscribeList()).containsExactly("orders");
  }

  @Test
  void removedClusterReachesTheSinkAndRemovedEndpointsAreOnlyAbsent() {
    fixture.send(delta(CLUSTER, "n1").addResources(cluster("orders", "v1")));
    fixture.client.subscribe(ENDPOINTS, Set.of("orders"));
    fixture.settle();
    fixture.send(delta(ENDPOINTS, "n2").addResources(resource("orders", "1", endpoints("orders"))));
    fixture.send(delta(ENDPOINTS, "n3").addRemovedResources("orders"));
    assertThat(fixture.sink.last().absent()).containsExactly("orders");
    assertThat(fixture.client.accepted().of(ENDPOINTS)).hasSize(1);
    fixture.send(delta(CLUSTER, "n4").addRemovedResources("orders"));
    assertThat(fixture.sink.last().removed()).containsExactly("orders");
    assertThat(fixture.client.accepted().of(CLUSTER)).isEmpty();
  }

  @Test
  void unchangedResourceIsAcknowledgedAndNotAppliedAgain() {
    fixture.send(delta(CLUSTER, "n1").addResources(cluster("orders", "v1")));
    fixture.send(delta(CLUSTER, "n2").addResources(cluster("orders", "v1")));
    assertThat(fixture.sink.last().resources()).isEmpty();
    assertThat(fixture.delta().last().getResponseNonce()).isEqualTo("n2");
  }

  @Test
  void nameFoundTwiceIsRefusedAndTheOthersStand() {
    fixture.send(
        delta(CLUSTER, "n1")
            .addResources(cluster("twice", "v1"))
            .addResources(cluster("once", "v1"))
            .addResources(cluster("twice", "v2")));
    assertThat(fixture.delta().last().getErrorDetail().getMessage())
        .contains("twice")
        .contains("expected once");
    assertThat(fixture.sink.lastNames()).isEqualTo("[once]");
  }

  @Test
  void resourceOfAnotherTypeOrNameOrNotDecodableIsRefused() {
    fixture.send(
        delta(CLUSTER, "n1")
            .addResources(resource("wrong-type", "1", endpoints("wrong-type")))
            .addResources(resource("wrapper", "1", cluster("inner")))
            .addResources(resource("nameless", "1", cluster(""))));
    assertThat(fixture.delta().last().getErrorDetail().getMessage())
        .contains("wrong-type: resource.type_url")
        .contains("found inner, expected wrapper")
        .contains("nameless: name: found 0 characters");
    assertThat(fixture.sink.last().resources()).isEmpty();
  }

  @Test
  void keepAliveWithoutBodyIsAcknowledged() {
    fixture.send(delta(CLUSTER, "n1").addResources(cluster("orders", "v1")));
    fixture.send(
        delta(CLUSTER, "n2")
            .addResources(Resource.newBuilder().setName("orders").setVersion("v1")));
    assertThat(fixture.delta().last().hasErrorDetail()).isFalse();
    assertThat(fixture.client.accepted().of(CLUSTER)).hasSize(1);
  }

  @Test
  void unknownTypeIsCountedAndGetsNoAnswer() {
    int before = fixture.delta().requests.size();
    fixture.send(delta(ENDPOINTS, "n0").setTypeUrl("type.googleapis.com/x.Y"));
    fixture.send(delta(ENDPOINTS, "n1"));
    assertThat(fixture.delta().requests).hasSize(before);
    assertThat(fixture.client.stats().values()).containsEntry("control_plane.unknown_type", 2L);
    fixture.send(delta(CLUSTER, "n2").addResources(cluster("orders", "v1")));
    assertThat(fixture.delta().last().getResponseNonce()).isEqualTo("n2");
  }

  static Stream<Runnable> bugs() {
    return Stream.of(
        () -> {
          throw new IllegalStateException("boom");
        },
        () -> {
          throw new NoClassDefFoundError("boom");
        },
        () -> {
          throw new StackOverflowError("boom");
        });
  }

  @ParameterizedTest
  @MethodSource("bugs")
  void bugInTheSinkBecomesARefusal(Runnable bug) {
    fixture.sink.onApply = bug;
    fixture.send(delta(CLUSTER, "n1").addResources(cluster("orders", "v1")));
    assertThat(fixture.delta().last().getErrorDetail().getMessage())
        .contains("orders")
        .contains("internal error");
    fixture.sink.onApply = () -> {};
    fixture.send(delta(CLUSTER, "n2").addResources(cluster("orders", "v2")));
    assertThat(fixture.delta().last().hasErrorDetail()).isFalse();
  }

  @Test
  void floodIsReadNoFasterThanTheLimit() throws Exception {
    fixture.close();
    ClientLimits base = ClientLimits.DEFAULT;
    ClientLimits slow =
        new ClientLimits(
            base.maxMessageBytes(),
            2,
            base.maxHeldBytes(),
            3,
            base.connectTimeout(),
            base.readyTimeout());
    fixture = new Fixture(options -> options.limits(slow));
    fixture.client.subscribe(CLUSTER, Set.of("*"));
    fixture.start();
    for (int i = 0; i < 10; i++) {
      fixture.send(delta(CLUSTER, "n" + i));
    }
    assertThat(fixture.sink.updates).hasSize(4);
    fixture.scheduler.advance(java.time.Duration.ofSeconds(1));
    assertThat(fixture.sink.updates).hasSize(7);
  }

  @Test
  void responseWithTooManyResourcesIsRefusedWhole() throws Exception {
    fixture.close();
    ClientLimits base = ClientLimits.DEFAULT;
    ClientLimits narrow =
        new ClientLimits(
            base.maxMessageBytes(), 2, 40, 100, base.connectTimeout(), base.readyTimeout());
    fixture = new Fixture(options -> options.limits(narrow));
    fixture.client.subscribe(CLUSTER, Set.of("*"));
    fixture.start();
    fixture.send(
        delta(CLUSTER, "n1")
            .addResources(cluster("a", "1"))
            .addResources(cluster("b", "1"))
            .addResources(cluster("c", "1")));
    assertThat(fixture.delta().last().getErrorDetail().getMessage()).contains("found 3");
    fixture.send(delta(CLUSTER, "n2").addResources(cluster("a".repeat(100), "1")));
    assertThat(fixture.delta().last().getErrorDetail().getMessage()).contains("size: found");
    assertThat(fixture.client.accepted().of(CLUSTER)).isEmpty();
  }

  @Test
  void refusalTextIsBounded() {
    Map<String, String> refused = new java.util.HashMap<>();
    for (int i = 0; i < 1000; i++) {
      refused.put("cluster-" + i, "ü".repeat(3000));
    }
    String text = NackText.of(CLUSTER, refused);
    assertThat(text.getBytes(java.nio.charset.StandardCharsets.UTF_8).length)
        .isBetween(3000, NackText.MAX_BYTES);
    assertThat(text).startsWith("Cluster cluster-0: ü").endsWith(" more");
  }
}
