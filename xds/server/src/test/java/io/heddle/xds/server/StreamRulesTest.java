package io.heddle.xds.server;

import static io.heddle.xds.model.ResourceType.CLUSTER;
import static io.heddle.xds.model.ResourceType.ENDPOINTS;
import static io.heddle.xds.model.ResourceType.LISTENER;
import static io.heddle.xds.server.Resources.cluster;
import static io.heddle.xds.server.Resources.endpoints;
import static io.heddle.xds.server.Resources.listener;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.grpc.Status;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rules 1 to 8: streams, nodes and nonces. */
class StreamRulesTest {
  private final Mesh mesh = new Mesh();

  @AfterEach
  void close() {
    mesh.close();
  }

  @ParameterizedTest
  @EnumSource
  void rule01_keepsTheNodeOfTheFirstRequestForTheStream(Variant variant) {
    mesh.put(cluster("a", 1), listener("l", 1));
    ScriptedClient client = mesh.client(variant, "n1");
    client.subscribe(CLUSTER);
    client.nextAcked(CLUSTER);
    client.subscribe(LISTENER);
    assertThat(client.nextAcked(LISTENER).names()).containsExactly("l");
    mesh.settle();
    assertThat(mesh.acknowledgements).extracting(Acknowledgement::nodeId).containsOnly("n1");
  }

  @ParameterizedTest
  @EnumSource(names = {"SOTW_ADS", "DELTA_ADS"})
  void rule02_endsAnAggregatedStreamWithoutTypeUrl(Variant variant) {
    ScriptedClient client = mesh.client(variant);
    if (variant.delta()) {
      client.say(CLUSTER, DeltaDiscoveryRequest.getDefaultInstance());
    } else {
      client.say(CLUSTER, DiscoveryRequest.getDefaultInstance());
    }
    assertThat(client.endedWith()).isEqualTo(Status.Code.INVALID_ARGUMENT);
  }

  @ParameterizedTest
  @EnumSource
  void rule03_startsAfreshOnANewStreamWhateverItsNonce(Variant variant) {
    mesh.put(endpoints("a", 1), endpoints("b", 1));
    ScriptedClient first = mesh.client(variant);
    first.subscribe(ENDPOINTS, "a");
    String old = first.nextAcked(ENDPOINTS).nonce();
    first.close();
    ScriptedClient second = mesh.client(variant);
    if (variant.delta()) {
      second.say(
          ENDPOINTS,
          second.delta(ENDPOINTS).setResponseNonce(old).addResourceNamesSubscribe("b").build());
    } else {
      second.say(
          ENDPOINTS, second.sotw(ENDPOINTS).setResponseNonce(old).addResourceNames("b").build());
    }
    ScriptedClient.Answer answer = second.nextAcked(ENDPOINTS);
    assertThat(answer.names()).containsExactly("b");
    assertThat(answer.nonce()).isNotEqualTo(old);
    mesh.put(endpoints("a", 2));
    second.hearsNothing(mesh);
  }

