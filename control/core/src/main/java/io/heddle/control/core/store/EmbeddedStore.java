package io.heddle.control.core.store;

import io.heddle.control.api.document.ObjectParser;
import io.heddle.control.api.document.ObjectWriter;
import io.heddle.control.api.document.ParseResult;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.store.HistoryEntry;
import io.heddle.control.api.store.HistoryPage;
import io.heddle.control.api.store.HistoryQuery;
import io.heddle.control.api.store.Listing;
import io.heddle.control.api.store.Mutation;
import io.heddle.control.api.store.Recall;
import io.heddle.control.api.store.Revision;
import io.heddle.control.api.store.Selection;
import io.heddle.control.api.store.Store;
import io.heddle.control.api.store.StoreEvent;
import io.heddle.control.api.store.StoreException;
import io.heddle.control.api.store.StoreListener;
import io.heddle.control.api.store.Watch;
import io.heddle.control.api.store.WriteContext;
import io.heddle.control.api.store.WriteResult;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.h2.mvstore.MVStoreException;
import org.jspecify.annotations.Nullable;

/**
 * Keeps objects in a directory of this machine, for a control plane that runs alone.
 *
 * <p>A write is acknowledged after its group was committed and synced and the {@link
 * AcknowledgedMark} was synced. Revisions are whole numbers that grow by one with each write that
 * changes something. Reads and listings are answered from memory.
 *
 * <p>Does not start on a file that is damaged, foreign, or behind what was acknowledged, nor on one
 * that another process has open; the {@link StoreException} names the file and the mend.
 */
public final class EmbeddedStore implements Store {
  private static final int WAITING = 4096;
  private static final int MOST_MUTATIONS = 10_000;
  private static final int LONGEST_NOTE_NAME = 128;
  private static final int LARGEST_NOTE = 8 << 20;

  private final EmbeddedStoreConfig config;
  private final StoreFiles.Hold hold;
  private final DurableObjects durable;
  private final BlockingQueue<StoreTask> tasks = new ArrayBlockingQueue<>(WAITING);
  private final CopyOnWriteArrayList<Watcher> watchers = new CopyOnWriteArrayList<>();
  private final Thread writer;
  private final PastChanges past;

  /** Guards {@code objects} and {@code revision}; the writer thread alone changes them. */
  private final ReentrantReadWriteLock state = new ReentrantReadWriteLock();

  private final NavigableMap<ObjectKey, ResourceObject> objects;

  /** Guarded by {@code state}, too. */
  private final NavigableMap<String, String> notes;

  private long revision;

  /**
   * Held for reading while a task is queued, for writing to close: no task comes after the last.
   */
  private final ReentrantReadWriteLock gate = new ReentrantReadWriteLock();

  private volatile boolean closed;
  private volatile @Nullable StoreException failure;

  private EmbeddedStore(
      EmbeddedStoreConfig config,
      StoreFiles.Hold hold,
      DurableObjects durable,
      NavigableMap<ObjectKey, ResourceObject> objects,
      InstantSource clock,
      Supplier<UUID> uids) {
    this.config = config;
    this.hold = hold;
    this.durable = durable;
    this.objects = objects;
    this.notes = durable.notes();
    this.revision = durable.revision();
    this.past = new PastChanges(durable::file, durable::revision, this::call, this::current);
    this.writer =
        Thread.ofPlatform()
            .name("heddle-store-writer")
            .daemon(true)
            .unstarted(
                new StoreWriter(
                    tasks,
                    durable,
                    this::current,
                    this::noteNow,
                    new MemoryPublisher(),
                    clock,
                    uids));
  }

  /** Opens the store, or makes it where there never was one. */
  public static EmbeddedStore open(EmbeddedStoreConfig config, InstantSource clock) {
    try {
      return open(config, DiskFiles.in(config.directory()), clock, UUID::randomUUID);
    } catch (IOException e) {
      throw new StoreException(
          config.directory() + ": cannot be made or opened: " + e.getMessage(), e);
    }
  }

  static EmbeddedStore open(
      EmbeddedStoreConfig config, StoreFiles files, InstantSource clock, Supplier<UUID> uids) {
    try {
      StoreFiles.Hold hold = files.hold();
      try {
        DurableObjects durable = DurableObjects.open(files, config, uids.get());
        try {
          EmbeddedStore store =
              new EmbeddedStore(config, hold, durable, durable.load(), clock, uids);
          store.writer.start();
          return store;
        } catch (RuntimeException e) {
          durable.abandon();
          throw e;
        }
      } catch (IOException | RuntimeException e) {
        hold.close();
        throw e;
      }
    } catch (IOException | MVStoreException e) {
      throw new StoreException(
          files.describe(AcknowledgedMark.NAME) + ": the store cannot be opened: " + e.getMessage(),
          e);
    }
  }

