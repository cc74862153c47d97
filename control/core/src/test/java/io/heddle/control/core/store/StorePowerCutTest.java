package io.heddle.control.core.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.control.api.store.Mutation;
import io.heddle.control.api.store.StoreException;
import io.heddle.control.api.store.WriteResult;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

/**
 * Cuts the power at random points of writing, on a disk that loses what was not synced. After each
 * cut the store opens and holds everything that was acknowledged. The path is the one of
 * production: only the disk below {@link StoreFiles} and below MVStore differs.
 */
class StorePowerCutTest {
  private static final int CUTS = 200;
  private static final int FULL_DISKS = 100;
  private static final int LIVES = 10;
  private static final int WRITERS = 3;
  private static final int WRITES = 14;

  /** Written anew as often as can be, so that some cuts fall into that. */
  private static final EmbeddedStoreConfig CONFIG =
      new EmbeddedStoreConfig(Path.of("/"), 20, 1 << 20, 100, 1 << 16);

  /** What was acknowledged: object to number, and the newest revision. */
  private static final class Acknowledged {
    final Map<String, Integer> numbers = new ConcurrentHashMap<>();
    long revision;

    synchronized void add(String name, int number, WriteResult result) {
      numbers.put(name, number);
      if (result instanceof WriteResult.Applied applied) {
        revision = Math.max(revision, EmbeddedStore.number(applied.revision()));
      }
    }

    synchronized long revision() {
      return revision;
    }
  }

  /** Never written anew, so that there is one object file and it only grows. */
  private static final EmbeddedStoreConfig ONE_FILE =
      new EmbeddedStoreConfig(Path.of("/"), 20, 1 << 20, 100, 1L << 40);

  private static EmbeddedStore open(CutDisk disk) {
    return open(disk, CONFIG);
  }

  private static EmbeddedStore open(CutDisk disk, EmbeddedStoreConfig config) {
    return EmbeddedStore.open(config, disk, InstantSource.system(), UUID::randomUUID);
  }

  @Test
  void everythingAcknowledgedSurvivesAnyCut() throws InterruptedException {
    Random random = new Random(Long.getLong("heddle.cut.seed", 424_242));
    Map<String, byte[]> files = new HashMap<>();
    Acknowledged acknowledged = new Acknowledged();
    int opened = 0;
    long promised = 0;
    for (int cut = 0; cut < CUTS; cut++) {
      if (cut % LIVES == 0) {
        promised += acknowledged.revision();
        files = new HashMap<>();
        acknowledged = new Acknowledged();
      }
      // About 5 operations make a group; the first few cuts of a store fall into its making.
      long cutAfter = cut % LIVES == 0 ? random.nextLong(40) : random.nextLong(160);
      CutDisk disk = new CutDisk(files, cutAfter);
      opened += live(disk, acknowledged) ? 1 : 0;
      files = disk.survivors(random);
      verify(files, acknowledged, "cut " + cut + " after " + cutAfter);
    }
    assertThat(opened).as("lives that got as far as writing").isGreaterThan(CUTS / 2);
    assertThat(promised).as("revisions acknowledged").isGreaterThan(500);
  }

  /**
   * The disk gets full at a random point, and what was not synced may be lost at the restart that
   * follows, or the process alone ends. Then there is space again.
   */
  @Test
  void everythingAcknowledgedSurvivesAFullDisk() throws InterruptedException {
    Random random = new Random(Long.getLong("heddle.cut.seed", 515_151));
    Map<String, byte[]> files = new HashMap<>();
    Acknowledged acknowledged = new Acknowledged();
    int full = 0;
    long promised = 0;
    for (int round = 0; round < FULL_DISKS; round++) {
      if (round % LIVES == 0) {
        promised += acknowledged.revision();
        files = new HashMap<>();
        acknowledged = new Acknowledged();
      }
      CutDisk disk = new CutDisk(files, Long.MAX_VALUE);
      disk.fullAfter(random.nextLong(round % LIVES == 0 ? 30 : 80));
      try (EmbeddedStore store = open(disk)) {
        write(store, acknowledged);
      } catch (StoreException e) {
        assertThat(e).hasStackTraceContaining("No space left");
      }
      full += disk.refusals() > 0 ? 1 : 0;
      disk.fullAfter(Long.MAX_VALUE);
      files = random.nextBoolean() ? disk.survivors(random) : disk.current();
      verify(files, acknowledged, "full disk " + round);
    }
    assertThat(full).as("disks that got full").isGreaterThan(FULL_DISKS / 3);
    assertThat(promised).as("revisions acknowledged").isGreaterThan(300);
  }

