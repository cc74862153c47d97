package io.heddle.xds.server;

import static io.heddle.xds.model.ResourceType.CLUSTER;
import static io.heddle.xds.model.ResourceType.ENDPOINTS;
import static io.heddle.xds.model.ResourceType.SECRET;
import static io.heddle.xds.server.Resources.cluster;
import static io.heddle.xds.server.Resources.endpoints;
import static io.heddle.xds.server.Resources.secret;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.service.discovery.v3.Resource;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rule 33: what ends at the client unless the server renews it. */
class TtlRulesTest {
  private static final Duration TTL = Duration.ofSeconds(30);
  private static final Duration THIRD = TTL.dividedBy(3);

  private final Mesh mesh = new Mesh();

  @AfterEach
  void close() {
    mesh.close();
  }

  private ScriptedClient client(Variant variant) {
    return mesh.client(variant).features(feature(variant));
  }

  private static String feature(Variant variant) {
    return variant.delta() ? "xds.config.supports-resource-ttl" : "xds.config.resource-in-sotw";
  }

  private static String otherFeature(Variant variant) {
    return variant.delta() ? "xds.config.resource-in-sotw" : "xds.config.supports-resource-ttl";
  }

  @ParameterizedTest
  @EnumSource
  void rule33_renewsWithTheSameVersionAndNoContent(Variant variant) {
    mesh.put(secret("s", 1).withTtl(TTL), secret("lasting", 1));
    ScriptedClient client = client(variant);
    client.subscribe(SECRET, "s", "lasting");
    ScriptedClient.Answer first = client.nextAcked(SECRET);
    Resource told = first.resource("s");
    assertThat(told.getTtl().getSeconds()).isEqualTo(30);
    assertThat(told.getVersion()).isEqualTo(secret("s", 1).version());
    for (int beat = 0; beat < 3; beat++) {
      mesh.elapse(THIRD.minusMillis(1));
      client.hearsNothing(mesh);
      mesh.elapse(Duration.ofMillis(1));
      ScriptedClient.Answer heartbeat = client.nextAcked(SECRET);
      assertThat(heartbeat.version()).isEqualTo(first.version());
      assertThat(heartbeat.nonce()).isNotEqualTo(first.nonce());
      assertThat(heartbeat.names()).isEmpty();
      assertThat(heartbeat.removed()).isEmpty();
      assertThat(heartbeat.bare())
          .containsExactly(
              Resource.newBuilder()
                  .setName("s")
                  .setVersion(variant.delta() ? told.getVersion() : first.version())
                  .setTtl(told.getTtl())
                  .build());
      client.hearsNothing(mesh);
    }
  }

  @ParameterizedTest
  @EnumSource
  void rule33_tellsNoTimeToAClientThatDoesNotAnnounceIt(Variant variant) {
    mesh.put(secret("s", 1).withTtl(TTL));
    ScriptedClient client = mesh.client(variant).features(otherFeature(variant));
    client.subscribe(SECRET, "s");
    ScriptedClient.Answer answer = client.nextAcked(SECRET);
    assertThat(answer.names()).containsExactly("s");
    assertThat(answer.wrapped().values()).noneMatch(Resource::hasTtl);
    mesh.elapse(TTL);
    client.hearsNothing(mesh);
  }

  @ParameterizedTest
  @EnumSource(names = {"SOTW_ADS", "SOTW_PER_TYPE"})
  void rule33_repeatsAFullStateWholeAsWhatItLacksWouldBeDeleted(Variant variant) {
    mesh.put(cluster("timed", 1).withTtl(TTL), cluster("lasting", 1));
    ScriptedClient client = client(variant);
    client.subscribe(CLUSTER);
    ScriptedClient.Answer first = client.nextAcked(CLUSTER);
    mesh.elapse(THIRD);
    ScriptedClient.Answer again = client.nextAcked(CLUSTER);
    assertThat(again.version()).isEqualTo(first.version());
    assertThat(again.content()).isEqualTo(first.content());
    client.hearsNothing(mesh);
  }

  @ParameterizedTest
  @EnumSource(names = {"DELTA_ADS", "DELTA_PER_TYPE"})
  void rule33_renewsAClusterWithoutItsContent(Variant variant) {
    mesh.put(cluster("timed", 1).withTtl(TTL), cluster("lasting", 1));
    ScriptedClient client = client(variant);
    client.subscribe(CLUSTER);
    client.nextAcked(CLUSTER);
    mesh.elapse(THIRD);
    ScriptedClient.Answer beat = client.nextAcked(CLUSTER);
    assertThat(beat.names()).isEmpty();
    assertThat(beat.bare()).extracting(Resource::getName).containsExactly("timed");
  }

  @ParameterizedTest
  @EnumSource
  void rule33_renewsOnlyWhatIsHeldStill(Variant variant) {
    mesh.put(endpoints("a", 1).withTtl(TTL), endpoints("b", 1).withTtl(TTL));
    ScriptedClient client = client(variant);
    client.subscribe(ENDPOINTS, "a", "b");
    client.nextAcked(ENDPOINTS);
    client.unsubscribe(ENDPOINTS, "a");
    mesh.put(endpoints("b", 2));
    client.nextAcked(ENDPOINTS);
    mesh.elapse(TTL);
    client.hearsNothing(mesh);
  }

  @ParameterizedTest
  @EnumSource
  void rule33_countsFromTheLastTimeTheContentWasSent(Variant variant) {
    mesh.put(endpoints("a", 1).withTtl(TTL));
    ScriptedClient client = client(variant);
    client.subscribe(ENDPOINTS, "a");
    client.nextAcked(ENDPOINTS);
    mesh.elapse(THIRD.minusSeconds(1));
    mesh.put(endpoints("a", 2).withTtl(TTL));
    client.nextAcked(ENDPOINTS);
    mesh.elapse(THIRD.minusSeconds(1));
    client.hearsNothing(mesh);
    mesh.elapse(Duration.ofSeconds(1));
    assertThat(client.nextAcked(ENDPOINTS).bare()).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource
  void rule33_waitsForTheAnswerToTheResponseBefore(Variant variant) {
    mesh.put(endpoints("a", 1).withTtl(TTL), endpoints("b", 1));
    ScriptedClient client = client(variant);
    client.subscribe(ENDPOINTS, "a", "b");
    client.nextAcked(ENDPOINTS);
    mesh.put(endpoints("b", 2));
    ScriptedClient.Answer unanswered = client.next(ENDPOINTS);
    mesh.elapse(TTL);
    client.hearsNothing(mesh);
    client.ack(unanswered);
    assertThat(client.nextAcked(ENDPOINTS).bare()).hasSize(1);
    client.hearsNothing(mesh);
  }

  @ParameterizedTest
  @EnumSource
  void rule33_stopsWithAClientThatRefusesToBeRenewed(Variant variant) {
    mesh.put(endpoints("a", 1).withTtl(TTL));
    ScriptedClient client = client(variant);
    client.subscribe(ENDPOINTS, "a");
    client.nextAcked(ENDPOINTS);
    mesh.elapse(THIRD);
    client.nack(client.next(ENDPOINTS), "no content");
    mesh.elapse(TTL);
    client.hearsNothing(mesh);
    assertThat(mesh.rejections).isEmpty();
    mesh.put(endpoints("a", 2).withTtl(TTL));
    assertThat(client.nextAcked(ENDPOINTS).names()).containsExactly("a");
  }
}
