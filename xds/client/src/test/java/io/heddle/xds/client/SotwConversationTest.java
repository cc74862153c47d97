package io.heddle.xds.client;

import static io.heddle.xds.client.Fixture.cluster;
import static io.heddle.xds.client.Fixture.endpoints;
import static io.heddle.xds.client.Fixture.resource;
import static io.heddle.xds.client.Fixture.sotw;
import static io.heddle.xds.model.ResourceType.CLUSTER;
import static io.heddle.xds.model.ResourceType.ENDPOINTS;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SotwConversationTest {
  private Fixture fixture;

  @BeforeEach
  void start() throws Exception {
    fixture = new Fixture(XdsVariant.STATE_OF_THE_WORLD);
    fixture.client.subscribe(CLUSTER, Set.of("*"));
    fixture.start();
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void acknowledgementRepeatsVersionAndNonceAndNoNode() {
    DiscoveryRequest first = fixture.sotw().requests.getFirst();
    assertThat(first.getNode()).isEqualTo(Fixture.NODE);
    assertThat(first.getResourceNamesList()).isEmpty();
    assertThat(first.getVersionInfo()).isEmpty();
    fixture.send(sotw(CLUSTER, "v1", "n1", cluster("a")));
    DiscoveryRequest ack = fixture.sotw().last();
    assertThat(ack.getVersionInfo()).isEqualTo("v1");
    assertThat(ack.getResponseNonce()).isEqualTo("n1");
    assertThat(ack.hasNode()).isFalse();
  }

  @Test
  void refusalKeepsTheFormerVersionAndTheFormerResource() {
    fixture.send(sotw(CLUSTER, "v1", "n1", cluster("a"), cluster("b")));
    fixture.sink.refuse.put("a", "no");
    Any changed =
        Any.pack(
            io.envoyproxy.envoy.config.cluster.v3.Cluster.newBuilder()
                .setName("a")
                .setAltStatName("x")
                .build());
    fixture.send(
        sotw(CLUSTER, "v2", "n2").addResources(changed).addResources(Any.pack(cluster("c"))));
    DiscoveryRequest nack = fixture.sotw().last();
    assertThat(nack.getVersionInfo()).isEqualTo("v1");
    assertThat(nack.getResponseNonce()).isEqualTo("n2");
    assertThat(nack.getErrorDetail().getMessage()).isEqualTo("Cluster a: no");
    assertThat(fixture.sink.last().removed()).containsExactly("b");
    assertThat(fixture.client.accepted().of(CLUSTER))
        .extracting(ReceivedResource::name, ReceivedResource::version)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple("a", "v1"),
            org.assertj.core.groups.Tuple.tuple("c", "v2"));
  }

  @Test
  void clusterLeftOutIsRemovedAndEndpointsLeftOutStay() {
    fixture.client.subscribe(ENDPOINTS, Set.of("a", "b"));
    fixture.settle();
    fixture.send(sotw(CLUSTER, "v1", "n1", cluster("a"), cluster("b")));
    fixture.send(sotw(ENDPOINTS, "v1", "n1", endpoints("a"), endpoints("b")));
    fixture.send(sotw(ENDPOINTS, "v2", "n2", endpoints("a")));
    assertThat(fixture.sink.last().removed()).isEmpty();
    assertThat(fixture.sink.last().absent()).isEmpty();
    fixture.send(sotw(CLUSTER, "v2", "n2", cluster("a")));
    assertThat(fixture.sink.last().removed()).containsExactly("b");
    fixture.send(sotw(CLUSTER, "v3", "n3"));
    assertThat(fixture.sink.last().removed()).containsExactly("a");
    assertThat(fixture.client.accepted().of(ENDPOINTS)).hasSize(2);
  }

  @Test
  void undecodableResourceWithoutNameRemovesNothing() {
    fixture.send(sotw(CLUSTER, "v1", "n1", cluster("a")));
    fixture.send(
        sotw(CLUSTER, "v2", "n2")
            .addResources(
                Any.newBuilder()
                    .setTypeUrl(CLUSTER.typeUrl())
                    .setValue(ByteString.copyFromUtf8("\377\377"))));
    assertThat(fixture.sotw().last().getErrorDetail().getMessage()).contains("cannot be decoded");
    assertThat(fixture.sink.last().removed()).isEmpty();
    assertThat(fixture.client.accepted().of(CLUSTER)).hasSize(1);
  }

  @Test
  void changeOfNamesRepeatsAllOfThemWithTheLastNonceOfTheType() {
    fixture.client.subscribe(ENDPOINTS, Set.of("a"));
    fixture.settle();
    assertThat(fixture.sotw().last().getResponseNonce()).isEmpty();
    fixture.send(sotw(CLUSTER, "v7", "cds-1", cluster("a")));
    fixture.send(sotw(ENDPOINTS, "v1", "eds-1", endpoints("a")));
    fixture.client.subscribe(ENDPOINTS, Set.of("a", "b"));
    fixture.settle();
    DiscoveryRequest change = fixture.sotw().last();
    assertThat(change.getResourceNamesList()).containsExactlyInAnyOrder("a", "b");
    assertThat(change.getResponseNonce()).isEqualTo("eds-1");
    assertThat(change.getVersionInfo()).isEqualTo("v1");
    fixture.client.subscribe(ENDPOINTS, Set.of());
    fixture.settle();
    assertThat(fixture.sotw().last().getResourceNamesList()).isEmpty();
    assertThat(fixture.client.accepted().of(ENDPOINTS)).isEmpty();
  }

  @Test
  void wildcardIsSpelledOutOnceANameWasGiven() {
    fixture.client.subscribe(CLUSTER, Set.of("*", "a"));
    fixture.settle();
    fixture.client.subscribe(CLUSTER, Set.of("*"));
    fixture.settle();
    assertThat(fixture.sotw().last().getResourceNamesList()).containsExactly("*");
  }

  @Test
  void leavingTheLegacyWildcardOpensANewStream() {
    fixture.client.subscribe(ENDPOINTS, Set.of("a"));
    fixture.client.subscribe(CLUSTER, Set.of());
    fixture.scheduler.advance(java.time.Duration.ofMillis(1));
    assertThat(fixture.plane.sotw).hasSize(2);
    assertThat(fixture.sotw().requests).hasSize(1);
    assertThat(fixture.sotw().last().getTypeUrl()).isEqualTo(ENDPOINTS.typeUrl());
  }

  @Test
  void resourceInDeltasWrapperIsUnwrapped() {
    fixture.send(
        sotw(CLUSTER, "v1", "n1").addResources(Any.pack(resource("a", "9", cluster("a")))));
    assertThat(fixture.sotw().last().hasErrorDetail()).isFalse();
    assertThat(fixture.sink.lastNames()).isEqualTo("[a]");
  }

  @Test
  void resourceNobodyAskedForIsLeftOut() {
    fixture.client.subscribe(ENDPOINTS, Set.of("a"));
    fixture.settle();
    fixture.send(sotw(ENDPOINTS, "v1", "n1", endpoints("a"), endpoints("stranger")));
    assertThat(fixture.sotw().last().hasErrorDetail()).isFalse();
    assertThat(fixture.sink.lastNames()).isEqualTo("[a]");
  }
}