  /** Writes from several threads until the power is cut or there is nothing more to write. */
  private static boolean live(CutDisk disk, Acknowledged acknowledged) throws InterruptedException {
    EmbeddedStore store;
    try {
      store = open(disk);
    } catch (StoreException e) {
      assertThat(e).hasStackTraceContaining("the power is cut");
      return false;
    }
    write(store, acknowledged);
    store.close();
    return true;
  }

  private static void write(EmbeddedStore store, Acknowledged acknowledged)
      throws InterruptedException {
    Thread[] writers = new Thread[WRITERS];
    for (int w = 0; w < WRITERS; w++) {
      String name = "service-" + w;
      writers[w] = Thread.ofVirtual().start(() -> write(store, name, acknowledged));
    }
    for (Thread writer : writers) {
      writer.join();
    }
  }

  private static void write(EmbeddedStore store, String name, Acknowledged acknowledged) {
    int from = acknowledged.numbers.getOrDefault(name, 0) + 100;
    for (int number = from; number < from + WRITES; number++) {
      try {
        // A second object in the same write, now and then deleted: all or nothing.
        List<Mutation> twin =
            number % 5 == 0
                ? List.of(Mutation.Delete.of(Samples.key(name + "-twin")))
                : Samples.put(name + "-twin", number);
        List<Mutation> write = List.of(Samples.put(name, number).getFirst(), twin.getFirst());
        acknowledged.add(name, number, store.write(write, Samples.WRITER));
      } catch (StoreException _) {
        return; // the power is cut: this write was not acknowledged
      }
    }
  }

  private static void verify(
      Map<String, byte[]> files, Acknowledged acknowledged, String occasion) {
    CutDisk disk = new CutDisk(files, Long.MAX_VALUE);
    try (EmbeddedStore store = open(disk)) {
      assertThat(EmbeddedStore.number(store.revision()))
          .as(occasion)
          .isGreaterThanOrEqualTo(acknowledged.revision());
      acknowledged.numbers.forEach((name, number) -> {
        int found = store.get(Samples.key(name)).map(Samples::number).orElse(-1);
        assertThat(found).as(occasion + ": " + name).isGreaterThanOrEqualTo(number);
        int twin = store.get(Samples.key(name + "-twin")).map(Samples::number).orElse(found);
        assertThat(twin).as(occasion + ": twin of " + name).isEqualTo(found);
      });
    } catch (StoreException e) {
      throw new AssertionError(occasion + ": does not open", e);
    }
  }

  /**
   * The process dies while it makes the store, the next one finds everything in the memory of the
   * system and goes on; then the power is cut.
   */
  @Test
  void storeWhoseMakingWasCutOffPromisesOnlyWhatTheDiskHolds() {
    int cutOff = 0;
    for (long at = 0; at < 60; at++) {
      CutDisk disk = new CutDisk(at);
      try {
        open(disk).close();
      } catch (StoreException _) {
        cutOff++;
      }
      disk.killedOnly();
      try (EmbeddedStore store = open(disk)) {
        store.write(Samples.put("a", 7), Samples.WRITER);
      }
      try (EmbeddedStore store = open(new CutDisk(disk.synced(), Long.MAX_VALUE))) {
        assertThat(store.get(Samples.key("a")).map(Samples::number))
            .as("killed at operation " + at)
            .contains(7);
      } catch (StoreException e) {
        throw new AssertionError("killed at operation " + at + ": does not open", e);
      }
    }
    assertThat(cutOff).as("makings that were cut off").isBetween(5, 59);
  }

