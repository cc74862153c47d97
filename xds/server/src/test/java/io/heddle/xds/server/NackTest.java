package io.heddle.xds.server;

import static io.heddle.xds.model.ResourceType.CLUSTER;
import static io.heddle.xds.model.ResourceType.ENDPOINTS;
import static io.heddle.xds.server.Resources.cluster;
import static io.heddle.xds.server.Resources.endpoints;
import static io.heddle.xds.server.Resources.resource;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.heddle.xds.model.ResourceType;
import java.util.ArrayList;
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
      Variant variant,
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
      // Nothing good is ever taken away by a trial.
      assertThat(held.keySet()).noneMatch(answer.removed()::contains);
      if (!variant.delta() && type.fullState()) {
        assertThat(answer.names()).containsAll(held.keySet());
      }
      if (answer.content().values().stream().anyMatch(bad::contains)) {
        client.nack(answer, message);
      } else {
        held.putAll(answer.content());
        client.ack(answer);
      }
      mesh.settle();
    }
    return responses;
  }

  private void search(
      Variant variant, ResourceType type, int count, List<Integer> culprits, int bound) {
    ScriptedClient client = mesh.client(variant);
    Map<String, ByteString> held = new HashMap<>();
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
    judge(variant, client, type, bad, "", held);
    mesh.cache.apply(change.build());
    int responses = judge(variant, client, type, bad, "refused", held);
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
  void triesAllButTheResourceThatTheMessageNames(Variant variant) {
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
        judge(
            variant,
            client,
            ENDPOINTS,
            bad,
            "malformed endpoints for 'r17': port",
            new HashMap<>());
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
    second.resume(CLUSTER, Map.of("a", cluster("a", 1).version(), "b", cluster("b", 1).version()));
    if (!variant.delta()) {
      Map<String, ByteString> content = second.nextAcked(CLUSTER).content();
      assertThat(content).containsOnlyKeys("a", "b");
      assertThat(content.get("a")).isEqualTo(cluster("a", 1).any().getValue());
    }
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

  /** A client that has refused cluster a alone and is gone; b it has accepted. */
  private void refuseAndGo(Variant variant, String userAgent) {
    mesh.put(cluster("a", 1), cluster("b", 1));
    ScriptedClient client = mesh.client(variant).userAgent(userAgent);
    client.subscribe(CLUSTER);
    client.nextAcked(CLUSTER);
    mesh.put(cluster("a", 2));
    client.nack(client.next(CLUSTER), "no");
    mesh.settle();
    assertThat(mesh.rejections).hasSize(1);
    client.close();
    mesh.settle();
  }

  private static final Map<String, String> HELD =
      Map.of("a", cluster("a", 1).version(), "b", cluster("b", 1).version());

  private void offersTheCulpritAgain(ScriptedClient client) {
    assertThat(client.next(CLUSTER).content().get("a")).isEqualTo(cluster("a", 2).any().getValue());
  }

  @ParameterizedTest
  @EnumSource
  void triesACulpritAgainWithANewProcess(Variant variant) {
    refuseAndGo(variant, "old");
    ScriptedClient client = mesh.client(variant).userAgent("old");
    client.subscribe(CLUSTER);
    offersTheCulpritAgain(client);
  }

  @ParameterizedTest
  @EnumSource
  void triesACulpritAgainWithAnotherBuild(Variant variant) {
    refuseAndGo(variant, "old");
    ScriptedClient client = mesh.client(variant).userAgent("new");
    client.resume(CLUSTER, HELD);
    offersTheCulpritAgain(client);
  }

  @ParameterizedTest
  @EnumSource
  void triesACulpritAgainAfterALongAbsence(Variant variant) {
    refuseAndGo(variant, "old");
    mesh.pass(Limits.defaults().absence());
    ScriptedClient client = mesh.client(variant).userAgent("old");
    client.resume(CLUSTER, HELD);
    offersTheCulpritAgain(client);
  }

  @ParameterizedTest
  @EnumSource(names = {"SOTW_ADS", "SOTW_PER_TYPE"})
  void rule24_deletesNothingThatARefusalAfterAReconnectDoesNotName(Variant variant) {
    CacheUpdate.Builder update = CacheUpdate.builder();
    Set<String> all = new LinkedHashSet<>();
    for (int i = 0; i < 100; i++) {
      all.add("c" + i);
      update.put(Mesh.SCOPE, cluster("c" + i, 1));
    }
    mesh.cache.apply(update.build());
    Set<String> bad = new LinkedHashSet<>(List.of("c5", "c70"));
    ScriptedClient client = mesh.client(variant);
    client.resume(CLUSTER, Map.of());
    List<String> last = List.of();
    mesh.settle();
    for (Optional<ScriptedClient.Answer> next = client.poll();
        next.isPresent();
        next = client.poll()) {
      ScriptedClient.Answer answer = next.get();
      Set<String> missing = new LinkedHashSet<>(all);
      answer.names().forEach(missing::remove);
      assertThat(bad).containsAll(missing);
      Set<String> refused = new LinkedHashSet<>(bad);
      refused.retainAll(answer.names());
      if (refused.isEmpty()) {
        client.ack(answer);
        last = answer.names();
      } else {
        client.nack(answer, "error adding cluster(s) " + String.join(", ", refused) + ": bad.");
      }
      mesh.settle();
    }
    assertThat(last).hasSize(98).doesNotContainAnyElementsOf(bad);
    assertThat(mesh.rejections)
        .extracting(Rejection::name)
        .containsExactlyInAnyOrderElementsOf(bad);
  }

  @ParameterizedTest
  @EnumSource(names = {"SOTW_ADS", "SOTW_PER_TYPE"})
  void rule24_leavesOutEverLessWhereARefusalAfterAReconnectNamesNothing(Variant variant) {
    for (int culprit : List.of(0, 37, 99)) {
      try (Mesh own = new Mesh()) {
        CacheUpdate.Builder update = CacheUpdate.builder();
        for (int i = 0; i < 100; i++) {
          update.put(Mesh.SCOPE, cluster("c" + i, 1));
        }
        own.cache.apply(update.build());
        ScriptedClient client = own.client(variant);
        client.resume(CLUSTER, Map.of());
        int leftOut = 0;
        int accepted = 0;
        own.settle();
        for (Optional<ScriptedClient.Answer> next = client.poll();
            next.isPresent();
            next = client.poll()) {
          int size = next.get().names().size();
          leftOut += 100 - size;
          if (next.get().names().contains("c" + culprit)) {
            client.nack(next.get(), "no");
          } else {
            client.ack(next.get());
            accepted = size;
          }
          own.settle();
        }
        assertThat(accepted).isEqualTo(99);
        // A half, a quarter, an eighth ...: never a response with a few of them alone.
        assertThat(leftOut).isLessThan(120);
        assertThat(own.rejections).extracting(Rejection::name).containsExactly("c" + culprit);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"SOTW_ADS", "SOTW_PER_TYPE"})
  void findsSeveralCulpritsAfterAReconnectThatNoMessageNames(Variant variant) {
    CacheUpdate.Builder update = CacheUpdate.builder();
    Set<ByteString> bad = new LinkedHashSet<>();
    for (int i = 0; i < 32; i++) {
      EncodedResource cluster = cluster("c" + i, 1);
      update.put(Mesh.SCOPE, cluster);
      if (i == 3 || i == 30) {
        bad.add(cluster.any().getValue());
      }
    }
    mesh.cache.apply(update.build());
    ScriptedClient client = mesh.client(variant);
    client.resume(CLUSTER, Map.of());
    Map<String, ByteString> held = new HashMap<>();
    judge(variant, client, CLUSTER, bad, "no", held);
    assertThat(held).hasSize(30);
    assertThat(mesh.rejections).extracting(Rejection::name).containsExactlyInAnyOrder("c3", "c30");
  }

  @ParameterizedTest
  @EnumSource
  void sendsAgainWhatARefusedResponseMayHaveChanged(Variant variant) {
    mesh.put(endpoints("a", 1), endpoints("b", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(ENDPOINTS, "a", "b");
    client.nextAcked(ENDPOINTS);
    mesh.put(endpoints("a", 2), endpoints("b", 2));
    ScriptedClient.Answer refused = client.next(ENDPOINTS);
    mesh.put(endpoints("a", 1));
    // As Envoy does, the client has taken a and refused b.
    client.nack(refused, "b: no");
    ScriptedClient.Answer revert = client.next(ENDPOINTS);
    assertThat(revert.content())
        .containsExactly(Map.entry("a", endpoints("a", 1).any().getValue()));
    assertThat(stateOf(endpoints("a", 1))).isEqualTo(ProxySync.State.BEHIND);
    client.ack(revert);
    client.nack(client.next(ENDPOINTS), "b: no");
    client.hearsNothing(mesh);
    assertThat(stateOf(endpoints("a", 1))).isEqualTo(ProxySync.State.IN_SYNC);
  }

  private ProxySync.State stateOf(EncodedResource resource) {
    return mesh.server.syncView().compare(List.of(resource.resourceVersion())).getFirst().state();
  }

  @ParameterizedTest
  @EnumSource(names = {"DELTA_ADS", "DELTA_PER_TYPE"})
  void sendsAgainWhatARefusedResponseMayHaveRemoved(Variant variant) {
    mesh.put(cluster("a", 1), cluster("b", 1));
    ScriptedClient client = mesh.client(variant);
    client.subscribe(CLUSTER);
    client.nextAcked(CLUSTER);
    mesh.cache.apply(
        CacheUpdate.builder()
            .remove(Mesh.SCOPE, new ResourceKey(CLUSTER, "a"))
            .put(Mesh.SCOPE, cluster("b", 2))
            .build());
    ScriptedClient.Answer refused = client.next(CLUSTER);
    assertThat(refused.removed()).containsExactly("a");
    mesh.put(cluster("a", 1));
    client.nack(refused, "no");
    assertThat(client.nextAcked(CLUSTER).names()).containsExactly("a");
    client.hearsNothing(mesh);
  }

  @ParameterizedTest
  @EnumSource(names = {"DELTA_ADS", "DELTA_PER_TYPE"})
  void fallsBackToNothingWhereOnlyTheVersionIsKnown(Variant variant) {
    mesh.put(cluster("a", 1));
    ScriptedClient client = mesh.client(variant);
    client.resume(CLUSTER, Map.of("a", "0123456789abcdef"));
    client.nack(client.next(CLUSTER), "no");
    client.hearsNothing(mesh);
    client.say(CLUSTER, client.delta(CLUSTER).addResourceNamesSubscribe("a").build());
    client.hearsNothing(mesh);
    mesh.put(cluster("a", 2));
    assertThat(client.nextAcked(CLUSTER).content().get("a"))
        .isEqualTo(cluster("a", 2).any().getValue());
  }

  @ParameterizedTest
  @EnumSource
  void sendsAllThatIsGoodThoughManyCulpritsAreNamed(Variant variant) {
    CacheUpdate.Builder update = CacheUpdate.builder();
    Map<String, ByteString> bad = new HashMap<>();
    Set<String> good = new LinkedHashSet<>();
    for (int i = 0; i < 100; i++) {
      EncodedResource cluster = cluster("c" + i, 1);
      update.put(Mesh.SCOPE, cluster);
      if (i % 3 == 0) {
        bad.put(cluster.name(), cluster.any().getValue());
      } else {
        good.add(cluster.name());
      }
    }
    mesh.cache.apply(update.build());
    ScriptedClient client = mesh.client(variant);
    client.subscribe(CLUSTER);
    client.nack(client.next(CLUSTER), "wrong: " + String.join(", ", bad.keySet()));
    assertThat(client.nextAcked(CLUSTER).names()).containsExactlyInAnyOrderElementsOf(good);
    Map<String, ByteString> held = new HashMap<>();
    judge(
        variant,
        client,
        CLUSTER,
        Set.copyOf(bad.values()),
        "wrong: " + String.join(", ", bad.keySet()),
        held);
    assertThat(mesh.rejections)
        .extracting(Rejection::name)
        .containsExactlyInAnyOrderElementsOf(bad.keySet());
  }

  @ParameterizedTest
  @EnumSource
  void saysWhyItGaveUp(Variant variant) {
    CacheUpdate.Builder update = CacheUpdate.builder();
    List<ResourceVersion> wanted = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      EncodedResource cluster = cluster("c" + i, 1);
      update.put(Mesh.SCOPE, cluster);
      wanted.add(cluster.resourceVersion());
    }
    mesh.cache.apply(update.build());
    ScriptedClient client = mesh.client(variant);
    client.subscribe(CLUSTER);
    mesh.settle();
    for (Optional<ScriptedClient.Answer> next = client.poll();
        next.isPresent();
        next = client.poll()) {
      client.nack(next.get(), "never");
      mesh.settle();
    }
    ProxySync sync = mesh.server.syncView().compare(wanted).getFirst();
    assertThat(sync.behind()).isEmpty();
    assertThat(sync.rejections())
        .hasSize(64)
        .allSatisfy(rejection -> assertThat(rejection.message()).contains("never"));
  }
}
