package io.heddle.control.core.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.control.api.store.HistoryEntry;
import io.heddle.control.api.store.Revision;
import io.heddle.control.api.store.Selection;
import io.heddle.control.api.store.StoreException;
import io.heddle.control.api.store.WriteResult;
import io.heddle.testkit.ManualTime;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreBackupTest {
  private final ManualTime time = new ManualTime();

  @TempDir Path temp;

  private Path store() {
    return temp.resolve("store");
  }

  private Path file() {
    return temp.resolve("heddle.backup");
  }

  private EmbeddedStore open(Path directory) {
    return EmbeddedStore.open(EmbeddedStoreConfig.of(directory), time);
  }

  private static void put(EmbeddedStore store, String name, int number) {
    assertThat(store.write(Samples.put(name, number), Samples.WRITER))
        .isInstanceOf(WriteResult.Applied.class);
  }

  @Test
  void restoresObjectsHistoryAndRevisions() {
    List<HistoryEntry> history;
    try (EmbeddedStore running = open(store())) {
      for (int number = 1; number <= 30; number++) {
        put(running, "service-" + number % 4, number);
      }
      StoreBackup.Summary made = StoreBackup.backup(store(), file(), time);
      assertThat(made).isEqualTo(new StoreBackup.Summary(30, time.instant(), 4, 30));
      history = running.history(Samples.key("service-1"), 100);
    }
    Path other = temp.resolve("other");
    assertThat(StoreBackup.restore(other, file(), false).objects()).isEqualTo(4);
    try (EmbeddedStore restored = open(other)) {
      assertThat(restored.revision()).isEqualTo(new Revision("30"));
      assertThat(restored.get(Samples.key("service-1")).map(Samples::number)).contains(29);
      assertThat(restored.history(Samples.key("service-1"), 100))
          .usingRecursiveComparison()
          .isEqualTo(history);
      put(restored, "service-1", 100);
      assertThat(restored.revision()).isEqualTo(new Revision("31"));
    }
  }

  @Test
  void backsUpWhileManyWrite() throws InterruptedException {
    AtomicInteger acknowledged = new AtomicInteger();
    AtomicBoolean over = new AtomicBoolean();
    try (EmbeddedStore running =
        EmbeddedStore.open(
            new EmbeddedStoreConfig(store(), 50, 1 << 20, 100, 1 << 16), InstantSource.system())) {
      put(running, "pair", 0);
      Thread writer =
          Thread.ofVirtual()
              .start(() -> {
                for (int number = 1; !over.get(); number++) {
                  running.write(
                      List.of(
                          Samples.put("pair", number).getFirst(),
                          Samples.put("pair-twin", number).getFirst()),
                      Samples.WRITER);
                  acknowledged.set(number);
                }
              });
      for (int round = 0; round < 5; round++) {
        int before = acknowledged.get();
        Path backup = temp.resolve("backup-" + round);
        StoreBackup.backup(store(), backup, time);
        Path restored = temp.resolve("restored-" + round);
        StoreBackup.restore(restored, backup, false);
        try (EmbeddedStore other = open(restored)) {
          int found = Samples.number(other.get(Samples.key("pair")).orElseThrow());
          assertThat(found).isGreaterThanOrEqualTo(before);
          assertThat(other.get(Samples.key("pair-twin")).map(Samples::number).orElse(0))
              .as("of one state")
              .isEqualTo(found);
        }
      }
      over.set(true);
      writer.join();
    }
    try (Stream<Path> left = Files.list(temp)) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .noneMatch(name -> name.startsWith(".heddle-backup"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void backupIsForItsOwnerOnlyAndNeverOverwritten() throws IOException {
    try (EmbeddedStore running = open(store())) {
      put(running, "a", 1);
    }
    StoreBackup.backup(store(), file(), time);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
        .isEqualTo("rw-------");
    assertThatThrownBy(() -> StoreBackup.backup(store(), file(), time))
        .isInstanceOf(StoreException.class)
        .hasMessage(file() + ": exists; name another file, or remove it");
  }

  @Test
  void refusesToTouchAStoreInUse() {
    try (EmbeddedStore running = open(store())) {
      put(running, "a", 1);
      StoreBackup.backup(store(), file(), time);
      for (boolean force : new boolean[] {false, true}) {
        assertThatThrownBy(() -> StoreBackup.restore(store(), file(), force))
            .isInstanceOf(StoreException.class)
            .hasMessageContaining("the store is open in another process")
            .hasMessageContaining("stop that control plane");
      }
      assertThatThrownBy(() -> StoreBackup.compact(store()))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("the store is open in another process");
      put(running, "a", 2);
    }
  }

  @Test
  void replacesWhatIsThereOnlyByForceAndNeverGoesBack() {
    try (EmbeddedStore first = open(store())) {
      put(first, "a", 1);
      StoreBackup.backup(store(), file(), time);
      put(first, "a", 2);
      put(first, "b", 3);
    }
    assertThatThrownBy(() -> StoreBackup.restore(store(), file(), false))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("holds writes up to revision 3")
        .hasMessageContaining("repeat the command with --force");
    assertThat(StoreBackup.restore(store(), file(), true).revision()).isEqualTo(3);
    try (EmbeddedStore restored = open(store())) {
      assertThat(restored.list(Selection.EVERYTHING).objects()).hasSize(1);
      assertThat(restored.get(Samples.key("a")).map(Samples::number)).contains(1);
      assertThat(restored.revision()).as("does not go back").isEqualTo(new Revision("3"));
      put(restored, "a", 4);
      assertThat(restored.revision()).isEqualTo(new Revision("4"));
    }
  }

  @Test
  void refusesWhatIsNoWholeBackup() throws IOException {
    try (EmbeddedStore running = open(store())) {
      put(running, "a", 1);
      put(running, "b", 2);
    }
    StoreBackup.backup(store(), file(), time);
    byte[] whole = Files.readAllBytes(file());
    Random random = new Random(3);
    Path target = temp.resolve("target");
    for (int i = 0; i < 60; i++) {
      byte[] damaged = whole.clone();
      int at = random.nextInt(whole.length - 1);
      damaged[at] ^= (byte) (1 + random.nextInt(255));
      Files.write(file(), damaged);
      assertThatThrownBy(() -> StoreBackup.restore(target, file(), false))
          .as("byte " + at)
          .isInstanceOf(StoreException.class)
          .hasMessageStartingWith(file().toString())
          .hasMessageContaining("file that `heddle backup` wrote");
    }
    for (int length = 0; length < whole.length - 1; length += 97) {
      Files.write(file(), java.util.Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> StoreBackup.restore(target, file(), false))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("file that `heddle backup` wrote");
    }
    Files.writeString(file(), "kind: Service\n", StandardCharsets.UTF_8);
    assertThatThrownBy(() -> StoreBackup.restore(target, file(), false))
        .hasMessageContaining("not a backup of Heddle: its first line is no head");
    assertThat(target).as("nothing was begun").doesNotExist();
  }

  @Test
  void damagedStoreIsKeptAsideWhenItIsRestored() throws IOException {
    try (EmbeddedStore running = open(store())) {
      put(running, "a", 1);
      StoreBackup.backup(store(), file(), time);
    }
    Path objects = store().resolve(ObjectFile.name(1));
    Files.writeString(objects, "not a store", StandardCharsets.UTF_8);
    assertThatThrownBy(() -> StoreBackup.backup(store(), temp.resolve("second"), time))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("restore the store from a backup with `heddle restore`");
    assertThatThrownBy(() -> StoreBackup.restore(store(), file(), false))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("`heddle restore --force`");
    StoreBackup.restore(store(), file(), true);
    assertThat(store().resolve("damaged-1-objects-1.db")).hasContent("not a store");
    assertThat(store().resolve("damaged-1-acknowledged")).exists();
    try (EmbeddedStore restored = open(store())) {
      assertThat(restored.get(Samples.key("a")).map(Samples::number)).contains(1);
    }
  }

  @Test
  void compactingKeepsEverythingAndFreesSpace() {
    try (EmbeddedStore running = open(store())) {
      for (int number = 1; number <= 300; number++) {
        put(running, "a", number);
      }
    }
    StoreBackup.Compaction done = StoreBackup.compact(store());
    assertThat(done.after()).isLessThan(done.before() / 2);
    try (EmbeddedStore again = open(store())) {
      assertThat(again.get(Samples.key("a")).map(Samples::number)).contains(300);
      assertThat(again.history(Samples.key("a"), 1_000)).hasSize(300);
    }
  }

  @Test
  void namesTheFolderThatIsNotThere() {
    assertThatThrownBy(() -> StoreBackup.backup(store(), file(), time))
        .isInstanceOf(StoreException.class)
        .hasMessage(store() + ": no such folder; name the one of the control plane with --state");
    assertThat(store()).doesNotExist();
  }

  /** The power goes at each point of restoring and of compacting: the one state or the other. */
  @Test
  void cutLeavesTheOldOrTheNewState() throws IOException {
    try (EmbeddedStore source = open(store())) {
      put(source, "a", 1);
      put(source, "b", 1);
    }
    StoreBackup.backup(store(), file(), time);
    BackupFile backup = BackupFile.open(file());
    CutDisk first = new CutDisk(Long.MAX_VALUE);
    try (EmbeddedStore old = on(first)) {
      for (int number = 1; number <= 20; number++) {
        put(old, "a", number);
      }
    }
    Map<String, byte[]> before = first.synced();
    Random random = new Random(11);
    Map<Integer, Integer> found = new HashMap<>();
    for (int cut = 0; cut < 60; cut++) {
      for (boolean restoring : new boolean[] {true, false}) {
        CutDisk disk = new CutDisk(before, cut);
        try {
          if (restoring) {
            StoreBackup.restore(disk, backup, true);
          } else {
            StoreBackup.compact(disk);
          }
        } catch (IOException | RuntimeException e) {
          assertThat(e).hasStackTraceContaining("the power is cut");
        }
        try (EmbeddedStore after = on(new CutDisk(disk.survivors(random), Long.MAX_VALUE))) {
          int number = Samples.number(after.get(Samples.key("a")).orElseThrow());
          assertThat(number).as("cut after " + cut).isIn(1, 20);
          assertThat(number == 1).isEqualTo(after.get(Samples.key("b")).isPresent());
          assertThat(after.revision()).isEqualTo(new Revision("20"));
          found.merge(restoring ? number : -number, 1, Integer::sum);
        }
      }
    }
    assertThat(found.keySet()).contains(1, 20, -20).doesNotContain(-1);
  }

  private static EmbeddedStore on(CutDisk disk) {
    return EmbeddedStore.open(
        EmbeddedStoreConfig.of(Path.of("/")), disk, InstantSource.system(), UUID::randomUUID);
  }
}
