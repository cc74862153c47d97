package io.heddle.control.core.store;

import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.store.HistoryEntry;
import io.heddle.control.api.store.Listing;
import io.heddle.control.api.store.Revision;
import io.heddle.control.api.store.Selection;
import io.heddle.control.api.store.StoreEvent;
import io.heddle.control.api.store.StoreException;
import io.heddle.control.api.store.StoreListener;
import io.heddle.control.core.shared.SharedKeys;
import io.heddle.control.core.shared.SharedKeysException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one replica knows of a shared store: everything, as it hears of it, one whole write after
 * the other. When the changes since what it heard are no longer kept it reads everything again, and
 * so do its watchers.
 */
final class SharedMirror implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SharedMirror.class);
  private static final long RELIST_PAUSE = 500;

  private final SharedKeys keys;
  private final int backlog;
  private final Records records = new Records("the shared store");
  private final CopyOnWriteArrayList<Watcher> watchers = new CopyOnWriteArrayList<>();

  /** Guards everything below. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Condition heard = lock.newCondition();
  private final NavigableMap<ObjectKey, ResourceObject> objects = new TreeMap<>();
  private final Map<String, ObjectKey> names = new HashMap<>();
  private final NavigableMap<String, String> notes = new TreeMap<>();

  /** By name the revision of the keys that wrote a note last. */
  private final Map<String, Long> noteModified = new HashMap<>();

  private final SharedHistory history = new SharedHistory(records, "the shared store");
  private long revision;
  private long headModified;
  private long keysRevision;
  private boolean closed;
  private @Nullable StoreException failure;
  private @Nullable AutoCloseable watch;

  SharedMirror(SharedKeys keys, int backlog) {
    this.keys = keys;
    this.backlog = backlog;
  }

  /**
   * A state that a write is planned against. The objects are read as they are then: when the mirror
   * has gone on, so has the head, and the commit is refused.
   */
  record View(SharedMirror mirror, long revision, long headModified) {
    Optional<ResourceObject> get(ObjectKey key) {
      return mirror.get(key);
    }
  }

  /** Reads everything, and goes on with what changes. */
  void start() {
    relist();
  }

  private void relist() {
    SharedKeys.Listing listing = keys.list(SharedFormat.PREFIX);
    lock.lock();
    try {
      objects.clear();
      names.clear();
      notes.clear();
      noteModified.clear();
      history.clear();
      listing.entries().forEach(this::put);
      history.newest(revision);
      keysRevision = listing.revision();
      watchers.forEach(Watcher::offerRelist);
      heard.signalAll();
      if (!closed) {
        watch = keys.watch(SharedFormat.PREFIX, listing.revision(), new Changes());
      }
    } finally {
      lock.unlock();
    }
  }

  /** Takes a key in, under the lock; answers the change that it is for watchers. */
  private Optional<StoreEvent> put(SharedKeys.Entry entry) {
    String key = entry.key();
    if (key.equals(SharedFormat.HEAD)) {
      revision = SharedFormat.Head.parse(entry).revision();
      headModified = entry.modified();
    } else if (key.startsWith(SharedFormat.OBJECTS)) {
      String name = key.substring(SharedFormat.OBJECTS.length());
      ResourceObject object = records.readObject(name, entry.value().toByteArray());
      objects.put(object.key(), object);
      names.put(name, object.key());
      return Optional.of(new StoreEvent.Updated(object));
    } else if (key.startsWith(SharedFormat.HISTORY)) {
      history.put(SharedFormat.revision(key), PackedWrites.parse(key, entry.value()));
    } else if (key.startsWith(SharedFormat.NOTES)) {
      String name = key.substring(SharedFormat.NOTES.length());
      notes.put(name, PackedWrites.inflated(key, entry.value()));
      noteModified.put(name, entry.modified());
    }
    return Optional.empty();
  }

  private Optional<StoreEvent> delete(String key) {
    if (key.startsWith(SharedFormat.OBJECTS)) {
      ObjectKey gone = names.remove(key.substring(SharedFormat.OBJECTS.length()));
      if (gone != null) {
        objects.remove(gone);
        return Optional.of(new StoreEvent.Removed(gone));
      }
    } else if (key.startsWith(SharedFormat.HISTORY)) {
      history.remove(SharedFormat.revision(key));
    } else if (key.startsWith(SharedFormat.NOTES)) {
      String name = key.substring(SharedFormat.NOTES.length());
      notes.remove(name);
      noteModified.remove(name);
    } else if (key.equals(SharedFormat.HEAD)) {
      throw new StoreException(
          key + ": was removed by somebody; restore the store from a backup, and restart");
    }
    return Optional.empty();
  }

  /** What the shared keys tell, on the thread of the watch. */
  private final class Changes implements SharedKeys.Watcher {
    @Override
    public void onUpdates(List<SharedKeys.Update> updates) {
      lock.lock();
      try {
        for (SharedKeys.Update update : updates) {
          take(update);
        }
        heard.signalAll();
      } catch (StoreException e) {
        LOG.error("The shared store cannot be read; this replica goes on with what it knows", e);
        failure = e;
        heard.signalAll();
        throw e;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void onCompacted() {
      LOG.info("This replica was behind what is kept of the shared store: it reads all of it");
      while (!over()) {
        try {
          relist();
          return;
        } catch (SharedKeysException e) {
          LOG.warn("The shared store cannot be read, and is tried again: {}", e.getMessage());
          rest();
        }
      }
    }
  }

  private void take(SharedKeys.Update update) {
    if (update.revision() <= keysRevision) {
      return;
    }
    List<StoreEvent> events = new ArrayList<>();
    // A write of an object deletes no key that it sets; the order between them does not matter.
    update.deleted().forEach(key -> delete(key).ifPresent(events::add));
    update.put().forEach(entry -> put(entry).ifPresent(events::add));
    keysRevision = update.revision();
    history.newest(revision);
    if (!events.isEmpty()) {
      Watcher.Batch batch = new Watcher.Batch(revision, events);
      watchers.forEach(watcher -> watcher.offer(batch));
    }
  }

  private boolean over() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  private static void rest() {
    try {
      TimeUnit.MILLISECONDS.sleep(RELIST_PAUSE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreException("Interrupted while the shared store was read", e);
    }
  }

  /** Waits until a revision of the keys was heard of, or the deadline of the nanosecond clock. */
  void await(long keyRevision, long deadline) {
    lock.lock();
    try {
      long left = deadline - System.nanoTime();
      while (keysRevision < keyRevision && left > 0 && !closed && failure == null) {
        left = heard.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  private void checkUsable() {
    StoreException failed = failure;
    if (failed != null) {
      throw new StoreException(String.valueOf(failed.getMessage()), failed);
    }
    if (closed) {
      throw new StoreException("The store was closed");
    }
  }

  View view() {
    lock.lock();
    try {
      checkUsable();
      return new View(this, revision, headModified);
    } finally {
      lock.unlock();
    }
  }

  Optional<ResourceObject> get(ObjectKey key) {
    lock.lock();
    try {
      checkUsable();
      return currentUnderLock(key);
    } finally {
      lock.unlock();
    }
  }

  Optional<ResourceObject> currentUnderLock(ObjectKey key) {
    return Optional.ofNullable(objects.get(key));
  }

  Listing list(Selection selection) {
    lock.lock();
    try {
      checkUsable();
      return new Listing(
          new Revision(String.valueOf(revision)),
          objects.values().stream().filter(object -> selection.includes(object.key())).toList());
    } finally {
      lock.unlock();
    }
  }

  NavigableMap<String, String> notes(String prefix) {
    lock.lock();
    try {
      checkUsable();
      NavigableMap<String, String> found = new TreeMap<>();
      for (Map.Entry<String, String> note : notes.tailMap(prefix, true).entrySet()) {
        if (!note.getKey().startsWith(prefix)) {
          break;
        }
        found.put(note.getKey(), note.getValue());
      }
      return found;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Some notes in one state.
   *
   * @param texts an empty one where there is no such note
   * @param modified the revisions of the keys that wrote them last; zero where there are none
   */
  record Noted(View view, Map<String, String> texts, Map<String, Long> modified) {}

  Noted noted(Set<String> wanted) {
    lock.lock();
    try {
      checkUsable();
      Map<String, String> texts = new HashMap<>();
      Map<String, Long> modified = new HashMap<>();
      for (String name : wanted) {
        texts.put(name, notes.getOrDefault(name, ""));
        modified.put(name, noteModified.getOrDefault(name, 0L));
      }
      return new Noted(new View(this, revision, headModified), texts, modified);
    } finally {
      lock.unlock();
    }
  }

  OptionalLong find(UUID write, long after) {
    lock.lock();
    try {
      return history.find(write, after);
    } finally {
      lock.unlock();
    }
  }

  /** The first past write to keep when this one comes. */
  long keepFrom(EmbeddedStoreConfig config, PackedWrites coming, java.time.Instant now) {
    lock.lock();
    try {
      return history.keepFrom(config, coming, now);
    } finally {
      lock.unlock();
    }
  }

  /** The first past write that is kept. */
  long oldestKept() {
    lock.lock();
    try {
      return history.oldestKept();
    } finally {
      lock.unlock();
    }
  }

  /** Runs something while nothing changes. */
  void reading(Runnable work) {
    lock.lock();
    try {
      checkUsable();
      work.run();
    } finally {
      lock.unlock();
    }
  }

  /** Under the lock. */
  PastRecords past() {
    return history;
  }

  /** Under the lock. */
  long newest() {
    return revision;
  }

  Watcher watch(Selection selection, long since, StoreListener listener) {
    Watcher watcher = new Watcher(selection, listener, backlog, this::list, watchers::remove);
    lock.lock();
    try {
      checkUsable();
      if (since < 0 || !history.reachesBackTo(since)) {
        watcher.offerRelist();
      } else if (since < revision) {
        List<StoreEvent> missed = new ArrayList<>();
        for (PastRecords.Past each : history.between(since, revision)) {
          HistoryEntry entry = history.read(each);
          // History has no data of Secrets: what is there now is told.
          missed.add(
              currentUnderLock(entry.key())
                  .<StoreEvent>map(StoreEvent.Updated::new)
                  .orElseGet(() -> new StoreEvent.Removed(entry.key())));
        }
        watcher.offer(new Watcher.Batch(revision, missed));
      }
      watchers.add(watcher);
    } finally {
      lock.unlock();
    }
    watcher.start();
    return watcher;
  }

  /** What all of it is, as a backup has it; of one state. */
  void tell(RecordSource.Sink sink) throws java.io.IOException {
    lock.lock();
    try {
      checkUsable();
      for (ResourceObject object : objects.values()) {
        sink.object(Records.name(object.key()), records.object(object));
      }
      long last = 0;
      int index = 0;
      for (PastRecords.Past each : history.between(0, revision)) {
        index = each.revision == last ? index + 1 : 0;
        last = each.revision;
        sink.past(last, index, each.record);
      }
      for (Map.Entry<String, String> note : notes.entrySet()) {
        sink.note(note.getKey(), note.getValue());
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    AutoCloseable last;
    lock.lock();
    try {
      closed = true;
      last = watch;
      heard.signalAll();
    } finally {
      lock.unlock();
    }
    watchers.forEach(Watcher::close);
    if (last != null) {
      try {
        last.close();
      } catch (Exception e) {
        LOG.warn("The watch of the shared store did not close well", e);
      }
    }
  }
}
