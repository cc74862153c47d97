package io.heddle.control.core.store;

import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.store.HistoryEntry;
import io.heddle.control.api.store.StoreException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Predicate;
import org.h2.mvstore.Cursor;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.h2.mvstore.type.ByteArrayDataType;
import org.h2.mvstore.type.LongDataType;
import org.h2.mvstore.type.StringDataType;
import org.jspecify.annotations.Nullable;

/**
 * The objects and their history in one MVStore file that only grows.
 *
 * <p>{@code MVStore.commit} writes a chunk to the operating system and returns after it was
 * written; it does not sync. {@code MVStore.sync} forces data and metadata of the file. Both run
 * here, in that order, for every group of writes; MVStore's own background writer is off.
 *
 * <p>MVStore would use the space of dead chunks again, also of those that its newest state, as it
 * stands in the file, still lists: when the power is cut during such a write, that state is taken
 * for incomplete and an older one opened. So space is never used again; {@link DurableObjects}
 * copies the live data to the next file now and then.
 *
 * <p>A new file is made under another name, synced and then renamed, so that a file under the right
 * name is always a whole store: one that is empty or foreign is refused, never taken as new.
 *
 * <p>Owned by the writer thread: MVStore closes itself for good when a thread that reads is
 * interrupted, so that no caller's thread may touch it.
 */
final class ObjectFile implements PastRecords, AutoCloseable {
  static final String PREFIX = "objects-";
  static final String NEW = "new-objects.db";
  private static final String FORMAT = "heddle-objects/1";
  private static final int REVISION_SHIFT = 20;
  private static final long PLACE = (1L << REVISION_SHIFT) - 1;
  private static final int COMMIT_AT = 8 << 20;

  private final String file;
  private final long generation;
  private final Records records;
  private final MVStore store;
  private final MVMap<String, String> about;
  private final MVMap<String, byte[]> objects;
  private final MVMap<Long, byte[]> history;
  private final MVMap<String, byte[]> notes;
  private final UUID id;
  private long revision;
  private long historyBytes;
  private @Nullable Instant oldestTime;

  private ObjectFile(StoreFiles files, long generation, String name) {
    this.file = files.describe(name);
    this.generation = generation;
    this.records = new Records(file);
    try {
      this.store = openStore(files.mvStoreName(name));
    } catch (MVStoreException e) {
      throw damaged(e);
    }
    try {
      this.about =
          store.openMap(
              "heddle",
              new MVMap.Builder<String, String>()
                  .keyType(StringDataType.INSTANCE)
                  .valueType(StringDataType.INSTANCE));
      this.objects =
          store.openMap(
              "objects",
              new MVMap.Builder<String, byte[]>()
                  .keyType(StringDataType.INSTANCE)
                  .valueType(ByteArrayDataType.INSTANCE));
      this.history =
          store.openMap(
              "history",
              new MVMap.Builder<Long, byte[]>()
                  .keyType(LongDataType.INSTANCE)
                  .valueType(ByteArrayDataType.INSTANCE));
      this.notes =
          store.openMap(
              "notes",
              new MVMap.Builder<String, byte[]>()
                  .keyType(StringDataType.INSTANCE)
                  .valueType(ByteArrayDataType.INSTANCE));
      if (name.equals(NEW)) {
        about.put("format", FORMAT);
        about.put("id", new UUID(0, 0).toString());
        about.put("revision", "0");
      }
      checkFormat(about.get("format"));
      this.id = UUID.fromString(Objects.requireNonNullElse(about.get("id"), ""));
      this.revision = Long.parseLong(Objects.requireNonNullElse(about.get("revision"), ""));
    } catch (StoreException e) {
      store.closeImmediately();
      throw e;
    } catch (MVStoreException e) {
      store.closeImmediately();
      throw damaged(e);
    } catch (IllegalArgumentException e) {
      store.closeImmediately();
      throw new StoreException(file + ": damaged; put it back from the newest backup", e);
    }
  }

  private static MVStore openStore(String name) {
    MVStore store = new MVStore.Builder().fileName(name).autoCommitDisabled().cacheSize(4).open();
    store.setReuseSpace(false);
    // MVStore spares dead chunks for 45 s by default. That would only hide, in short tests, what
    // the line above is for; nothing here relies on it.
    store.setRetentionTime(0);
    store.setVersionsToKeep(0);
    return store;
  }

  private void checkFormat(@Nullable String format) {
    if (!FORMAT.equals(format)) {
      throw new StoreException(
          file
              + (format == null
                  ? ": not a Heddle store; move the file away, or name another directory"
                  : ": its format is \"" + format + "\" (expected: \"" + FORMAT + "\")"));
    }
  }

  private StoreException damaged(MVStoreException cause) {
    return new StoreException(
        file
            + ": damaged, or not a Heddle store ("
            + cause.getMessage()
            + "); put the directory back from the newest backup",
        cause);
  }

  static String name(long generation) {
    return PREFIX + generation + ".db";
  }

  static ObjectFile open(StoreFiles files, long generation) {
    return new ObjectFile(files, generation, name(generation));
  }

