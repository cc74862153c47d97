package io.heddle.control.core.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.store.HistoryEntry;
import io.heddle.control.api.store.HistoryPage;
import io.heddle.control.api.store.HistoryQuery;
import io.heddle.control.api.store.Mutation;
import io.heddle.control.api.store.Recall;
import io.heddle.control.api.store.Revision;
import io.heddle.control.api.store.WriteContext;
import io.heddle.testkit.ManualTime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the embedded store remembers of its writes. */
class PastChangesTest {
  private final ManualTime time = new ManualTime();

  @TempDir Path temp;

  private EmbeddedStore open(int changes, Duration age) {
    EmbeddedStoreConfig config =
        EmbeddedStoreConfig.of(temp.resolve("store")).withHistory(changes, age);
    return EmbeddedStore.open(config, time);
  }

  private EmbeddedStore open() {
    return open(100, Duration.ofDays(1));
  }

  private static void put(EmbeddedStore store, String name, int number) {
    store.write(Samples.put(name, number), Samples.WRITER);
  }

  private static Revision revision(int number) {
    return new Revision(String.valueOf(number));
  }

  private static List<String> told(HistoryPage page) {
    return page.changes().stream()
        .map(entry -> entry.revision() + " " + entry.key().name())
        .toList();
  }

  private static <T> T known(Recall<T> recall) {
    return switch (recall) {
      case Recall.Known<T> known -> known.value();
      case Recall.Forgotten<T> forgotten -> throw new AssertionError(forgotten);
      case Recall.Unknown<T> unknown -> throw new AssertionError(unknown);
    };
  }

  @Test
  void tellsWritesNewestFirstAndTheChangesOfOneInTheirOrder() {
    try (EmbeddedStore store = open()) {
      put(store, "a", 1);
      store.write(
          List.of(
              Mutation.Put.of(Samples.service("b", 1)), Mutation.Put.of(Samples.service("c", 1))),
          WriteContext.of("alice", "10.0.0.1").by("apply shop.yaml"));
      put(store, "a", 2);
      HistoryPage page = store.history(HistoryQuery.newest(10));
      assertThat(told(page)).containsExactly("3 a", "2 b", "2 c", "1 a");
      assertThat(page.newest()).isEqualTo(revision(3));
      assertThat(page.oldest()).isEqualTo(revision(1));
      assertThat(page.more()).isFalse();
      assertThat(page.changes().get(1).context())
          .isEqualTo(new WriteContext("alice", "10.0.0.1", false, "apply shop.yaml"));
    }
  }

  @Test
  void cutsPagesBetweenWritesAndGoesOnBeforeARevision() {
    try (EmbeddedStore store = open()) {
      for (int i = 1; i <= 5; i++) {
        put(store, i % 2 == 0 ? "even" : "odd", i);
      }
      HistoryPage first = store.history(HistoryQuery.newest(2));
      assertThat(told(first)).containsExactly("5 odd", "4 even");
      assertThat(first.more()).isTrue();
      HistoryPage next = store.history(HistoryQuery.newest(3).before(revision(4)));
      assertThat(told(next)).containsExactly("3 odd", "2 even", "1 odd");
      assertThat(next.more()).isFalse();
      HistoryPage one = store.history(HistoryQuery.newest(10).ofKind(Kind.SERVICE).named("even"));
      assertThat(told(one)).containsExactly("4 even", "2 even");
      assertThat(store.history(HistoryQuery.newest(10).ofKind(Kind.GATEWAY)).changes()).isEmpty();
      assertThat(store.history(HistoryQuery.newest(10).inNamespace("other")).changes()).isEmpty();
    }
  }

  @Test
  void tellsOneWriteAndWhatLiesBetweenTwoStates() {
    try (EmbeddedStore store = open()) {
      put(store, "a", 1);
      put(store, "a", 2);
      put(store, "b", 1);
      assertThat(known(store.changesOf(revision(2))))
          .singleElement()
          .satisfies(entry -> {
            assertThat(entry.before().map(Samples::number)).contains(1);
            assertThat(entry.after().map(Samples::number)).contains(2);
          });
      assertThat(known(store.changesBetween(revision(0), revision(2)))).hasSize(2);
      assertThat(known(store.changesBetween(revision(2), revision(2)))).isEmpty();
      assertThat(store.changesOf(revision(4)))
          .isEqualTo(new Recall.Unknown<List<HistoryEntry>>(revision(3)));
      assertThat(store.changesOf(new Revision("of another store")))
          .isInstanceOf(Recall.Unknown.class);
      assertThat(store.changesBetween(revision(1), revision(9))).isInstanceOf(Recall.Unknown.class);
    }
  }

  @Test
  void showsAnObjectAsItWas() {
    try (EmbeddedStore store = open()) {
      put(store, "a", 1);
      put(store, "b", 1);
      put(store, "a", 2);
      store.write(List.of(Mutation.Delete.of(Samples.key("a"))), Samples.WRITER);
      assertThat(known(store.at(Samples.key("a"), revision(0)))).isEmpty();
      assertThat(known(store.at(Samples.key("a"), revision(2))).map(Samples::number)).contains(1);
      assertThat(known(store.at(Samples.key("a"), revision(3))).map(Samples::number)).contains(2);
      assertThat(known(store.at(Samples.key("a"), revision(4)))).isEmpty();
      assertThat(known(store.at(Samples.key("b"), revision(4))).map(Samples::number)).contains(1);
      assertThat(store.at(Samples.key("a"), revision(5))).isInstanceOf(Recall.Unknown.class);
      assertThat(store.reaches(revision(10), revision(9))).isTrue();
      assertThat(store.reaches(revision(9), revision(10))).isFalse();
    }
  }

  @Test
  void saysWhatItHasForgotten() {
    try (EmbeddedStore store = open(2, Duration.ofDays(1))) {
      for (int i = 1; i <= 5; i++) {
        put(store, "a", i);
      }
      assertThat(store.history(HistoryQuery.newest(10)).oldest()).isEqualTo(revision(4));
      assertThat(store.changesOf(revision(3)))
          .isEqualTo(new Recall.Forgotten<List<HistoryEntry>>(revision(4)));
      assertThat(store.at(Samples.key("a"), revision(2)))
          .isEqualTo(new Recall.Forgotten<Optional<ResourceObject>>(revision(4)));
      assertThat(known(store.at(Samples.key("a"), revision(3))).map(Samples::number)).contains(3);
      assertThat(store.changesBetween(revision(1), revision(5)))
          .isInstanceOf(Recall.Forgotten.class);
    }
  }

  @Test
  void forgetsWhatIsTooOldWithTheNextWrite() {
    try (EmbeddedStore store = open(100, Duration.ofHours(1))) {
      put(store, "a", 1);
      time.advance(Duration.ofMinutes(40));
      put(store, "a", 2);
      time.advance(Duration.ofMinutes(40));
      assertThat(store.history(HistoryQuery.newest(10)).changes()).hasSize(2);
      put(store, "a", 3);
      assertThat(told(store.history(HistoryQuery.newest(10)))).containsExactly("3 a", "2 a");
    }
    try (EmbeddedStore store = open(100, Duration.ofHours(1))) {
      time.advance(Duration.ofHours(2));
      put(store, "a", 4);
      assertThat(told(store.history(HistoryQuery.newest(10))))
          .as("also after a reopening; the newest write stays")
          .containsExactly("4 a");
    }
  }
}
