package io.heddle.control.core.store;

import com.google.protobuf.ByteString;
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
import io.heddle.control.api.store.StoreException;
import io.heddle.control.api.store.StoreListener;
import io.heddle.control.api.store.Watch;
import io.heddle.control.api.store.WriteContext;
import io.heddle.control.api.store.WriteResult;
import io.heddle.control.core.shared.SharedKeys;
import io.heddle.control.core.shared.SharedKeysException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
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
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * A store that several control planes share, in {@link SharedKeys}.
 *
 * <p>Each replica holds everything in memory, as its {@link SharedMirror} hears of it, and answers
 * reads from there: while it is cut off it goes on with what it knew. A write is planned against
 * that, and committed under the condition that nothing else was committed in between; else it is
 * planned again. So writes of all replicas are in one order, and count revisions by one, as those
 * of the {@link EmbeddedStore} do.
 *
 * <p>A writer that got no answer looks for its write by the id that is kept with it: an answer is
 * only missing when no majority could be reached within {@link #PATIENCE}.
 */
public final class SharedStore implements Store {
  /** How long a write is tried. */
  static final Duration PATIENCE = Duration.ofSeconds(10);

  /** etcd takes requests of 1.5 MiB unless it was told otherwise. */
  private static final int LARGEST_WRITE = 1_400_000;

  private final SharedKeys keys;
  private final EmbeddedStoreConfig config;
  private final InstantSource clock;
  private final Supplier<UUID> uids;
  private final SharedMirror mirror;
  private final PastChanges past;
  private final Records records = new Records("the shared store");
  private final UUID store;

  /** One write of this replica at a time: more would only refuse each other. */
  private final ReentrantLock writing = new ReentrantLock(true);

  private SharedStore(
      SharedKeys keys,
      EmbeddedStoreConfig config,
      InstantSource clock,
      Supplier<UUID> uids,
      SharedMirror mirror,
      UUID store) {
    this.keys = keys;
    this.config = config;
    this.clock = clock;
    this.uids = uids;
    this.mirror = mirror;
    this.store = store;
    this.past =
        new PastChanges(mirror::past, mirror::newest, mirror::reading, mirror::currentUnderLock);
  }

  /**
   * Opens the store, or makes it where there never was one.
   *
   * @param keys closed by who opened them, after this store
   * @param config its history and backlog; it has no directory
   * @throws StoreException when it cannot be reached or read, naming the mend
   */
  public static SharedStore open(SharedKeys keys, EmbeddedStoreConfig config, InstantSource clock) {
    return open(keys, config, clock, UUID::randomUUID);
  }

  static SharedStore open(
      SharedKeys keys, EmbeddedStoreConfig config, InstantSource clock, Supplier<UUID> uids) {
    try {
      UUID store = SharedFormat.makeIfAbsent(keys, uids.get());
      SharedMirror mirror = new SharedMirror(keys, config.watchBacklog());
      mirror.start();
      return new SharedStore(keys, config, clock, uids, mirror, store);
    } catch (SharedKeysException e) {
      throw new StoreException(String.valueOf(e.getMessage()), e);
    }
  }

  // --- reading
  // -------------------------------------------------------------------------------------

  @Override
  public Revision revision() {
    return new Revision(String.valueOf(mirror.view().revision()));
  }

  @Override
  public Optional<ResourceObject> get(ObjectKey key) {
    return mirror.get(key);
  }

  @Override
  public Listing list(Selection selection) {
    return mirror.list(selection);
  }

  @Override
  public Watch watch(Selection selection, Revision from, StoreListener listener) {
    return mirror.watch(selection, EmbeddedStore.number(from), listener);
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
  public Recall<List<HistoryEntry>> changesOf(Revision revision) {
    return past.changesOf(revision);
  }

  @Override
  public Recall<List<HistoryEntry>> changesBetween(Revision after, Revision upTo) {
    return past.changesBetween(after, upTo);
  }

  @Override
  public Recall<Optional<ResourceObject>> at(ObjectKey key, Revision revision) {
    return past.at(key, revision);
  }

  @Override
  public boolean reaches(Revision at, Revision other) {
    return EmbeddedStore.number(at) >= EmbeddedStore.number(other);
  }

  @Override
  public NavigableMap<String, String> notes(String prefix) {
    return mirror.notes(prefix);
  }

  // --- writing
  // -------------------------------------------------------------------------------------

  @Override
  public WriteResult write(List<Mutation> mutations, WriteContext context, Runnable guard) {
    EmbeddedStore.checkMutations(mutations);
    writing.lock();
    try {
      return new Attempt(UUID.randomUUID()).write(List.copyOf(mutations), context, guard);
    } finally {
      writing.unlock();
    }
  }

  @Override
  public void note(Map<String, String> changes) {
    List<SharedKeys.Change> all = noting(changes);
    writing.lock();
    try {
      new Attempt(UUID.randomUUID()).commit(all);
    } finally {
      writing.unlock();
    }
  }

  @Override
  public boolean noteIf(Map<String, String> expected, Map<String, String> changes, Revision at) {
    List<SharedKeys.Change> all = noting(changes);
    writing.lock();
    try {
      return new Attempt(UUID.randomUUID()).commit(Map.copyOf(expected), changes, all, at);
    } finally {
      writing.unlock();
    }
  }

  private static List<SharedKeys.Change> noting(Map<String, String> changes) {
    EmbeddedStore.checkNotes(changes);
    List<SharedKeys.Change> all = new ArrayList<>();
    long bytes = 0;
    for (Map.Entry<String, String> change : new TreeMap<>(changes).entrySet()) {
      String key = SharedFormat.NOTES + change.getKey();
      if (change.getValue().isEmpty()) {
        all.add(new SharedKeys.Delete(key));
      } else {
        SharedKeys.Put put = new SharedKeys.Put(key, PackedWrites.deflated(change.getValue()));
        all.add(put);
        bytes += put.value().size();
      }
    }
    checkSize(bytes);
    return all;
  }

  private static void checkSize(long bytes) {
    if (bytes > LARGEST_WRITE) {
      throw new IllegalArgumentException(
          "write: "
              + bytes
              + " bytes for the shared store (expected: at most "
              + LARGEST_WRITE
              + "; apply the objects in several writes)");
    }
  }

  /** One write until it has an answer, on the caller's thread. */
  private final class Attempt {
    private final UUID id;
    private final long deadline = System.nanoTime() + PATIENCE.toNanos();
    private int tries;

    Attempt(UUID id) {
      this.id = id;
    }

    WriteResult write(List<Mutation> mutations, WriteContext context, Runnable guard) {
      long began = mirror.view().revision();
      Map<Long, WritePlan> unsure = new HashMap<>();
      while (true) {
        SharedMirror.View view = mirror.view();
        try {
          guard.run(); // what it forbids from now on changes the head, and this write is refused
        } catch (RuntimeException forbidden) {
          OptionalLong done = unsure.isEmpty() ? OptionalLong.empty() : mirror.find(id, began);
          if (done.isPresent()) {
            return found(done.getAsLong(), unsure);
          }
          throw forbidden;
        }
        long next = view.revision() + 1;
        Instant now = clock.instant();
        WritePlan plan = WritePlan.of(mutations, view::get, next, now, uids);
        boolean commits =
            plan.conflicts().isEmpty() && !context.dryRun() && !plan.changes().isEmpty();
        if (commits) {
          CommittedWrite write = new CommittedWrite(next, now, context, plan.changes());
          switch (tried(view, changes(write))) {
            case DONE -> {
              return applied(next, plan, false);
            }
            case REFUSED -> {}
            case UNKNOWN -> unsure.put(next, plan);
          }
        }
        boolean newest = caughtUp(view);
        if (!unsure.isEmpty()) {
          OptionalLong done = mirror.find(id, began);
          if (done.isPresent()) {
            return found(done.getAsLong(), unsure);
          }
        }
        if (!commits && newest) {
          return plan.conflicts().isEmpty()
              ? applied(view.revision(), plan, context.dryRun())
              : new WriteResult.Refused(plan.conflicts());
        }
        pause();
      }
    }

    private WriteResult found(long revision, Map<Long, WritePlan> unsure) {
      WritePlan plan = unsure.get(revision);
      if (plan == null) {
        throw new IllegalStateException("write " + id + " was done as " + revision + ", unplanned");
      }
      return applied(revision, asStored(plan, revision), false);
    }

    /** Of several plans that were tried for one revision the stored objects tell which it was. */
    private WritePlan asStored(WritePlan plan, long revision) {
      String version = String.valueOf(revision);
      List<WriteResult.Outcome> outcomes = new ArrayList<>();
      for (WriteResult.Outcome outcome : plan.outcomes()) {
        Optional<ResourceObject> stored =
            mirror
                .get(outcome.key())
                .filter(object -> object.metadata().resourceVersion().equals(version));
        outcomes.add(
            switch (outcome) {
              case WriteResult.Created created ->
                  new WriteResult.Created(stored.orElse(created.now()));
              case WriteResult.Configured configured ->
                  new WriteResult.Configured(configured.before(), stored.orElse(configured.now()));
              case WriteResult.Unchanged _, WriteResult.Deleted _, WriteResult.NotFound _ ->
                  outcome;
            });
      }
      return new WritePlan(plan.conflicts(), outcomes, plan.changes());
    }

    private WriteResult applied(long revision, WritePlan plan, boolean dryRun) {
      return new WriteResult.Applied(
          new Revision(String.valueOf(revision)), plan.outcomes(), dryRun);
    }

    /** Notes and the like: the newest one counts. */
    void commit(List<SharedKeys.Change> changes) {
      while (true) {
        try {
          long revision = keys.commit(List.of(), changes);
          mirror.await(revision, deadline);
          return;
        } catch (SharedKeysException e) {
          patience(e); // to do it twice does no harm
        }
        pause();
      }
    }

    /** Notes under a condition: whether they are what counts now. */
    boolean commit(
        Map<String, String> expected,
        Map<String, String> noted,
        List<SharedKeys.Change> changes,
        Revision at) {
      boolean unsure = false;
      while (true) {
        SharedMirror.Noted now = mirror.noted(expected.keySet());
        boolean holds =
            now.texts().equals(expected)
                && (at.equals(Revision.NONE)
                    || at.token().equals(String.valueOf(now.view().revision())));
        if (!holds) {
          // It may be this very change, whose answer was lost.
          return unsure && mirror.noted(noted.keySet()).texts().equals(noted);
        }
        List<SharedKeys.Condition> conditions = new ArrayList<>();
        now.modified()
            .forEach((name, modified) ->
                conditions.add(new SharedKeys.Condition(SharedFormat.NOTES + name, modified)));
        List<SharedKeys.Change> all = new ArrayList<>(changes);
        if (!at.equals(Revision.NONE)) {
          conditions.add(new SharedKeys.Condition(SharedFormat.HEAD, now.view().headModified()));
          all.add(
              new SharedKeys.Put(
                  SharedFormat.HEAD, new SharedFormat.Head(store, now.view().revision()).value()));
        }
        try {
          long revision = keys.commit(conditions, all);
          if (revision != 0) {
            mirror.await(revision, deadline);
            return true;
          }
          hear(expected.keySet());
        } catch (SharedKeysException e) {
          patience(e);
          unsure |= !e.outcomeKnown();
        }
        pause();
      }
    }

    /** Waits until the mirror has of these notes, and of the head, what a majority has. */
    private void hear(Set<String> names) {
      long newest = keys.get(SharedFormat.HEAD).map(SharedKeys.Entry::modified).orElse(0L);
      for (String name : names) {
        newest =
            Math.max(
                newest,
                keys.get(SharedFormat.NOTES + name).map(SharedKeys.Entry::modified).orElse(0L));
      }
      mirror.await(newest, deadline);
    }

    private List<SharedKeys.Change> changes(CommittedWrite write) {
      List<SharedKeys.Change> all = new ArrayList<>();
      List<String> names = new ArrayList<>();
      List<byte[]> packed = new ArrayList<>();
      long bytes = 0;
      for (Change change : write.changes()) {
        String name = Records.name(change.key());
        names.add(name);
        packed.add(records.history(write, change));
        switch (change) {
          case Change.Create create -> all.add(object(name, create.after()));
          case Change.Replace replace -> all.add(object(name, replace.after()));
          case Change.Remove _ -> all.add(new SharedKeys.Delete(SharedFormat.OBJECTS + name));
        }
      }
      PackedWrites past = PackedWrites.of(id, write.at(), names, packed);
      all.add(new SharedKeys.Put(SharedFormat.history(write.revision()), past.value()));
      all.add(
          new SharedKeys.Put(
              SharedFormat.HEAD, new SharedFormat.Head(store, write.revision()).value()));
      for (SharedKeys.Change change : all) {
        bytes += change instanceof SharedKeys.Put put ? put.value().size() : 0;
      }
      checkSize(bytes);
      long keep = mirror.keepFrom(config, past, write.at());
      if (keep > mirror.oldestKept()) {
        all.add(new SharedKeys.DeleteRange(SharedFormat.HISTORY, SharedFormat.history(keep)));
      }
      return all;
    }

    private SharedKeys.Change object(String name, ResourceObject object) {
      return new SharedKeys.Put(
          SharedFormat.OBJECTS + name, ByteString.copyFrom(records.object(object)));
    }

    private Commit tried(SharedMirror.View view, List<SharedKeys.Change> changes) {
      try {
        long revision =
            keys.commit(
                List.of(new SharedKeys.Condition(SharedFormat.HEAD, view.headModified())), changes);
        if (revision == 0) {
          return Commit.REFUSED;
        }
        mirror.await(revision, deadline);
        return Commit.DONE;
      } catch (SharedKeysException e) {
        patience(e);
        return e.outcomeKnown() ? Commit.REFUSED : Commit.UNKNOWN;
      }
    }

    /** Waits until the mirror has what a majority has; whether it had it before. */
    private boolean caughtUp(SharedMirror.View view) {
      try {
        long modified = keys.get(SharedFormat.HEAD).map(SharedKeys.Entry::modified).orElse(0L);
        if (modified == view.headModified()) {
          return true;
        }
        mirror.await(modified, deadline);
        return false;
      } catch (SharedKeysException e) {
        patience(e);
        return false;
      }
    }

    private void patience(SharedKeysException e) {
      if (System.nanoTime() - deadline > 0) {
        throw new StoreException(
            e.getMessage() + "; the write may or may not be durable: look, then repeat it", e);
      }
    }

    private void pause() {
      if (System.nanoTime() - deadline > 0) {
        throw new StoreException(
            "the shared store is written by others all the time: nothing could be committed in "
                + PATIENCE.toSeconds()
                + " s; repeat the write");
      }
      try {
        TimeUnit.MILLISECONDS.sleep(ThreadLocalRandom.current().nextInt(2 << Math.min(tries++, 6)));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new StoreException("Interrupted; the write may or may not be durable", e);
      }
    }
  }

  private enum Commit {
    DONE,
    REFUSED,
    UNKNOWN
  }

  @Override
  public void close() {
    mirror.close();
  }
}