  @ParameterizedTest
  @EnumSource(names = {"SOTW_ADS", "SOTW_PER_TYPE"})
  void rule04_doesNotAnswerAStaleNonce(Variant variant) {
    mesh.put(endpoints("a", 1), endpoints("b", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(ENDPOINTS, "a");
    ScriptedClient.Answer first = client.nextAcked(ENDPOINTS);
    mesh.put(endpoints("a", 2));
    ScriptedClient.Answer second = client.next(ENDPOINTS);
    client.ack(first, "b");
    client.hearsNothing(mesh);
    client.ack(second, "b");
    assertThat(client.next(ENDPOINTS).names()).containsExactly("b");
  }

  @ParameterizedTest
  @EnumSource(names = {"SOTW_ADS", "SOTW_PER_TYPE"})
  void rule04_doesNotAnswerAStaleNonceWhileNothingIsUnderWay(Variant variant) {
    mesh.put(endpoints("a", 1), endpoints("b", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(ENDPOINTS, "a");
    ScriptedClient.Answer first = client.nextAcked(ENDPOINTS);
    mesh.put(endpoints("a", 2));
    client.nextAcked(ENDPOINTS);
    client.say(
        ENDPOINTS,
        client
            .sotw(ENDPOINTS)
            .setResponseNonce(first.nonce())
            .addAllResourceNames(List.of("a", "b"))
            .build());
    client.hearsNothing(mesh);
  }

  @ParameterizedTest
  @EnumSource(names = {"DELTA_ADS", "DELTA_PER_TYPE"})
  void rule05_keepsSubscriptionChangesOfARequestWithAStaleNonce(Variant variant) {
    mesh.put(endpoints("a", 1), endpoints("b", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(ENDPOINTS, "a");
    ScriptedClient.Answer first = client.nextAcked(ENDPOINTS);
    mesh.put(endpoints("a", 2));
    ScriptedClient.Answer second = client.next(ENDPOINTS);
    client.ack(first, "b");
    client.hearsNothing(mesh);
    client.ack(second);
    assertThat(client.next(ENDPOINTS).names()).containsExactly("b");
  }

  @ParameterizedTest
  @EnumSource
  void rule06_livesOnAfterAnUnknownNonce(Variant variant) {
    mesh.put(cluster("a", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(CLUSTER);
    client.nextAcked(CLUSTER);
    if (variant.delta()) {
      client.say(CLUSTER, client.delta(CLUSTER).setResponseNonce("never-sent").build());
    } else {
      client.say(CLUSTER, client.sotw(CLUSTER).setResponseNonce("never-sent").build());
    }
    client.hearsNothing(mesh);
    assertThat(client.open()).isTrue();
    mesh.put(cluster("b", 1));
    assertThat(client.next(CLUSTER).names()).contains("b");
  }

  @ParameterizedTest
  @EnumSource
  void rule07_supersedesInSotwAndAccumulatesInDeltaEachTypeOnItsOwn(Variant variant) {
    mesh.put(cluster("a", 1), endpoints("a", 1), endpoints("b", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(CLUSTER);
    client.nextAcked(CLUSTER);
    client.subscribe(ENDPOINTS, "a");
    client.nextAcked(ENDPOINTS);
    if (variant.delta()) {
      client.say(ENDPOINTS, client.delta(ENDPOINTS).addResourceNamesSubscribe("b").build());
    } else {
      client.say(ENDPOINTS, client.sotw(ENDPOINTS).addResourceNames("b").build());
    }
    ScriptedClient.Answer answer = client.next(ENDPOINTS);
    assertThat(answer.names()).containsExactly("b");
    if (variant.delta()) {
      client.ack(answer);
    } else {
      client.say(ENDPOINTS, client.sotw(ENDPOINTS).addResourceNames("b").build());
    }
    mesh.put(endpoints("a", 2));
    if (variant.delta()) {
      assertThat(client.nextAcked(ENDPOINTS).names()).containsExactly("a");
    } else {
      client.hearsNothing(mesh);
    }
    mesh.put(cluster("c", 1));
    assertThat(client.next(CLUSTER).names()).contains("c");
  }

  @ParameterizedTest
  @EnumSource
  void rule08_mergesWhatChangesWhileAResponseIsUnacknowledged(Variant variant) {
    mesh.put(endpoints("a", 1), endpoints("b", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(ENDPOINTS, "a", "b");
    ScriptedClient.Answer first = client.next(ENDPOINTS);
    mesh.put(endpoints("a", 2));
    mesh.put(endpoints("a", 3));
    mesh.put(endpoints("b", 2));
    client.hearsNothing(mesh);
    client.ack(first);
    ScriptedClient.Answer second = client.nextAcked(ENDPOINTS);
    assertThat(second.names()).containsExactlyInAnyOrder("a", "b");
    assertThat(second.content().get("a")).isEqualTo(endpoints("a", 3).any().getValue());
    client.hearsNothing(mesh);
  }
}
