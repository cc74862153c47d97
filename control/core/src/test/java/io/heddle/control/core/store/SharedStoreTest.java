package io.heddle.control.core.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ObjectMeta;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.ServiceSpec;
import io.heddle.control.api.store.HistoryEntry;
import io.heddle.control.api.store.HistoryQuery;
import io.heddle.control.api.store.Listing;
import io.heddle.control.api.store.Mutation;
import io.heddle.control.api.store.Precondition;
import io.heddle.control.api.store.Recall;
import io.heddle.control.api.store.Revision;
import io.heddle.control.api.store.Selection;
import io.heddle.control.api.store.StoreEvent;
import io.heddle.control.api.store.StoreException;
import io.heddle.control.api.store.StoreListener;
import io.heddle.control.api.store.Watch;
import io.heddle.control.api.store.WriteResult;
import io.heddle.control.core.shared.FakeKeys;
import io.heddle.control.core.shared.SharedKeys;
import io.heddle.testkit.ManualTime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two replicas over shared keys that can be cut off, lose answers and forget. */
class SharedStoreTest {
  private final FakeKeys keys = new FakeKeys();
  private final FakeKeys.Link oneLink = keys.link();
  private final FakeKeys.Link twoLink = keys.link();
  private final ManualTime time = new ManualTime();
  private final SharedStore one = open(oneLink);
  private final SharedStore two = open(twoLink);

  private SharedStore open(FakeKeys.Link link) {
    return SharedStore.open(link, EmbeddedStoreConfig.of(Path.of(".")), time);
  }

  @AfterEach
  void close() {
    one.close();
    two.close();
    oneLink.close();
    twoLink.close();
  }

  private static WriteResult.Applied put(SharedStore store, String name, int number) {
    return (WriteResult.Applied) store.write(Samples.put(name, number), Samples.WRITER);
  }

  /** Any write of a replica has heard of all before it. */
  private static void catchUp(SharedStore store) {
    store.write(List.of(Mutation.Delete.of(Samples.key("none"))), Samples.WRITER);
  }

  @Test
  void replicasSeeEachOthersWritesInOneOrder() {
    assertThat(put(one, "a", 1).revision()).isEqualTo(new Revision("1"));
    assertThat(put(two, "a", 2).revision()).isEqualTo(new Revision("2"));
    catchUp(one);
    assertThat(one.get(Samples.key("a")).map(Samples::number)).contains(2);
    assertThat(one.revision()).isEqualTo(two.revision());
    assertThat(one.get(Samples.key("a"))).isEqualTo(two.get(Samples.key("a")));
  }

  @Test
  void ofTwoWhoExpectTheSameOnlyOneWins() throws InterruptedException {
    put(one, "a", 0);
    int rounds = 20;
    for (int round = 1; round <= rounds; round++) {
      catchUp(two);
      Revision seen =
          new Revision(one.get(Samples.key("a")).orElseThrow().metadata().resourceVersion());
      BlockingQueue<WriteResult> results = new LinkedBlockingQueue<>();
      List<Thread> writers = new ArrayList<>();
      for (SharedStore store : List.of(one, two)) {
        int number = round * 10 + writers.size();
        List<Mutation> wish =
            List.of(
                new Mutation.Put(Samples.service("a", number), new Precondition.Unchanged(seen)));
        writers.add(Thread.ofVirtual().start(() -> results.add(store.write(wish, Samples.WRITER))));
      }
      for (Thread writer : writers) {
        writer.join();
      }
      assertThat(results.stream().filter(WriteResult.Applied.class::isInstance)).hasSize(1);
      assertThat(results.stream().filter(WriteResult.Refused.class::isInstance)).hasSize(1);
      catchUp(one);
    }
    assertThat(one.history(Samples.key("a"), 1_000)).hasSize(rounds + 1);
  }

