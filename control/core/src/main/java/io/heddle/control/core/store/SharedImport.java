package io.heddle.control.core.store;

import com.google.protobuf.ByteString;
import io.heddle.control.api.store.StoreException;
import io.heddle.control.core.shared.SharedKeys;
import io.heddle.control.core.shared.SharedKeysException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.h2.mvstore.MVStoreException;

/**
 * Puts what an embedded store holds into shared keys. Until the head is written, which comes last,
 * there is no store there; what a move that broke off left behind is removed first.
 */
public final class SharedImport {
  private static final int A_COMMIT = 1_000;
  private static final int BYTES = 1 << 20;

  private SharedImport() {}

  /** What else is moved. */
  public interface Before {
    /** The store is not there yet, and will be after this. */
    void headIsWritten() throws IOException;
  }

  /**
   * Moves it, with its history, its notes and its revisions.
   *
   * @param store the folder of an embedded store that is not in use; it is left as it is
   * @param before is done after all but the head was written
   * @throws StoreException naming what is in the way, and the mend
   */
  public static StoreBackup.Summary move(Path store, SharedKeys keys, Before before) {
    if (!Files.isDirectory(store)) {
      throw new StoreException(
          store + ": no such folder; name the one of the control plane with --state");
    }
    try (StoreFiles.Hold _ = DiskFiles.existing(store).hold();
        DurableObjects durable =
            DurableObjects.open(
                DiskFiles.existing(store), EmbeddedStoreConfig.of(store), UUID.randomUUID())) {
      durable.load();
      return move(durable.file(), keys, before);
    } catch (IOException | MVStoreException e) {
      throw new StoreException(store + ": cannot be read: " + e.getMessage(), e);
    } catch (SharedKeysException e) {
      throw new StoreException(
          e.getMessage() + "; nothing was moved, and the command can be repeated", e);
    }
  }

  private static StoreBackup.Summary move(ObjectFile from, SharedKeys keys, Before before)
      throws IOException {
    if (keys.get(SharedFormat.HEAD).isPresent()) {
      throw new StoreException(
          "the shared store holds something under this prefix; name another in --store, or start"
              + " the control plane on what is there");
    }
    AcknowledgedMark.Point point = from.point();
    Filling filling = new Filling(keys);
    filling.clear();
    from.tell(filling);
    before.headIsWritten();
    filling.finish(new SharedFormat.Head(point.store(), point.revision()));
    return new StoreBackup.Summary(
        point.revision(), Instant.EPOCH, filling.objects, filling.changes);
  }

  /** Commits what it is told in portions. */
  private static final class Filling implements RecordSource.Sink {
    private final SharedKeys keys;
    private final Records records = new Records("the embedded store");
    private final List<SharedKeys.Change> waiting = new ArrayList<>();
    private long bytes;
    private long objects;
    private long changes;

    /** The write whose changes are being told. */
    private long revision;

    private final List<byte[]> ofRevision = new ArrayList<>();

    Filling(SharedKeys keys) {
      this.keys = keys;
    }

    void clear() {
      commit(
          List.of(
              new SharedKeys.DeleteRange(SharedFormat.HISTORY, SharedFormat.HISTORY + "~"),
              new SharedKeys.DeleteRange(SharedFormat.NOTES, SharedFormat.NOTES + "~"),
              new SharedKeys.DeleteRange(SharedFormat.OBJECTS, SharedFormat.OBJECTS + "~")));
    }

    private void commit(List<SharedKeys.Change> all) {
      if (keys.commit(List.of(SharedKeys.Condition.absent(SharedFormat.HEAD)), all) == 0) {
        throw new StoreException(
            "a control plane has begun to use the shared store; stop it, remove the keys with"
                + " this prefix, and repeat the command");
      }
    }

    private void add(String key, ByteString value) {
      if (waiting.size() >= A_COMMIT || bytes + value.size() > BYTES) {
        flush();
      }
      waiting.add(new SharedKeys.Put(key, value));
      bytes += value.size();
    }

    private void flush() {
      if (!waiting.isEmpty()) {
        commit(List.copyOf(waiting));
        waiting.clear();
        bytes = 0;
      }
    }

    @Override
    public void object(String name, byte[] record) {
      add(SharedFormat.OBJECTS + name, ByteString.copyFrom(record));
      objects++;
    }

    @Override
    public void past(long of, int index, byte[] record) {
      if (of != revision) {
        pack();
        revision = of;
      }
      ofRevision.add(record);
      changes++;
    }

    private void pack() {
      if (!ofRevision.isEmpty()) {
        List<String> names = ofRevision.stream().map(records::nameOf).toList();
        Instant at = records.timeOf(ofRevision.getFirst());
        add(
            SharedFormat.history(revision),
            PackedWrites.of(UUID.randomUUID(), at, names, ofRevision).value());
        ofRevision.clear();
      }
    }

    @Override
    public void note(String name, String text) {
      pack();
      add(SharedFormat.NOTES + name, PackedWrites.deflated(text));
    }

    void finish(SharedFormat.Head head) {
      pack();
      flush();
      commit(List.of(new SharedKeys.Put(SharedFormat.HEAD, head.value())));
    }
  }
}