  /** Makes and syncs the first file of a new store. */
  static void create(StoreFiles files, UUID id) throws IOException {
    fill(files, 1, id, target -> target.about.put("objects", "0"));
  }

  /** Makes and syncs the next file, with what lives in this one. */
  void copyToNext(StoreFiles files) throws IOException {
    fill(
        files,
        generation + 1,
        id,
        target -> {
          about.forEach(target.about::put);
          target.objects.putAll(objects);
          target.history.putAll(history);
          target.notes.putAll(notes);
        });
  }

  /** Makes and syncs the next file, with what somebody else tells. */
  void replaceNext(StoreFiles files, UUID newId, long newRevision, RecordSource content)
      throws IOException {
    fill(
        files,
        generation + 1,
        newId,
        target -> {
          content.tell(target.new Filler());
          target.about.put("revision", String.valueOf(newRevision));
          target.about.put("objects", String.valueOf(target.objects.sizeAsLong()));
        });
  }

  /** Puts records into a file. */
  private final class Filler implements RecordSource.Sink {
    private int uncommitted;

    @Override
    public void object(String name, byte[] record) {
      objects.put(name, record);
      added(record);
    }

    @Override
    public void past(long past, int index, byte[] record) {
      history.put((past << REVISION_SHIFT) + index, record);
      added(record);
    }

    @Override
    public void note(String name, String text) {
      byte[] record = records.note(name, text);
      notes.put(name, record);
      added(record);
    }

    /** What is not committed stays in memory. */
    private void added(byte[] record) {
      uncommitted += record.length;
      if (uncommitted > COMMIT_AT) {
        uncommitted = 0;
        store.commit();
      }
    }
  }

  /** Everything in it, record by record. */
  void tell(RecordSource.Sink sink) throws IOException {
    try {
      Cursor<String, byte[]> cursor = objects.cursor(null);
      while (cursor.hasNext()) {
        String name = cursor.next();
        sink.object(name, cursor.getValue());
      }
      Cursor<Long, byte[]> past = history.cursor(null);
      while (past.hasNext()) {
        long at = past.next();
        sink.past(at >> REVISION_SHIFT, (int) (at & PLACE), past.getValue());
      }
      for (Map.Entry<String, String> note : notes().entrySet()) {
        sink.note(note.getKey(), note.getValue());
      }
    } catch (MVStoreException e) {
      throw damaged(e);
    }
  }

  /** Puts something into a new file. */
  private interface Filling {
    void into(ObjectFile target) throws IOException;
  }

  private static void fill(StoreFiles files, long generation, UUID id, Filling filling)
      throws IOException {
    files.delete(NEW);
    files.open(NEW).close(); // made here for its mode
    ObjectFile target = new ObjectFile(files, generation, NEW);
    try {
      filling.into(target);
      target.about.put("id", id.toString());
      target.store.commit();
      target.store.sync();
      target.store.close();
    } catch (MVStoreException e) {
      target.abandon();
      throw new IOException(target.file + ": cannot be written", e);
    } catch (IOException | StoreException e) {
      target.abandon();
      throw e;
    }
    try (FileChannel whole = files.open(NEW)) {
      whole.force(true); // whatever closing wrote
    }
    files.rename(NEW, name(generation));
    files.syncDirectory();
  }

  /** Up to where this file holds what it holds now. */
  AcknowledgedMark.Point point() {
    return new AcknowledgedMark.Point(id, generation, store.getFileStore().size(), revision);
  }

  /** Reads and checks everything. */
  NavigableMap<ObjectKey, ResourceObject> load() {
    NavigableMap<ObjectKey, ResourceObject> loaded = new TreeMap<>();
    try {
      Cursor<String, byte[]> cursor = objects.cursor(null);
      while (cursor.hasNext()) {
        String name = cursor.next();
        ResourceObject object = records.readObject(name, cursor.getValue());
        loaded.put(object.key(), object);
      }
      historyBytes = 0;
      Cursor<Long, byte[]> past = history.cursor(null);
      while (past.hasNext()) {
        past.next();
        records.check(past.getValue());
        historyBytes += past.getValue().length;
      }
    } catch (MVStoreException e) {
      throw damaged(e);
    }
    if (!String.valueOf(loaded.size()).equals(about.get("objects"))) {
      throw new StoreException(
          "%s: damaged: %d objects (expected: %s); put the directory back from the newest backup"
              .formatted(file, loaded.size(), about.get("objects")));
    }
    return loaded;
  }

  /** Makes writes durable, all or none; they carry the next revisions in order. */
  void commit(List<CommittedWrite> writes, EmbeddedStoreConfig config) {
    for (CommittedWrite write : writes) {
      int index = 0;
      for (Change change : write.changes()) {
        String name = Records.name(change.key());
        switch (change) {
          case Change.Create create -> objects.put(name, records.object(create.after()));
          case Change.Replace replace -> objects.put(name, records.object(replace.after()));
          case Change.Remove _ -> objects.remove(name);
        }
        byte[] record = records.history(write, change);
        history.put((write.revision() << REVISION_SHIFT) + index++, record);
        historyBytes += record.length;
      }
      revision = write.revision();
    }
    pruneHistory(config, writes.getLast().at());
    about.put("revision", String.valueOf(revision));
    about.put("objects", String.valueOf(objects.sizeAsLong()));
    store.commit();
    store.sync();
  }

