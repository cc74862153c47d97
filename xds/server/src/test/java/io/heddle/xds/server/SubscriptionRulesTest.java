package io.heddle.xds.server;

import static io.heddle.xds.model.ResourceType.CLUSTER;
import static io.heddle.xds.model.ResourceType.ENDPOINTS;
import static io.heddle.xds.model.ResourceType.LISTENER;
import static io.heddle.xds.model.ResourceType.SECRET;
import static io.heddle.xds.server.Resources.cluster;
import static io.heddle.xds.server.Resources.endpoints;
import static io.heddle.xds.server.Resources.listener;
import static io.heddle.xds.server.Resources.secret;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rules 13 to 23: what a client asks for. */
class SubscriptionRulesTest {
  private final Mesh mesh = new Mesh();

  @AfterEach
  void close() {
    mesh.close();
  }

  @ParameterizedTest
  @EnumSource
  void rule13_doesNotAnswerAnAckWithUnchangedNames(Variant variant) {
    mesh.put(endpoints("a", 1), cluster("a", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(CLUSTER);
    client.nextAcked(CLUSTER);
    client.subscribe(ENDPOINTS, "a");
    client.nextAcked(ENDPOINTS);
    client.hearsNothing(mesh);
  }

  @ParameterizedTest
  @EnumSource
  void rule14_answersAnAckThatAddsNames(Variant variant) {
    mesh.put(endpoints("a", 1), endpoints("b", 1), listener("x", 1), listener("y", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(ENDPOINTS, "a");
    client.ack(client.next(ENDPOINTS), "b");
    assertThat(client.nextAcked(ENDPOINTS).names()).containsExactly("b");
    client.subscribe(LISTENER, "x");
    client.ack(client.next(LISTENER), "y");
    assertThat(client.nextAcked(LISTENER).names()).contains("y");
  }

  @ParameterizedTest
  @EnumSource
  void rule15_sendsAgainANameThatWasDroppedAndIsAddedAnew(Variant variant) {
    mesh.put(endpoints("a", 1), endpoints("b", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(ENDPOINTS, "a", "b");
    client.nextAcked(ENDPOINTS);
    client.unsubscribe(ENDPOINTS, "b");
    client.hearsNothing(mesh);
    client.subscribe(ENDPOINTS, "b");
    assertThat(client.nextAcked(ENDPOINTS).names()).containsExactly("b");
  }

  @ParameterizedTest
  @EnumSource(names = {"SOTW_ADS", "SOTW_PER_TYPE"})
  void rule15_sendsAgainANameThatWasDroppedUnderAStaleNonce(Variant variant) {
    mesh.put(endpoints("a", 1), endpoints("b", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(ENDPOINTS, "a", "b");
    client.nextAcked(ENDPOINTS);
    mesh.put(endpoints("a", 2));
    client.unsubscribe(ENDPOINTS, "b");
    client.subscribe(ENDPOINTS, "b");
    assertThat(client.nextAcked(ENDPOINTS).names()).containsExactly("a");
    assertThat(client.nextAcked(ENDPOINTS).names()).containsExactly("b");
    client.hearsNothing(mesh);
  }

  @ParameterizedTest
  @EnumSource(names = {"DELTA_ADS", "DELTA_PER_TYPE"})
  void rule16_sendsAgainANameThatIsSubscribedTwice(Variant variant) {
    mesh.put(endpoints("a", 1), endpoints("b", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(ENDPOINTS, "a", "b");
    ScriptedClient.Answer first = client.next(ENDPOINTS);
    client.ack(first, "a");
    assertThat(client.nextAcked(ENDPOINTS).names()).containsExactly("a");
    client.subscribe(ENDPOINTS, "b");
    assertThat(client.nextAcked(ENDPOINTS).names()).containsExactly("b");
  }

  @ParameterizedTest
  @EnumSource
  void rule17_takesAnEmptyFirstRequestAsEverythingForListenersAndClustersOnly(Variant variant) {
    mesh.put(cluster("a", 1), listener("l", 1), endpoints("a", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(CLUSTER);
    assertThat(client.nextAcked(CLUSTER).names()).containsExactly("a");
    client.subscribe(LISTENER);
    assertThat(client.nextAcked(LISTENER).names()).containsExactly("l");
    client.subscribe(ENDPOINTS);
    client.hearsNothing(mesh);
    mesh.put(secret("s", 1));
    client.subscribe(SECRET);
    client.hearsNothing(mesh);
  }

  @ParameterizedTest
  @EnumSource(names = {"SOTW_ADS", "SOTW_PER_TYPE"})
  void rule18_takesAnEmptyListAfterNamesAsNothing(Variant variant) {
    mesh.put(cluster("a", 1), cluster("b", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(CLUSTER, "a");
    assertThat(client.nextAcked(CLUSTER).names()).containsExactly("a");
    client.unsubscribe(CLUSTER, "a");
    client.hearsNothing(mesh);
    mesh.put(cluster("a", 2));
    client.hearsNothing(mesh);
  }

  @ParameterizedTest
  @EnumSource(names = {"SOTW_ADS", "SOTW_PER_TYPE"})
  void rule19_endsAWildcardAndKeepsTheName(Variant variant) {
    mesh.put(cluster("a", 1), cluster("b", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(CLUSTER, "*");
    assertThat(client.nextAcked(CLUSTER).names()).containsExactlyInAnyOrder("a", "b");
    client.subscribe(CLUSTER, "a");
    assertThat(client.nextAcked(CLUSTER).names()).containsExactlyInAnyOrder("a", "b");
    client.unsubscribe(CLUSTER, "*");
    client.hearsNothing(mesh);
    mesh.put(cluster("b", 2));
    client.hearsNothing(mesh);
    mesh.put(cluster("a", 2));
    assertThat(client.nextAcked(CLUSTER).names()).containsExactly("a");
  }

  @ParameterizedTest
  @EnumSource(names = {"DELTA_ADS", "DELTA_PER_TYPE"})
  void rule20_keepsTheLegacyWildcardUntilItIsUnsubscribed(Variant variant) {
    mesh.put(cluster("a", 1), cluster("b", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(CLUSTER);
    client.nextAcked(CLUSTER);
    client.subscribe(CLUSTER, "a");
    assertThat(client.nextAcked(CLUSTER).names()).containsExactly("a");
    mesh.put(cluster("b", 2));
    assertThat(client.nextAcked(CLUSTER).names()).containsExactly("b");
    client.unsubscribe(CLUSTER, "*");
    mesh.put(cluster("b", 3));
    client.hearsNothing(mesh);
    mesh.put(cluster("a", 2));
    assertThat(client.nextAcked(CLUSTER).names()).containsExactly("a");
  }

  @ParameterizedTest
  @EnumSource(names = {"DELTA_ADS", "DELTA_PER_TYPE"})
  void rule21_answersAnUnsubscriptionUnderAWildcard(Variant variant) {
    mesh.put(cluster("a", 1), cluster("b", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(CLUSTER, "*", "a", "gone");
    assertThat(client.nextAcked(CLUSTER).removed()).containsExactly("gone");
    client.unsubscribe(CLUSTER, "a");
    assertThat(client.nextAcked(CLUSTER).names()).containsExactly("a");
    client.unsubscribe(CLUSTER, "gone");
    assertThat(client.nextAcked(CLUSTER).removed()).containsExactly("gone");
  }

  @ParameterizedTest
  @EnumSource
  void rule22_doesNotAnswerAPlainUnsubscription(Variant variant) {
    mesh.put(endpoints("a", 1), endpoints("b", 1), cluster("a", 1), cluster("b", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(CLUSTER, "a", "b");
    client.nextAcked(CLUSTER);
    client.unsubscribe(CLUSTER, "b");
    client.subscribe(ENDPOINTS, "a", "b");
    client.nextAcked(ENDPOINTS);
    client.unsubscribe(ENDPOINTS, "b");
    client.unsubscribe(ENDPOINTS, "never");
    client.hearsNothing(mesh);
    mesh.put(endpoints("b", 2), cluster("b", 2));
    client.hearsNothing(mesh);
    mesh.put(endpoints("a", 2));
    assertThat(client.nextAcked(ENDPOINTS).names()).containsExactly("a");
  }

  @ParameterizedTest
  @EnumSource(names = {"SOTW_ADS", "SOTW_PER_TYPE"})
  void rule23_keepsAResourceThatIsUnderTheWildcardStill(Variant variant) {
    mesh.put(cluster("a", 1), cluster("b", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(CLUSTER, "*", "a");
    client.nextAcked(CLUSTER);
    client.unsubscribe(CLUSTER, "a");
    client.hearsNothing(mesh);
    mesh.put(cluster("b", 2));
    assertThat(client.nextAcked(CLUSTER).names()).containsExactlyInAnyOrder("a", "b");
  }
}