  @Test
  void manyWritersLoseNothing() throws InterruptedException {
    List<Thread> writers = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      SharedStore store = i % 2 == 0 ? one : two;
      String name = "writer-" + i;
      writers.add(
          Thread.ofVirtual()
              .start(() -> {
                for (int number = 1; number <= 15; number++) {
                  put(store, name, number);
                }
              }));
    }
    for (Thread writer : writers) {
      writer.join();
    }
    catchUp(one);
    assertThat(one.revision()).isEqualTo(new Revision("90"));
    assertThat(one.list(Selection.EVERYTHING).objects())
        .hasSize(6)
        .allSatisfy(object -> assertThat(Samples.number(object)).isEqualTo(15));
  }

  @Test
  void writeWhoseAnswerWasLostIsFoundAndDoneOnce() {
    oneLink.loseAnswers(1);
    WriteResult.Applied applied = put(one, "a", 1);
    assertThat(applied.revision()).isEqualTo(new Revision("1"));
    assertThat(applied.outcomes().getFirst()).isInstanceOf(WriteResult.Created.class);
    assertThat(one.history(Samples.key("a"), 10)).hasSize(1);
    assertThat(applied.outcomes().getFirst().object()).isEqualTo(one.get(Samples.key("a")));
  }

  @Test
  void replicaThatIsCutOffReadsOnAndHearsAllLater() {
    put(one, "a", 1);
    catchUp(two);
    twoLink.cut(true);
    put(one, "a", 2);
    put(one, "b", 1);
    assertThat(two.get(Samples.key("a")).map(Samples::number)).contains(1);
    twoLink.cut(false);
    catchUp(two);
    assertThat(two.get(Samples.key("a")).map(Samples::number)).contains(2);
    assertThat(two.get(Samples.key("b"))).isPresent();
  }

  private static final class Hearing implements StoreListener {
    final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

    @Override
    public void onRelist(Listing listing) {
      heard.add("relist " + listing.objects().size() + " at " + listing.revision());
    }

    @Override
    public void onEvents(List<StoreEvent> events, Revision revision) {
      events.forEach(event -> heard.add(event.key().name() + " at " + revision));
    }

    String next() throws InterruptedException {
      return String.valueOf(heard.poll(20, TimeUnit.SECONDS));
    }
  }

  @Test
  void watcherHearsOfBothReplicasAndIsRelistedOverAGap() throws InterruptedException {
    Hearing hearing = new Hearing();
    try (Watch _ = two.watch(Selection.EVERYTHING, Revision.NONE, hearing)) {
      assertThat(hearing.next()).isEqualTo("relist 0 at 0");
      put(one, "a", 1);
      assertThat(hearing.next()).isEqualTo("a at 1");
      put(two, "b", 1);
      assertThat(hearing.next()).isEqualTo("b at 2");
      twoLink.cut(true);
      put(one, "c", 1);
      keys.compact();
      put(one, "d", 1);
      twoLink.cut(false);
      assertThat(hearing.next()).isEqualTo("relist 4 at 4");
      put(one, "e", 1);
      assertThat(hearing.next()).isEqualTo("e at 5");
    }
    Hearing later = new Hearing();
    try (Watch _ = two.watch(Selection.EVERYTHING, new Revision("3"), later)) {
      assertThat(later.next()).isEqualTo("d at 5");
      assertThat(later.next()).isEqualTo("e at 5");
    }
  }

  @Test
  void historyIsThatOfAllReplicas() {
    put(one, "a", 1);
    put(two, "a", 2);
    two.write(List.of(Mutation.Delete.of(Samples.key("a"))), Samples.WRITER);
    catchUp(one);
    List<HistoryEntry> history = one.history(Samples.key("a"), 10);
    assertThat(history)
        .extracting(entry -> entry.revision().token())
        .containsExactly("3", "2", "1");
    assertThat(history.getFirst().after()).isEmpty();
    assertThat(one.history(HistoryQuery.newest(2)).more()).isTrue();
    assertThat(one.at(Samples.key("a"), new Revision("2")))
        .isInstanceOfSatisfying(
            Recall.Known.class,
            known -> assertThat(known.value()).isEqualTo(history.getFirst().before()));
    assertThat(one.changesOf(new Revision("9"))).isInstanceOf(Recall.Unknown.class);
  }

  @Test
  void historyIsBounded() {
    EmbeddedStoreConfig few =
        EmbeddedStoreConfig.of(Path.of(".")).withHistory(5, Duration.ofDays(1));
    try (FakeKeys.Link link = keys.link();
        SharedStore store = SharedStore.open(link, few, time)) {
      for (int number = 1; number <= 20; number++) {
        put(store, "a", number);
      }
      assertThat(store.history(Samples.key("a"), 100)).hasSize(5);
      assertThat(keys.count(SharedFormat.HISTORY)).isEqualTo(5);
      assertThat(store.changesOf(new Revision("3"))).isInstanceOf(Recall.Forgotten.class);
    }
  }

  @Test
  void newReplicaKnowsEverything() {
    for (int number = 1; number <= 5; number++) {
      put(one, "a", number);
    }
    one.note(Map.of("rollout/x", "half", "other", "y"));
    try (FakeKeys.Link link = keys.link();
        SharedStore third = open(link)) {
      assertThat(third.revision()).isEqualTo(new Revision("5"));
      assertThat(third.history(Samples.key("a"), 100)).hasSize(5);
      assertThat(third.notes("rollout/")).containsOnly(Map.entry("rollout/x", "half"));
      third.note(Map.of("rollout/x", ""));
      assertThat(third.notes("rollout/")).isEmpty();
    }
    assertThat(one.reaches(new Revision("10"), new Revision("9"))).isTrue();
  }

  @Test
  void writeThatIsTooLargeIsRefusedWithWhatIsExpected() {
    List<Mutation> many = new ArrayList<>();
    for (int i = 0; i < 9_000; i++) {
      many.add(
          Mutation.Put.of(
              ResourceObject.of(
                  ObjectMeta.of("service-" + i),
                  new ServiceSpec(
                      Map.of("app", "x".repeat(60)),
                      List.of(new ServiceSpec.Port("", 80, "http"))))));
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> one.write(many, Samples.WRITER))
        .withMessageContaining("bytes for the shared store (expected: at most 1400000")
        .withMessageContaining("in several writes");
    assertThat(one.revision()).isEqualTo(new Revision("0"));
  }

  @Test
  void foreignKeysAreRefusedByName() {
    FakeKeys foreign = new FakeKeys();
    try (FakeKeys.Link link = foreign.link()) {
      link.commit(
          List.of(),
          List.of(
              new SharedKeys.Put(SharedFormat.HEAD, FakeKeys.bytes("{\"format\":\"other/7\"}"))));
      assertThatThrownBy(() -> open(link))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("store/head: its format is \"other/7\"")
          .hasMessageContaining("name another prefix in --store");
    }
  }

  @Test
  void unreachableKeysAreSaid() {
    try (FakeKeys.Link link = keys.link()) {
      link.cut(true);
      assertThatThrownBy(() -> open(link))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("cut off");
    }
  }

  @Test
  void keyOfAnotherKindIsNotThere() {
    put(one, "a", 1);
    assertThat(one.get(ObjectKey.of(Kind.GATEWAY, "a"))).isEmpty();
  }
}