  /** Makes notes durable, all or none; an empty text removes one. */
  void note(Map<String, String> changes) {
    changes.forEach((name, text) -> {
      if (text.isEmpty()) {
        notes.remove(name);
      } else {
        notes.put(name, records.note(name, text));
      }
    });
    store.commit();
    store.sync();
  }

  /** Reads and checks every note. */
  NavigableMap<String, String> notes() {
    NavigableMap<String, String> all = new TreeMap<>();
    try {
      Cursor<String, byte[]> cursor = notes.cursor(null);
      while (cursor.hasNext()) {
        String name = cursor.next();
        all.put(name, records.readNote(name, cursor.getValue()));
      }
    } catch (MVStoreException e) {
      throw damaged(e);
    }
    return all;
  }

  /** Forgets whole writes, the oldest first, while there is too much of them or too old. */
  private void pruneHistory(EmbeddedStoreConfig config, Instant now) {
    Instant tooOld = now.minus(config.historyAge());
    while (history.sizeAsLong() > config.historyChanges()
        || historyBytes > config.historyBytes()
        || oldestTime().isBefore(tooOld)) {
      Long oldest = history.firstKey();
      if (oldest == null) {
        return;
      }
      long whole = oldest >> REVISION_SHIFT;
      if (whole == revision) {
        return; // the newest write stays whole, however large
      }
      for (Long key = oldest;
          key != null && key >> REVISION_SHIFT == whole;
          key = history.firstKey()) {
        byte[] removed = history.remove(key);
        historyBytes -= removed == null ? 0 : removed.length;
      }
      oldestTime = null;
    }
  }

  /** When the oldest change that is kept was made. */
  private Instant oldestTime() {
    if (oldestTime == null) {
      Long oldest = history.firstKey();
      byte[] record = oldest == null ? null : history.get(oldest);
      oldestTime = record == null ? Instant.MAX : records.timeOf(record);
    }
    return oldestTime;
  }

  @Override
  public long oldestKept() {
    Long oldest = history.firstKey();
    return oldest == null ? revision + 1 : oldest >> REVISION_SHIFT;
  }

  @Override
  public List<Past> history(ObjectKey key, int limit) {
    List<Past> found = new ArrayList<>();
    String name = Records.name(key);
    Cursor<Long, byte[]> cursor = history.cursor(history.lastKey(), null, true);
    while (found.size() < limit && cursor.hasNext()) {
      long at = cursor.next();
      if (records.nameOf(cursor.getValue()).equals(name)) {
        found.add(new Past(at >> REVISION_SHIFT, cursor.getValue()));
      }
    }
    return found;
  }

  @Override
  public List<Past> history(Predicate<String> names, long before, int writes) {
    List<Past> found = new ArrayList<>();
    int seen = 0;
    long last = -1;
    Long from = before > revision ? history.lastKey() : history.lowerKey(before << REVISION_SHIFT);
    if (from == null) {
      return found;
    }
    Cursor<Long, byte[]> cursor = history.cursor(from, null, true);
    while (cursor.hasNext()) {
      long at = cursor.next() >> REVISION_SHIFT;
      if (names.test(records.nameOf(cursor.getValue()))) {
        if (at != last && ++seen > writes) {
          break;
        }
        last = at;
        found.add(new Past(at, cursor.getValue()));
      }
    }
    return found;
  }

  @Override
  public List<Past> between(long after, long upTo) {
    List<Past> found = new ArrayList<>();
    Iterator<Long> keys = history.keyIterator((after + 1) << REVISION_SHIFT);
    while (keys.hasNext()) {
      Long at = keys.next();
      if (at >> REVISION_SHIFT > upTo) {
        break;
      }
      byte[] record = history.get(at);
      if (record != null) {
        found.add(new Past(at >> REVISION_SHIFT, record));
      }
    }
    return found;
  }

  @Override
  public List<Past> firstAfter(String name, long revision) {
    Iterator<Long> keys = history.keyIterator((revision + 1) << REVISION_SHIFT);
    while (keys.hasNext()) {
      Long at = keys.next();
      byte[] record = history.get(at);
      if (record != null && records.nameOf(record).equals(name)) {
        return List.of(new Past(at >> REVISION_SHIFT, record));
      }
    }
    return List.of();
  }

  @Override
  public HistoryEntry read(Past past) {
    return records.readHistory(past.revision, past.record);
  }

  /**
   * All changes after a revision, oldest first; null when the history does not reach back so far.
   */
  @Nullable List<HistoryEntry> changesSince(long since) {
    if (since == revision) {
      return List.of();
    }
    Long oldest = history.firstKey();
    if (since > revision || oldest == null || (oldest >> REVISION_SHIFT) - 1 > since) {
      return null;
    }
    return between(since, revision).stream().map(this::read).toList();
  }

  /** Lets the file go as it is, without another write. */
  void abandon() {
    store.closeImmediately();
  }

  @Override
  public void close() {
    store.close();
  }
}