  /** The number that a revision of this store stands for; -1 for one of another store. */
  static long number(Revision revision) {
    String token = revision.token();
    boolean digits =
        !token.isEmpty()
            && token.length() < 19
            && token.chars().allMatch(c -> c >= '0' && c <= '9');
    return digits ? Long.parseLong(token) : -1;
  }

  private Optional<ResourceObject> current(ObjectKey key) {
    return Optional.ofNullable(objects.get(key)); // on the writer thread, which alone changes it
  }

  /** Shows durable writes to readers and watchers; runs on the writer thread. */
  private final class MemoryPublisher implements StoreWriter.Publisher {
    @Override
    public void publish(List<CommittedWrite> writes) {
      state.writeLock().lock();
      try {
        for (CommittedWrite write : writes) {
          for (Change change : write.changes()) {
            switch (change) {
              case Change.Create create -> objects.put(change.key(), create.after());
              case Change.Replace replace -> objects.put(change.key(), replace.after());
              case Change.Remove _ -> objects.remove(change.key());
            }
          }
          revision = write.revision();
        }
      } finally {
        state.writeLock().unlock();
      }
      for (CommittedWrite write : writes) {
        List<StoreEvent> events = write.changes().stream().map(Change::event).toList();
        Watcher.Batch batch = new Watcher.Batch(write.revision(), events);
        watchers.forEach(watcher -> watcher.offer(batch));
      }
    }

    @Override
    public void noted(Map<String, String> changes) {
      state.writeLock().lock();
      try {
        changes.forEach((name, text) -> {
          if (text.isEmpty()) {
            notes.remove(name);
          } else {
            notes.put(name, text);
          }
        });
      } finally {
        state.writeLock().unlock();
      }
    }

    @Override
    public void failed(StoreException cause) {
      failure = cause;
    }
  }

  @Override
  public Revision revision() {
    checkUsable();
    state.readLock().lock();
    try {
      return new Revision(String.valueOf(revision));
    } finally {
      state.readLock().unlock();
    }
  }

  @Override
  public Optional<ResourceObject> get(ObjectKey key) {
    checkUsable();
    state.readLock().lock();
    try {
      return Optional.ofNullable(objects.get(key));
    } finally {
      state.readLock().unlock();
    }
  }

  @Override
  public Listing list(Selection selection) {
    checkUsable();
    state.readLock().lock();
    try {
      List<ResourceObject> found = new ArrayList<>();
      for (Map.Entry<ObjectKey, ResourceObject> entry : objects.entrySet()) {
        if (selection.includes(entry.getKey())) {
          found.add(entry.getValue());
        }
      }
      return new Listing(new Revision(String.valueOf(revision)), found);
    } finally {
      state.readLock().unlock();
    }
  }

  @Override
  public WriteResult write(List<Mutation> mutations, WriteContext context, Runnable guard) {
    checkMutations(mutations);
    // Who notes what a guard looks at, and who writes, are in one process, and keep themselves
    // apart.
    guard.run();
    CompletableFuture<WriteResult> answer = new CompletableFuture<>();
    submit(new StoreTask.Write(List.copyOf(mutations), context, answer));
    return await(answer);
  }

  static void checkMutations(List<Mutation> mutations) {
    if (mutations.size() > MOST_MUTATIONS) {
      throw new IllegalArgumentException(
          "mutations: " + mutations.size() + " (expected: at most " + MOST_MUTATIONS + ")");
    }
    Set<ObjectKey> keys = new HashSet<>();
    for (Mutation mutation : mutations) {
      if (!keys.add(mutation.key())) {
        throw new IllegalArgumentException(
            mutation.key() + ": in two mutations of a write (expected: in one)");
      }
      if (mutation instanceof Mutation.Put put) {
        checkReadable(put.object());
      }
    }
  }

  /** Nothing is written that could not be read at the next start. */
  private static void checkReadable(ResourceObject object) {
    ParseResult read =
        ObjectParser.parseStored(object.key().toString(), ObjectWriter.toStoredJson(object));
    if (!read.valid()) {
      throw new IllegalArgumentException(read.errors().getFirst().toString());
    }
    if (!read.objects().getFirst().spec().equals(object.spec())) {
      throw new IllegalArgumentException(
          object.key()
              + ": reads back as "
              + read.objects().getFirst().spec()
              + " (expected: "
              + object.spec()
              + ")");
    }
  }

