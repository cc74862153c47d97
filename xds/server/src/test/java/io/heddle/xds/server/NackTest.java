package io.heddle.xds.server;

import static io.heddle.xds.model.ResourceType.CLUSTER;
import static io.heddle.xds.model.ResourceType.ENDPOINTS;
import static io.heddle.xds.server.Resources.cluster;
import static io.heddle.xds.server.Resources.endpoints;
import static io.heddle.xds.server.Resources.resource;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.heddle.xds.model.ResourceType;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rules 9 to 12, and the search for culprits. */
class NackTest {
  private final Mesh mesh = new Mesh();

  @AfterEach
  void close() {
    mesh.close();
  }

  @ParameterizedTest
  @EnumSource
  void rule09_takesErrorDetailAloneForARefusal(Variant variant) {
    mesh.put(endpoints("a", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(ENDPOINTS, "a");
    // The version of the refused response, as a client with nothing older would send it.
    client.nack(client.next(ENDPOINTS), "");
    mesh.settle();
    assertThat(mesh.rejections).extracting(Rejection::name).containsExactly("a");
  }

  @ParameterizedTest
  @EnumSource
  void rule10_sendsNothingAfterARefusalUntilSomethingChanges(Variant variant) {
    mesh.put(cluster("a", 1), endpoints("a", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(CLUSTER);
    client.nack(client.next(CLUSTER), "no");
    client.subscribe(ENDPOINTS, "a");
    client.nack(client.next(ENDPOINTS), "no");
    client.hearsNothing(mesh);
    mesh.elapse();
    client.hearsNothing(mesh);
  }

  @ParameterizedTest
  @EnumSource
  void rule11_takesNewNamesFromARefusal(Variant variant) {
    mesh.put(endpoints("a", 1), endpoints("b", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(ENDPOINTS, "a");
    client.nack(client.next(ENDPOINTS), "no", "b");
    assertThat(client.nextAcked(ENDPOINTS).names()).containsExactly("b");
    client.hearsNothing(mesh);
  }

  @ParameterizedTest
  @EnumSource
  void rule12_sendsGoodContentThatComesAfterARefusal(Variant variant) {
    mesh.put(cluster("a", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(CLUSTER);
    client.nack(client.next(CLUSTER), "no");
    mesh.put(cluster("a", 2));
    assertThat(client.nextAcked(CLUSTER).content().get("a"))
        .isEqualTo(cluster("a", 2).any().getValue());
    client.hearsNothing(mesh);
    assertThat(mesh.rejections).hasSize(1);
  }

  /** Refuses every response with one of the bad versions in it; returns how many responses came. */
  private int judge(
      ScriptedClient client,
      ResourceType type,
      Set<ByteString> bad,
      String message,
      Map<String, ByteString> held) {
    int responses = 0;
    mesh.settle();
    for (Optional<ScriptedClient.Answer> next = client.poll();
        next.isPresent();
        next = client.poll()) {
      ScriptedClient.Answer answer = next.get();
      responses++;
      if (answer.content().values().stream().anyMatch(bad::contains)) {
        client.nack(answer, message);
      } else {
        if (type.fullState() && !held.isEmpty() && answer.removed().isEmpty()) {
          // Nothing good is ever taken away by a trial.
          assertThat(deltaOrWhole(answer, held)).containsAll(held.keySet());
        }
        held.putAll(answer.content());
        client.ack(answer);
      }
      mesh.settle();
    }
    return responses;
  }

  private static Set<String> deltaOrWhole(
      ScriptedClient.Answer answer, Map<String, ByteString> held) {
    Set<String> after = new LinkedHashSet<>(answer.names());
    if (answer.type() == ENDPOINTS) {
      after.addAll(held.keySet());
    }
    return after;
  }

  private void search(
      Variant variant, ResourceType type, int count, List<Integer> culprits, int bound) {
    ScriptedClient client = mesh.client(variant);
    Map<String, ByteString> held = new HashMap<>();
    if (variant.delta()) {
      // Only what changed comes: what is held stays without being named.
      held =
          new HashMap<>() {
            private static final long serialVersionUID = 1;

            @Override
            public boolean isEmpty() {
              return true;
            }
          };
    }
    Set<ByteString> bad = new LinkedHashSet<>();
    CacheUpdate.Builder good = CacheUpdate.builder();
    CacheUpdate.Builder change = CacheUpdate.builder();
    String[] names = new String[count];
    for (int i = 0; i < count; i++) {
      names[i] = "r%03d".formatted(i);
      if (i % 2 == 0) {
        good.put(Mesh.SCOPE, resource(type, names[i], 1));
      }
      EncodedResource changed = resource(type, names[i], 2);
      change.put(Mesh.SCOPE, changed);
      if (culprits.contains(i)) {
        bad.add(changed.any().getValue());
      }
    }
    mesh.cache.apply(good.build());
    if (type.fullState()) {
      client.subscribe(type);
    } else {
      client.subscribe(type, names);
    }
    judge(client, type, bad, "", held);
    mesh.cache.apply(change.build());
    int responses = judge(client, type, bad, "refused", held);
    assertThat(mesh.rejections)
        .extracting(Rejection::name)
        .containsExactlyInAnyOrderElementsOf(culprits.stream().map(i -> names[i]).toList());
    for (int i = 0; i < count; i++) {
      ByteString expected = resource(type, names[i], 2).any().getValue();
      if (culprits.contains(i)) {
        expected = i % 2 == 0 ? resource(type, names[i], 1).any().getValue() : null;
      }
      assertThat(held.get(names[i])).as(names[i]).isEqualTo(expected);
    }
    assertThat(responses).isLessThanOrEqualTo(bound);
    client.hearsNothing(mesh);
  }

  @ParameterizedTest
  @EnumSource
  void isolatesOneCulpritAmongEightClusters(Variant variant) {
    search(variant, CLUSTER, 8, List.of(5), 6);
  }

  @ParameterizedTest
  @EnumSource
  void isolatesOneCulpritAmongEightEndpoints(Variant variant) {
    search(variant, ENDPOINTS, 8, List.of(2), 6);
  }

  @ParameterizedTest
  @EnumSource
  void isolatesTwoCulpritsAmongSixtyFourClusters(Variant variant) {
    search(variant, CLUSTER, 64, List.of(10, 51), 18);
  }

  @ParameterizedTest
  @EnumSource
  void isolatesTwoCulpritsAmongSixtyFourEndpoints(Variant variant) {
    search(variant, ENDPOINTS, 64, List.of(63, 62), 18);
  }

  @ParameterizedTest
  @EnumSource
  void triesTheResourceFirstThatTheMessageNames(Variant variant) {
    CacheUpdate.Builder update = CacheUpdate.builder();
    String[] names = new String[64];
    for (int i = 0; i < 64; i++) {
      names[i] = "r" + i;
      update.put(Mesh.SCOPE, endpoints(names[i], 1));
    }
    mesh.cache.apply(update.build());
    ScriptedClient client = mesh.client(variant);
    client.subscribe(ENDPOINTS, names);
    Set<ByteString> bad = Set.of(endpoints("r17", 1).any().getValue());
    int responses =
        judge(client, ENDPOINTS, bad, "malformed endpoints for 'r17': port", new HashMap<>());
    assertThat(responses).isEqualTo(3);
    assertThat(mesh.rejections).extracting(Rejection::name).containsExactly("r17");
  }

  @ParameterizedTest
  @EnumSource(names = {"SOTW_ADS", "SOTW_PER_TYPE"})
  void keepsWhatIsHeldInATrialAlsoWhenItIsAskedForAgain(Variant variant) {
    mesh.put(cluster("held", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(CLUSTER, "*");
    client.nextAcked(CLUSTER);
    mesh.put(cluster("x", 1), cluster("y", 1));
    client.nack(client.next(CLUSTER), "no", "held");
    assertThat(client.nextAcked(CLUSTER).names()).contains("held");
  }

  @ParameterizedTest
  @EnumSource
  void remembersACulpritOverAReconnectUntilItsContentChanges(Variant variant) {
    mesh.put(cluster("a", 1), cluster("b", 1));
    ScriptedClient first = mesh.client(variant);
    first.subscribe(CLUSTER);
    first.nextAcked(CLUSTER);
    mesh.put(cluster("a", 2));
    first.nack(first.next(CLUSTER), "no");
    mesh.settle();
    first.close();
    mesh.settle();
    ScriptedClient second = mesh.client(variant);
    second.subscribe(CLUSTER);
    Map<String, ByteString> content = second.nextAcked(CLUSTER).content();
    assertThat(content).containsOnlyKeys("a", "b");
    assertThat(content.get("a")).isEqualTo(cluster("a", 1).any().getValue());
    second.hearsNothing(mesh);
    assertThat(mesh.rejections).hasSize(1);
    ScriptedClient other = mesh.client(variant, "other");
    other.subscribe(CLUSTER);
    assertThat(other.nextAcked(CLUSTER).content().get("a"))
        .isEqualTo(cluster("a", 2).any().getValue());
    mesh.put(cluster("a", 3));
    assertThat(second.nextAcked(CLUSTER).content().get("a"))
        .isEqualTo(cluster("a", 3).any().getValue());
  }

  @ParameterizedTest
  @EnumSource
  void stopsTryingWithAClientThatRefusesEverything(Variant variant) {
    CacheUpdate.Builder update = CacheUpdate.builder();
    for (int i = 0; i < 64; i++) {
      update.put(Mesh.SCOPE, cluster("c" + i, 1));
    }
    mesh.cache.apply(update.build());
    ScriptedClient client = mesh.client(variant);
    client.subscribe(CLUSTER);
    int responses = 0;
    mesh.settle();
    for (Optional<ScriptedClient.Answer> next = client.poll();
        next.isPresent();
        next = client.poll()) {
      client.nack(next.get(), "never");
      responses++;
      mesh.settle();
    }
    assertThat(responses).isLessThan(16 * 9 + 3);
    client.hearsNothing(mesh);
  }
}