  @Test
  void storeGoesOnWhenItsFileCannotBeWrittenAnew() {
    CutDisk disk = new CutDisk(Long.MAX_VALUE);
    try (EmbeddedStore store = open(disk)) {
      disk.full(ObjectFile.NEW);
      for (int number = 1; number <= 400; number++) {
        store.write(Samples.put("a", number), Samples.WRITER);
      }
      settle(store);
      assertThat(disk.refusals()).as("tried, but not with every write").isBetween(1, 200);
      assertThat(disk.names()).contains(ObjectFile.name(1)).doesNotContain(ObjectFile.NEW);
      disk.full("");
      for (int number = 401; number <= 800; number++) {
        store.write(Samples.put("a", number), Samples.WRITER);
      }
      settle(store);
      assertThat(disk.names()).as("written anew at last").doesNotContain(ObjectFile.name(1));
    }
    try (EmbeddedStore store = open(new CutDisk(disk.synced(), Long.MAX_VALUE))) {
      assertThat(store.get(Samples.key("a")).map(Samples::number)).contains(800);
    }
  }

  /** The writer rewrites after it has answered; whatever is asked next waits for that. */
  private static void settle(EmbeddedStore store) {
    assertThat(store.history(Samples.key("a"), 1)).hasSize(1);
  }

  @Test
  void storeThatLostASyncedRevisionIsRefused() {
    CutDisk disk = new CutDisk(Long.MAX_VALUE);
    try (EmbeddedStore store = open(disk, ONE_FILE)) {
      Map<Integer, byte[]> older = new HashMap<>();
      for (int number = 1; number <= 20; number++) {
        store.write(Samples.put("a", number), Samples.WRITER);
        older.put(number, disk.synced().getOrDefault(ObjectFile.name(1), new byte[0]));
      }
      Map<String, byte[]> now = disk.synced();
      for (int number = 1; number < 20; number++) {
        Map<String, byte[]> rolledBack = new HashMap<>(now);
        rolledBack.put(ObjectFile.name(1), older.getOrDefault(number, new byte[0]));
        String expected = "were acknowledged, up to revision 20";
        assertThatThrownBy(() -> open(new CutDisk(rolledBack, Long.MAX_VALUE), ONE_FILE).close())
            .isInstanceOf(StoreException.class)
            .hasMessageContaining(expected);
      }
    }
  }

  @Test
  void truncatedStoreIsRefusedOrWhole() {
    CutDisk disk = new CutDisk(Long.MAX_VALUE);
    try (EmbeddedStore store = open(disk, ONE_FILE)) {
      for (int number = 1; number <= 20; number++) {
        store.write(Samples.put("service-" + number % 4, number), Samples.WRITER);
      }
    }
    Map<String, byte[]> now = disk.synced();
    byte[] whole = now.getOrDefault(ObjectFile.name(1), new byte[0]);
    int refused = 0;
    for (int length = 0; length < whole.length; length += 512) {
      Map<String, byte[]> truncated = new HashMap<>(now);
      truncated.put(ObjectFile.name(1), Arrays.copyOf(whole, length));
      try (EmbeddedStore store = open(new CutDisk(truncated, Long.MAX_VALUE), ONE_FILE)) {
        assertThat(EmbeddedStore.number(store.revision())).as("cut to " + length).isEqualTo(20);
      } catch (StoreException e) {
        assertThat(e).hasMessageContaining(ObjectFile.name(1));
        refused++;
      }
    }
    assertThat(refused).isPositive();
  }
}
