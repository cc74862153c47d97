package io.heddle.control.core.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectMeta;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.store.HistoryEntry;
import io.heddle.control.api.store.Listing;
import io.heddle.control.api.store.Mutation;
import io.heddle.control.api.store.Precondition;
import io.heddle.control.api.store.Revision;
import io.heddle.control.api.store.Selection;
import io.heddle.control.api.store.StoreEvent;
import io.heddle.control.api.store.StoreException;
import io.heddle.control.api.store.StoreListener;
import io.heddle.control.api.store.Watch;
import io.heddle.control.api.store.WriteContext;
import io.heddle.control.api.store.WriteResult;
import io.heddle.testkit.ManualTime;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.h2.mvstore.MVStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedStoreTest {
  private final ManualTime time = new ManualTime();

  @TempDir Path temp;

  private Path directory() {
    return temp.resolve("store");
  }

  private EmbeddedStore open() {
    return EmbeddedStore.open(EmbeddedStoreConfig.of(directory()), time);
  }

  private static ResourceObject put(EmbeddedStore store, String name, int number) {
    WriteResult result = store.write(Samples.put(name, number), Samples.WRITER);
    assertThat(result).isInstanceOf(WriteResult.Applied.class);
    return store.get(Samples.key(name)).orElseThrow();
  }

  @Test
  void keepsObjectsOverAReopening() {
    ResourceObject written;
    Listing before;
    try (EmbeddedStore store = open()) {
      written = put(store, "a", 1);
      put(store, "b", 1);
      store.write(List.of(Mutation.Delete.of(Samples.key("b"))), Samples.WRITER);
      before = store.list(Selection.EVERYTHING);
    }
    try (EmbeddedStore store = open()) {
      assertThat(store.list(Selection.EVERYTHING)).isEqualTo(before);
      assertThat(store.get(Samples.key("a"))).contains(written);
      assertThat(store.revision()).isEqualTo(new Revision("3"));
    }
  }

  @Test
  void raisesTheGenerationOnlyWithTheSpec() {
    try (EmbeddedStore store = open()) {
      ResourceObject first = put(store, "a", 1);
      assertThat(first.metadata().generation()).isEqualTo(1);
      assertThat(first.metadata().uid()).isNotEmpty();
      assertThat(first.metadata().creationTimestamp()).isEqualTo("2026-01-01T00:00:00Z");

      ResourceObject labelled =
          ResourceObject.of(ObjectMeta.of("a").withLabels(Map.of("x", "y")), first.spec());
      store.write(List.of(Mutation.Put.of(labelled)), Samples.WRITER);
      ResourceObject second = store.get(Samples.key("a")).orElseThrow();
      assertThat(second.metadata().generation()).isEqualTo(1);
      assertThat(second.metadata().resourceVersion()).isEqualTo("2");

      ResourceObject third = put(store, "a", 2);
      assertThat(third.metadata().generation()).isEqualTo(2);
      assertThat(third.metadata().uid()).isEqualTo(first.metadata().uid());
    }
  }

  @Test
  void putThatChangesNothingMakesNoRevision() {
    try (EmbeddedStore store = open()) {
      put(store, "a", 1);
      WriteResult result = store.write(Samples.put("a", 1), Samples.WRITER);
      assertThat(result)
          .isInstanceOfSatisfying(
              WriteResult.Applied.class,
              applied -> {
                assertThat(applied.revision()).isEqualTo(new Revision("1"));
                assertThat(applied.outcomes().getFirst()).isInstanceOf(WriteResult.Unchanged.class);
              });
    }
  }

  @Test
  void refusesTheWholeWriteWhenOnePreconditionFails() {
    try (EmbeddedStore store = open()) {
      ResourceObject stale = put(store, "a", 1);
      put(store, "a", 2);
      WriteResult result =
          store.write(
              List.of(
                  Mutation.Put.of(Samples.service("b", 1)),
                  Mutation.Put.of(stale),
                  new Mutation.Put(Samples.service("c", 1), Precondition.PRESENT),
                  Mutation.Delete.of(Samples.key("d"))),
              Samples.WRITER);
      assertThat(result)
          .isInstanceOfSatisfying(
              WriteResult.Refused.class,
              refused ->
                  assertThat(refused.conflicts())
                      .extracting(c -> c.offending() + "; " + c.expected())
                      .containsExactly(
                          "exists at revision 2; unchanged since revision 1",
                          "does not exist; present"));
      assertThat(store.get(Samples.key("b"))).isEmpty();
      assertThat(store.revision()).isEqualTo(new Revision("2"));
    }
  }

  @Test
  void dryRunAnswersAndChangesNothing() {
    try (EmbeddedStore store = open()) {
      WriteResult result = store.write(Samples.put("a", 1), new WriteContext("test", "here", true));
      assertThat(result)
          .isInstanceOfSatisfying(
              WriteResult.Applied.class,
              applied ->
                  assertThat(applied.outcomes().getFirst())
                      .isInstanceOf(WriteResult.Created.class));
      assertThat(store.get(Samples.key("a"))).isEmpty();
      assertThat(store.history(Samples.key("a"), 10)).isEmpty();
    }
  }

  @Test
  void refusesWhatItCouldNotReadBack() {
    try (EmbeddedStore store = open()) {
      ResourceObject bad =
          ResourceObject.of(ObjectMeta.of("Not A Name"), Samples.service("a", 1).spec());
      assertThatIllegalArgumentException()
          .isThrownBy(() -> store.write(List.of(Mutation.Put.of(bad)), Samples.WRITER))
          .withMessageContaining("metadata.name");
      assertThatIllegalArgumentException()
          .isThrownBy(() ->
              store.write(
                  List.of(
                      Mutation.Put.of(Samples.service("a", 1)),
                      Mutation.Delete.of(Samples.key("a"))),
                  Samples.WRITER))
          .withMessageContaining("in two mutations");
    }
  }

  @Test
  void historyTellsWhoChangedWhatNewestFirst() {
    try (EmbeddedStore store = open()) {
      put(store, "a", 1);
      put(store, "b", 1);
      store.write(Samples.put("a", 2), WriteContext.of("alice", "10.0.0.1"));
      store.write(List.of(Mutation.Delete.of(Samples.key("a"))), Samples.WRITER);
      List<HistoryEntry> history = store.history(Samples.key("a"), 10);
      assertThat(history).extracting(h -> h.revision().token()).containsExactly("4", "3", "1");
      assertThat(history.get(0).after()).isEmpty();
      assertThat(history.get(1).context().who()).isEqualTo("alice");
      assertThat(history.get(1).before().map(Samples::number)).contains(1);
      assertThat(history.get(1).after().map(Samples::number)).contains(2);
      assertThat(history.get(2).before()).isEmpty();
      assertThat(store.history(Samples.key("a"), 1)).hasSize(1);
    }
  }

  @Test
  void historyIsBounded() {
    EmbeddedStoreConfig config = new EmbeddedStoreConfig(directory(), 5, 1 << 20, 100, 1 << 16);
    try (EmbeddedStore store = EmbeddedStore.open(config, time)) {
      for (int i = 1; i <= 12; i++) {
        put(store, "a", i);
      }
      assertThat(store.history(Samples.key("a"), 100)).hasSize(5);
    }
  }

  /** Collects what a watcher hears. */
  private static final class Heard implements StoreListener {
    final BlockingQueue<Object> all = new LinkedBlockingQueue<>();

    @Override
    public void onRelist(Listing listing) {
      all.add(listing);
    }

    @Override
    public void onEvents(List<StoreEvent> events, Revision revision) {
      all.addAll(events);
    }

    Object next() {
      try {
        Object next = all.poll(10, TimeUnit.SECONDS);
        assertThat(next).as("heard within 10 s").isNotNull();
        return next;
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @Test
  void watcherHearsAListingAndThenEveryChangeInOrder() {
    try (EmbeddedStore store = open()) {
      put(store, "a", 1);
      Heard heard = new Heard();
      try (Watch _ = store.watch(Selection.of(Kind.SERVICE), Revision.NONE, heard)) {
        assertThat(heard.next())
            .isInstanceOfSatisfying(
                Listing.class, listing -> assertThat(listing.objects()).hasSize(1));
        for (int i = 2; i <= 50; i++) {
          put(store, "a", i);
        }
        store.write(List.of(Mutation.Delete.of(Samples.key("a"))), Samples.WRITER);
        for (int i = 2; i <= 50; i++) {
          int expected = i;
          assertThat(heard.next())
              .isInstanceOfSatisfying(
                  StoreEvent.Updated.class,
                  event -> assertThat(Samples.number(event.object())).isEqualTo(expected));
        }
        assertThat(heard.next()).isEqualTo(new StoreEvent.Removed(Samples.key("a")));
      }
    }
  }

  @Test
  void watcherGoesOnFromARevisionOverAReopening() {
    Revision from;
    try (EmbeddedStore store = open()) {
      put(store, "a", 1);
      from = store.revision();
      put(store, "b", 1);
    }
    try (EmbeddedStore store = open()) {
      Heard heard = new Heard();
      try (Watch _ = store.watch(Selection.EVERYTHING, from, heard)) {
        put(store, "c", 1);
        assertThat(((StoreEvent) heard.next()).key()).isEqualTo(Samples.key("b"));
        assertThat(((StoreEvent) heard.next()).key()).isEqualTo(Samples.key("c"));
      }
    }
  }

  @Test
  void watcherIsRelistedOnAGap() {
    EmbeddedStoreConfig config = new EmbeddedStoreConfig(directory(), 3, 1 << 20, 100, 1 << 16);
    try (EmbeddedStore store = EmbeddedStore.open(config, time)) {
      for (int i = 1; i <= 10; i++) {
        put(store, "a", i);
      }
      for (String from : new String[] {"2", "99", "of another store"}) {
        Heard heard = new Heard();
        try (Watch _ = store.watch(Selection.EVERYTHING, new Revision(from), heard)) {
          assertThat(heard.next()).as(from).isInstanceOf(Listing.class);
        }
      }
    }
  }

  @Test
  void slowWatcherIsRelistedAndDelaysNobody() throws InterruptedException {
    EmbeddedStoreConfig config = new EmbeddedStoreConfig(directory(), 100, 1 << 20, 10, 1 << 16);
    CountDownLatch blocked = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    List<String> heard = new ArrayList<>();
    CountDownLatch relisted = new CountDownLatch(2);
    try (EmbeddedStore store = EmbeddedStore.open(config, time)) {
      StoreListener slow =
          new StoreListener() {
            @Override
            public void onRelist(Listing listing) {
              heard.add("relist at " + listing.revision());
              relisted.countDown();
              blocked.countDown();
              try {
                release.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            }

            @Override
            public void onEvents(List<StoreEvent> events, Revision revision) {
              heard.add("events to " + revision);
            }
          };
      try (Watch _ = store.watch(Selection.EVERYTHING, Revision.NONE, slow)) {
        blocked.await();
        for (int i = 1; i <= 30; i++) {
          put(store, "a", i);
        }
        release.countDown();
        assertThat(relisted.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(heard).containsExactly("relist at 0", "relist at 30");
      }
    }
  }

  @Test
  void secondHolderIsRefusedByName() {
    try (EmbeddedStore store = open()) {
      assertThat(store.revision()).isEqualTo(new Revision("0"));
      assertThatThrownBy(this::open)
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("lock: the store is open in another process");
    }
  }

  @Test
  void filesAreForTheirOwnerOnly() throws IOException {
    try (EmbeddedStore store = open()) {
      put(store, "a", 1);
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory())))
          .isEqualTo("rwx------");
      try (var files = Files.list(directory())) {
        for (Path file : files.toList()) {
          assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
              .as(file.toString())
              .isEqualTo("rw-------");
        }
      }
    }
  }

  private void refusal(String... parts) {
    assertThatThrownBy(() -> open().close())
        .isInstanceOf(StoreException.class)
        .message()
        .contains(parts);
  }

  @Test
  void refusesAStoreThatLostItsFileOrItsMark() throws IOException {
    try (EmbeddedStore store = open()) {
      put(store, "a", 1);
    }
    Path objects = directory().resolve(ObjectFile.name(1));
    Path mark = directory().resolve(AcknowledgedMark.NAME);
    Path aside = temp.resolve("aside");

    Files.move(objects, aside);
    refusal("objects-1.db: missing", "from the same backup");
    Files.createFile(objects);
    refusal("objects-1.db: holds 0 bytes, but");
    Files.writeString(objects, "hello, this is not a store".repeat(1000));
    refusal("objects-1.db: damaged, or not a Heddle store");
    Files.delete(objects);
    Files.move(aside, objects);

    Files.move(mark, aside);
    refusal("acknowledged: missing, although", "holds writes");
    Files.write(mark, new byte[8192]);
    refusal("acknowledged: damaged");
    Files.delete(mark);
    Files.move(aside, mark);
    open().close();
  }

  @Test
  void refusesAForeignMvStore() throws IOException {
    Files.createDirectories(directory());
    try (MVStore foreign =
        new MVStore.Builder().fileName(directory().resolve(ObjectFile.name(1)).toString()).open()) {
      foreign.openMap("x").put("a", "b");
    }
    refusal("objects-1.db: not a Heddle store");
  }

  @Test
  void refusesAnOlderCopyOfItsFile() throws IOException {
    Path objects = directory().resolve(ObjectFile.name(1));
    try (EmbeddedStore store = open()) {
      put(store, "a", 1);
    }
    byte[] older = Files.readAllBytes(objects);
    try (EmbeddedStore store = open()) {
      put(store, "a", 2);
    }
    Files.write(objects, older);
    refusal("bytes were acknowledged, up to revision 2", "newest backup");
  }

  @Test
  void refusesTheFileOfAnotherStore() throws IOException {
    try (EmbeddedStore store = open()) {
      put(store, "a", 1);
    }
    Path other = temp.resolve("other");
    try (EmbeddedStore store = EmbeddedStore.open(EmbeddedStoreConfig.of(other), time)) {
      put(store, "a", 1);
      put(store, "a", 2);
    }
    Files.copy(
        other.resolve(ObjectFile.name(1)),
        directory().resolve(ObjectFile.name(1)),
        StandardCopyOption.REPLACE_EXISTING);
    refusal("belongs to another store");
  }

  @Test
  void refusesADamagedByteWhereverItStands() throws IOException {
    try (EmbeddedStore store = open()) {
      for (int i = 0; i < 20; i++) {
        put(store, "service-" + i, i);
      }
    }
    Path objects = directory().resolve(ObjectFile.name(1));
    byte[] good = Files.readAllBytes(objects);
    int refused = 0;
    byte[] needle = "\"number\":\"19\"".getBytes(StandardCharsets.UTF_8);
    for (int at = 0; at < good.length - needle.length; at++) {
      if (Arrays.equals(good, at, at + needle.length, needle, 0, needle.length)) {
        byte[] bad = good.clone();
        bad[at + 10] ^= 1;
        Files.write(objects, bad);
        try {
          open().close();
        } catch (StoreException e) {
          assertThat(e).hasMessageContaining("objects-1.db: damaged");
          refused++;
        }
      }
    }
    assertThat(refused).as("object and history").isGreaterThanOrEqualTo(2);
  }

  @Test
  void closedStoreSaysSo() {
    EmbeddedStore store = open();
    store.close();
    store.close();
    assertThatThrownBy(() -> store.write(Samples.put("a", 1), Samples.WRITER))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void fileOfOverwrittenObjectsIsWrittenAnew() throws IOException {
    EmbeddedStoreConfig config = new EmbeddedStoreConfig(directory(), 10, 1 << 20, 100, 1 << 16);
    try (EmbeddedStore store = EmbeddedStore.open(config, time)) {
      for (int i = 1; i <= 400; i++) {
        put(store, "a", i);
      }
    }
    try (var files = Files.list(directory())) {
      List<Path> objects =
          files.filter(file -> file.getFileName().toString().startsWith("objects-")).toList();
      assertThat(objects).hasSize(1);
      assertThat(objects).doesNotContain(directory().resolve(ObjectFile.name(1)));
      assertThat(Files.size(objects.getFirst())).isLessThan(256 * 1024);
    }
    try (EmbeddedStore store = EmbeddedStore.open(config, time)) {
      assertThat(store.get(Samples.key("a")).map(Samples::number)).contains(400);
      assertThat(store.history(Samples.key("a"), 100)).hasSize(10);
    }
  }
}
