package io.heddle.control.core.rollout;

import io.heddle.control.api.store.Revision;
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
 * The newest {@value #KEPT} rollouts, each a note in the store, where other control planes write
 * them, too. What is noted here is noted only where nobody else was first. Any thread.
 */
final class Book {
  private static final Logger LOG = LoggerFactory.getLogger(Book.class);
  private static final String PREFIX = "rollout/";
  private static final int KEPT = 100;

  private final Store store;

  /** By id; replaced with each change, under this. */
  private volatile NavigableMap<Long, Rollout> all = new TreeMap<>();

  /** What the notes say, by name; guarded by this. */
  private Map<String, String> texts = Map.of();

  Book(Store store) {
    this.store = store;
  }

  /** Reads what is noted by now. */
  synchronized void refresh() {
    Map<String, String> now = store.notes(PREFIX);
    if (now.equals(texts)) {
      return;
    }
    NavigableMap<Long, Rollout> read = new TreeMap<>();
    now.forEach((name, text) -> {
      Rollout known = all.get(id(name));
      Rollout rollout =
          known != null && text.equals(texts.get(name)) ? known : RolloutJson.read(name, text);
      read.put(rollout.id(), rollout);
    });
    texts = Map.copyOf(now);
    all = read;
  }

  private static long id(String name) {
    String digits = name.substring(PREFIX.length());
    return digits.matches("\\d{1,18}") ? Long.parseLong(digits) : -1;
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

  /**
   * Notes a new one, where no other was begun, and nothing was written since a state.
   *
   * @return false where something was
   */
  boolean begin(Rollout rollout, Revision at) {
    Map<String, String> notes = new HashMap<>();
    NavigableMap<Long, Rollout> present = all;
    if (present.size() >= KEPT) {
      notes.put(PREFIX + present.firstKey(), "");
    }
    return note(rollout, "", notes, at);
  }

  /**
   * Returns after it is durable.
   *
   * @param before what it comes from
   * @return false where that is not what counts any more: another control plane has noted something
   */
  boolean keep(Rollout before, Rollout now) {
    String text;
    synchronized (this) {
      if (!before.equals(all.get(now.id()))) {
        return false;
      }
      text = texts.getOrDefault(PREFIX + now.id(), "");
    }
    return note(now, text, new HashMap<>(), Revision.NONE);
  }

  /** Not under this: a write that the store is at may be asking what is noted. */
  private boolean note(Rollout rollout, String before, Map<String, String> notes, Revision at) {
    String name = PREFIX + rollout.id();
    notes.put(name, RolloutJson.write(rollout));
    boolean noted = store.noteIf(Map.of(name, before), notes, at);
    refresh();
    return noted;
  }

  /** What became of a note. */
  enum Kept {
    /** It is durable. */
    DURABLE,
    /** Another control plane was first, and what it noted counts. */
    OVERTAKEN,
    /** The store did not take it; nothing is different. */
    FAILED
  }

  /** As {@link #keep}, where it is no matter to the caller that the store fails. */
  Kept tryKeep(Rollout before, Rollout now) {
    try {
      return keep(before, now) ? Kept.DURABLE : Kept.OVERTAKEN;
    } catch (StoreException e) {
      LOG.error("rollout {} could not be noted", now.id(), e);
      return Kept.FAILED;
    }
  }

  /** What counts from now on here, durable or not. */
  synchronized void replace(Rollout rollout) {
    NavigableMap<Long, Rollout> next = new TreeMap<>(all);
    next.put(rollout.id(), rollout);
    all = next;
  }
}
