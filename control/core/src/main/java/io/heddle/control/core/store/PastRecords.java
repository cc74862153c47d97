package io.heddle.control.core.store;

import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.store.HistoryEntry;
import java.util.List;
import java.util.function.Predicate;

/** Where past changes are found. */
interface PastRecords {
  /** The oldest write that is kept; the one after the newest where none is. */
  long oldestKept();

  /** Past changes of an object, newest first. */
  List<Past> history(ObjectKey key, int limit);

  /**
   * Past changes of the objects with these names, of as many writes, newest first.
   *
   * @param before only of older writes
   */
  List<Past> history(Predicate<String> names, long before, int writes);

  /** All changes after a revision up to another one, oldest first. */
  List<Past> between(long after, long upTo);

  /** The first change of an object after a revision; none where there was none. */
  List<Past> firstAfter(String name, long revision);

  /** For any thread. */
  HistoryEntry read(Past past);

  /** A change as it is kept; the bytes are never changed, and may be read by any thread. */
  final class Past {
    final long revision;
    final byte[] record;

    Past(long revision, byte[] record) {
      this.revision = revision;
      this.record = record;
    }
  }
}