  @Override
  public Watch watch(Selection selection, Revision from, StoreListener listener) {
    Watcher watcher =
        new Watcher(selection, listener, config.watchBacklog(), this::list, watchers::remove);
    call(() -> {
      long since = number(from);
      List<HistoryEntry> missed = since < 0 ? null : durable.changesSince(since);
      if (missed == null) {
        watcher.offerRelist();
      } else if (!missed.isEmpty()) {
        List<StoreEvent> events =
            missed.stream()
                .map(entry ->
                    entry
                        .after()
                        .<StoreEvent>map(StoreEvent.Updated::new)
                        .orElseGet(() -> new StoreEvent.Removed(entry.key())))
                .toList();
        watcher.offer(new Watcher.Batch(durable.revision(), events));
      }
      watchers.add(watcher);
    });
    watcher.start();
    return watcher;
  }

  @Override
  public List<HistoryEntry> history(ObjectKey key, int limit) {
    return past.history(key, limit);
  }

  @Override
  public HistoryPage history(HistoryQuery query) {
    return past.history(query);
  }

  @Override
  public Recall<List<HistoryEntry>> changesOf(Revision wanted) {
    return past.changesOf(wanted);
  }

  @Override
  public Recall<List<HistoryEntry>> changesBetween(Revision after, Revision upTo) {
    return past.changesBetween(after, upTo);
  }

  @Override
  public Recall<Optional<ResourceObject>> at(ObjectKey key, Revision wanted) {
    return past.at(key, wanted);
  }

  @Override
  public boolean reaches(Revision at, Revision other) {
    return number(at) >= number(other);
  }

  @Override
  public NavigableMap<String, String> notes(String prefix) {
    checkUsable();
    state.readLock().lock();
    try {
      NavigableMap<String, String> found = new TreeMap<>();
      for (Map.Entry<String, String> note : notes.tailMap(prefix, true).entrySet()) {
        if (!note.getKey().startsWith(prefix)) {
          break;
        }
        found.put(note.getKey(), note.getValue());
      }
      return found;
    } finally {
      state.readLock().unlock();
    }
  }

  @Override
  public void note(Map<String, String> changes) {
    boolean _ = noteIf(Map.of(), changes, Revision.NONE);
  }

  @Override
  public boolean noteIf(Map<String, String> expected, Map<String, String> changes, Revision at) {
    checkNotes(changes);
    CompletableFuture<Boolean> answer = new CompletableFuture<>();
    submit(new StoreTask.Note(Map.copyOf(expected), Map.copyOf(changes), number(at), answer));
    return await(answer);
  }

  private String noteNow(String name) {
    return notes.getOrDefault(name, ""); // on the writer thread, which alone changes them
  }

  static void checkNotes(Map<String, String> changes) {
    changes.forEach((name, text) -> {
      if (name.isEmpty() || name.length() > LONGEST_NOTE_NAME || text.length() > LARGEST_NOTE) {
        throw new IllegalArgumentException(
            "note %s: %d characters of name, %d of text (expected: 1 to %d, at most %d)"
                .formatted(
                    name.substring(0, Math.min(name.length(), LONGEST_NOTE_NAME)),
                    name.length(),
                    text.length(),
                    LONGEST_NOTE_NAME,
                    LARGEST_NOTE));
      }
    });
  }

  private void call(Runnable work) {
    CompletableFuture<Boolean> answer = new CompletableFuture<>();
    submit(new StoreTask.Call(work, answer));
    await(answer);
  }

  private void submit(StoreTask task) {
    gate.readLock().lock();
    try {
      checkUsable();
      tasks.put(task);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreException("Interrupted before the write was begun; nothing was written", e);
    } finally {
      gate.readLock().unlock();
    }
  }

  private static <T> T await(CompletableFuture<T> answer) {
    try {
      return answer.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof StoreException failure) {
        throw new StoreException(String.valueOf(failure.getMessage()), failure);
      }
      throw e;
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

  @Override
  public void close() {
    gate.writeLock().lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
    } finally {
      gate.writeLock().unlock();
    }
    watchers.forEach(Watcher::close);
    boolean interrupted = false;
    while (true) {
      try {
        if (!tasks.contains(StoreTask.Stop.STOP) && writer.isAlive()) {
          tasks.put(StoreTask.Stop.STOP);
        }
        writer.join();
        break;
      } catch (InterruptedException _) {
        interrupted = true; // a store half closed would keep its lock; restored below
      }
    }
    hold.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
