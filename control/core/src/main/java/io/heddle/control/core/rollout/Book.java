package io.heddle.control.core.rollout;

import io.heddle.control.api.store.Store;
import io.heddle.control.api.store.StoreException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The newest {@value #KEPT} rollouts, each a note in the store. Changed by one thread at a time,
 * read by any.
 */
final class Book {
  private static final Logger LOG = LoggerFactory.getLogger(Book.class);
  private static final String PREFIX = "rollout/";
  private static final int KEPT = 100;

  private final Store store;

  /** By id; replaced with each change. */
  private volatile NavigableMap<Long, Rollout> all = new TreeMap<>();

  Book(Store store) {
    this.store = store;
  }

  void read() {
    NavigableMap<Long, Rollout> read = new TreeMap<>();
    store
        .notes(PREFIX)
        .forEach((name, text) -> {
          Rollout rollout = RolloutJson.read(name, text);
          read.put(rollout.id(), rollout);
        });
    all = read;
  }

  /** Newest first. */
  List<Rollout> all() {
    return List.copyOf(all.descendingMap().values());
  }

  Optional<Rollout> find(long id) {
    return Optional.ofNullable(all.get(id));
  }

  /** The one that is under way: no other is newer. */
  Optional<Rollout> active() {
    Map.Entry<Long, Rollout> newest = all.lastEntry();
    return newest == null || !newest.getValue().phase().active()
        ? Optional.empty()
        : Optional.of(newest.getValue());
  }

  long nextId() {
    return all.isEmpty() ? 1 : all.lastKey() + 1;
  }

  /** Returns after it is durable. */
  void keep(Rollout rollout) {
    Map<String, String> notes = new HashMap<>();
    notes.put(PREFIX + rollout.id(), RolloutJson.write(rollout));
    if (!all.containsKey(rollout.id()) && all.size() >= KEPT) {
      notes.put(PREFIX + all.firstKey(), "");
    }
    store.note(notes);
    replace(rollout);
  }

  /** Whether it is durable; where it is not, nothing is different. */
  boolean tryKeep(Rollout rollout) {
    try {
      keep(rollout);
      return true;
    } catch (StoreException e) {
      LOG.error("rollout {} could not be noted", rollout.id(), e);
      return false;
    }
  }

  /** What counts from now on, durable or not. */
  void replace(Rollout rollout) {
    NavigableMap<Long, Rollout> next = new TreeMap<>(all);
    next.put(rollout.id(), rollout);
    if (next.size() > KEPT) {
      next.pollFirstEntry();
    }
    all = next;
  }
}
