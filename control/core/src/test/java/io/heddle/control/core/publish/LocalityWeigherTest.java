package io.heddle.control.core.publish;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.control.api.document.ObjectParser;
import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.Locality;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.store.Mutation;
import io.heddle.control.api.store.WriteContext;
import io.heddle.control.core.store.EmbeddedStore;
import io.heddle.control.core.store.EmbeddedStoreConfig;
import io.heddle.testkit.ManualTime;
import io.heddle.xds.server.LoadReports.ClusterLoad;
import io.heddle.xds.server.LoadReports.LocalityLoad;
import io.heddle.xds.server.NodeInfo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How the shares of localities follow what proxies report. */
class LocalityWeigherTest {
  private static final ObjectKey WEB = new ObjectKey(Kind.SERVICE, "default", "web");

  private final ManualTime time = new ManualTime();
  private final Map<String, LocalityLoad> loads = new HashMap<>();
  private final List<Map<ObjectKey, Map<Locality, Integer>>> published = new ArrayList<>();
  private boolean leads = true;

  @TempDir Path temp;
  private EmbeddedStore store;
  private LocalityWeigher weigher;

  @BeforeEach
  void open() {
    store = EmbeddedStore.open(EmbeddedStoreConfig.of(temp.resolve("store")), time);
    weigher = weigher();
  }

  @AfterEach
  void close() {
    store.close();
  }

  private LocalityWeigher weigher() {
    LocalityWeigher made =
        new LocalityWeigher(store, this::loads, () -> leads, published::add, time);
    made.follow();
    return made;
  }

  private List<ClusterLoad> loads() {
    return List.of(new ClusterLoad("default/web", "", 0, List.copyOf(loads.values())));
  }

  private void asks(String annotations) {
    store.write(
        List.of(
            Mutation.Put.of(
                ObjectParser.parse(
                        "web.yaml",
                        """
                        apiVersion: v1
                        kind: Service
                        metadata: {name: web%s}
                        spec: {ports: [{port: 80}]}
                        """
                            .formatted(annotations))
                    .objects()
                    .getFirst())),
        WriteContext.of("test", ""));
  }

  private static Locality place(String zone) {
    return new Locality("eu", zone, "");
  }

  /** So much has come since the last report. */
  private void more(String zone, long succeeded, long failed, long atOnce, double perSecond) {
    LocalityLoad before =
        loads.getOrDefault(
            zone, new LocalityLoad(new NodeInfo.Locality("eu", zone, ""), 0, 0, 0, 0, 0, 0, 1));
    loads.put(
        zone,
        new LocalityLoad(
            before.locality(),
            0,
            0,
            before.succeeded() + succeeded,
            before.failed() + failed,
            atOnce,
            perSecond,
            1));
  }

  private Map<Locality, Integer> round() {
    time.advance(LocalityWeigher.ROUND);
    weigher.tick();
    return weigher.weights().getOrDefault(WEB, Map.of());
  }

  private static final String ASKING = ", annotations: {heddle.io/locality-weights: load}";

  @Test
  void whereRequestsFailTheShareFallsInStepsAndReturnsInSmallerOnes() {
    asks(ASKING);
    more("a", 1_000, 0, 0, 0);
    more("b", 1_000, 0, 0, 0);
    assertThat(round()).as("nothing to compare with yet").isEmpty();
    more("a", 1_000, 0, 0, 0);
    more("b", 500, 500, 0, 0);
    assertThat(round()).isEqualTo(Map.of(place("b"), 70));
    for (int share : List.of(40, 30, 30)) {
      more("a", 1_000, 0, 0, 0);
      more("b", 500, 500, 0, 0);
      assertThat(round()).as("a quarter in the end").isEqualTo(Map.of(place("b"), share));
    }
    for (int share : List.of(40, 50, 60, 70, 80, 90)) {
      more("a", 1_000, 0, 0, 0);
      more("b", 1_000, 0, 0, 0);
      assertThat(round()).isEqualTo(Map.of(place("b"), share));
    }
    more("a", 1_000, 0, 0, 0);
    assertThat(round()).as("of whom nothing is heard returns as well").isEmpty();
    assertThat(published.getLast()).isEmpty();
  }

  @Test
  void itNeverFallsToNothing() {
    asks(ASKING);
    more("a", 1_000, 0, 0, 0);
    more("b", 0, 1_000, 0, 0);
    for (int share : List.of(100, 70, 40, 10, 10)) {
      assertThat(round().getOrDefault(place("b"), 100)).isEqualTo(share);
      more("a", 1_000, 0, 0, 0);
      more("b", 0, 1_000, 0, 0);
    }
  }

  @Test
  void whatFailsEverywhereOrByChanceMovesNothing() {
    asks(ASKING);
    for (int i = 0; i < 3; i++) {
      more("a", 900, 100, 0, 0);
      more("b", 895, 105, 0, 0);
      assertThat(round()).isEmpty();
    }
    more("a", 90, 0, 0, 0);
    more("b", 0, 90, 0, 0);
    assertThat(round()).as("too few").isEmpty();
  }

  @Test
  void whereRequestsTakeLongTheShareFalls() {
    asks(ASKING);
    more("a", 1_000, 0, 20, 200);
    more("b", 1_000, 0, 20, 200);
    assertThat(round()).isEmpty();
    more("a", 1_000, 0, 20, 200);
    more("b", 1_000, 0, 60, 200);
    assertThat(round()).as("three times as long: half").isEqualTo(Map.of(place("b"), 70));
    more("a", 1_000, 0, 20, 200);
    more("b", 1_000, 0, 60, 200);
    assertThat(round()).isEqualTo(Map.of(place("b"), 50));
  }

  @Test
  void aServiceThatDoesNotAskIsLeftAlone() {
    asks("");
    for (int i = 0; i < 3; i++) {
      more("a", 1_000, 0, 0, 0);
      more("b", 0, 1_000, 0, 0);
      assertThat(round()).isEmpty();
    }
    asks(ASKING);
    round();
    more("a", 1_000, 0, 0, 0);
    more("b", 0, 1_000, 0, 0);
    assertThat(round()).hasSize(1);
    asks("");
    assertThat(round()).as("it asks no more").isEmpty();
  }

  @Test
  void whatOneDecidedAnotherPublishesAndARestartKeeps() {
    asks(ASKING);
    more("a", 1_000, 0, 0, 0);
    more("b", 0, 1_000, 0, 0);
    round();
    more("a", 1_000, 0, 0, 0);
    more("b", 0, 1_000, 0, 0);
    round();
    published.clear();
    leads = false;
    LocalityWeigher other = weigher();
    assertThat(other.weights()).isEqualTo(Map.of(WEB, Map.of(place("b"), 70)));
    assertThat(published).hasSize(1);
    time.advance(LocalityWeigher.ROUND);
    other.tick();
    assertThat(other.weights()).as("it does not lead").hasSize(1);
    leads = true;
  }
}
