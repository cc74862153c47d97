package io.heddle.control.core.store;

import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.store.HistoryEntry;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * The past writes of a shared store, compressed in memory: each replica hears of all of them, and
 * answers without asking. Guarded by the store's lock, but for {@link #read}.
 */
final class SharedHistory implements PastRecords {
  private final Records records;
  private final String where;
  private final NavigableMap<Long, PackedWrites> writes = new TreeMap<>();
  private long bytes;
  private long changes;
  private long newest;

  SharedHistory(Records records, String where) {
    this.records = records;
    this.where = where;
  }

  void put(long revision, PackedWrites write) {
    PackedWrites before = writes.put(revision, write);
    bytes += write.size() - (before == null ? 0 : before.size());
    changes += write.names().size() - (before == null ? 0 : before.names().size());
  }

  void remove(long revision) {
    PackedWrites gone = writes.remove(revision);
    if (gone != null) {
      bytes -= gone.size();
      changes -= gone.names().size();
    }
  }

  void clear() {
    writes.clear();
    bytes = 0;
    changes = 0;
  }

  void newest(long revision) {
    newest = revision;
  }

  long newest() {
    return newest;
  }

  /** Whether one of the writes after a revision is the one with this id; which revision it made. */
  OptionalLong find(UUID id, long after) {
    for (Map.Entry<Long, PackedWrites> write : writes.tailMap(after, false).entrySet()) {
      if (write.getValue().id().equals(id)) {
        return OptionalLong.of(write.getKey());
      }
    }
    return OptionalLong.empty();
  }

  /**
   * The first revision to keep when another write comes, which is kept however large; one is
   * answered when nothing has to go.
   */
  long keepFrom(EmbeddedStoreConfig config, PackedWrites coming, Instant now) {
    Instant tooOld = now.minus(config.historyAge());
    long leftBytes = bytes + coming.size();
    long leftChanges = changes + coming.names().size();
    long keep = 1;
    for (Map.Entry<Long, PackedWrites> write : writes.entrySet()) {
      if (leftBytes <= config.historyBytes()
          && leftChanges <= config.historyChanges()
          && !write.getValue().at().isBefore(tooOld)) {
        break;
      }
      leftBytes -= write.getValue().size();
      leftChanges -= write.getValue().names().size();
      keep = write.getKey() + 1;
    }
    return keep;
  }

  @Override
  public long oldestKept() {
    return writes.isEmpty() ? newest + 1 : writes.firstKey();
  }

  @Override
  public List<Past> history(ObjectKey key, int limit) {
    String name = Records.name(key);
    List<Past> found = new ArrayList<>();
    for (Map.Entry<Long, PackedWrites> write : writes.descendingMap().entrySet()) {
      if (found.size() >= limit) {
        break;
      }
      // A write changes an object once.
      int place = write.getValue().names().indexOf(name);
      if (place >= 0) {
        found.add(unpacked(write).get(place));
      }
    }
    return found;
  }

  @Override
  public List<Past> history(Predicate<String> names, long before, int most) {
    List<Past> found = new ArrayList<>();
    int seen = 0;
    for (Map.Entry<Long, PackedWrites> write :
        writes.headMap(before, false).descendingMap().entrySet()) {
      List<String> all = write.getValue().names();
      if (all.stream().noneMatch(names)) {
        continue;
      }
      if (++seen > most) {
        break;
      }
      List<Past> changed = unpacked(write);
      for (int i = all.size() - 1; i >= 0; i--) { // the last change of a write comes first
        if (names.test(all.get(i))) {
          found.add(changed.get(i));
        }
      }
    }
    return found;
  }

  @Override
  public List<Past> between(long after, long upTo) {
    List<Past> found = new ArrayList<>();
    if (after < upTo) {
      writes
          .subMap(after, false, upTo, true)
          .entrySet()
          .forEach(write -> found.addAll(unpacked(write)));
    }
    return found;
  }

  @Override
  public List<Past> firstAfter(String name, long revision) {
    for (Map.Entry<Long, PackedWrites> write : writes.tailMap(revision, false).entrySet()) {
      int place = write.getValue().names().indexOf(name);
      if (place >= 0) {
        return List.of(unpacked(write).get(place));
      }
    }
    return List.of();
  }

  /** Whether all changes after a revision are there. */
  boolean reachesBackTo(long since) {
    return since == newest
        || (since <= newest && !writes.isEmpty() && writes.firstKey() - 1 <= since);
  }

  private List<Past> unpacked(Map.Entry<Long, PackedWrites> write) {
    long revision = write.getKey();
    return write.getValue().unpacked(where).stream()
        .map(record -> new Past(revision, record))
        .toList();
  }

  @Override
  public HistoryEntry read(Past past) {
    return records.readHistory(past.revision, past.record);
  }
}
