package io.heddle.control.core.store;

import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.store.HistoryEntry;
import io.heddle.control.api.store.HistoryPage;
import io.heddle.control.api.store.HistoryQuery;
import io.heddle.control.api.store.Recall;
import io.heddle.control.api.store.Revision;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Answers what was. For any thread: while nothing changes the records are only fetched, and whoever
 * asks reads them.
 */
final class PastChanges {
  private final Supplier<? extends PastRecords> kept;
  private final LongSupplier newest;
  private final Consumer<Runnable> onWriter;
  private final Function<ObjectKey, Optional<ResourceObject>> present;

  /**
   * @param kept what is kept; asked where {@code onWriter} runs
   * @param newest the newest revision; asked there, too
   * @param onWriter runs something while nothing changes, and waits for it
   * @param present an object as it now is; asked there, too
   */
  PastChanges(
      Supplier<? extends PastRecords> kept,
      LongSupplier newest,
      Consumer<Runnable> onWriter,
      Function<ObjectKey, Optional<ResourceObject>> present) {
    this.kept = kept;
    this.newest = newest;
    this.onWriter = onWriter;
    this.present = present;
  }

  /** What was fetched on the writer thread. */
  private static final class Fetched {
    List<PastRecords.Past> records = List.of();
    @Nullable PastRecords file;
    long newest;
    long oldest;
    Optional<ResourceObject> now = Optional.empty();

    List<HistoryEntry> entries() {
      PastRecords from = file;
      return from == null ? List.of() : records.stream().map(from::read).toList();
    }
  }

  private Fetched fetch(Function<PastRecords, List<PastRecords.Past>> what) {
    Fetched fetched = new Fetched();
    onWriter.accept(() -> fill(fetched, what));
    return fetched;
  }

  private void fill(Fetched fetched, Function<PastRecords, List<PastRecords.Past>> what) {
    PastRecords file = kept.get();
    fetched.file = file;
    fetched.newest = newest.getAsLong();
    fetched.oldest = file.oldestKept();
    fetched.records = what.apply(file);
  }

  List<HistoryEntry> history(ObjectKey key, int limit) {
    return fetch(file -> file.history(key, limit)).entries();
  }

  HistoryPage history(HistoryQuery query) {
    Predicate<String> names = names(query);
    long before = query.before().equals(Revision.NONE) ? Long.MAX_VALUE : number(query.before());
    // One write more than asked for tells whether there are more.
    Fetched fetched = fetch(file -> file.history(names, before, query.limit() + 1));
    List<HistoryEntry> changes = new ArrayList<>(fetched.entries());
    int writes = 0;
    String last = "";
    boolean more = false;
    for (int i = 0; i < changes.size(); i++) {
      String revision = changes.get(i).revision().token();
      if (!revision.equals(last) && ++writes > query.limit()) {
        changes.subList(i, changes.size()).clear();
        more = true;
        break;
      }
      last = revision;
    }
    boolean none = fetched.oldest > fetched.newest;
    return new HistoryPage(
        inOrder(changes),
        revision(fetched.newest),
        none ? Revision.NONE : revision(fetched.oldest),
        more);
  }

  /** Newest write first, but the changes of a write as they were made. */
  private static List<HistoryEntry> inOrder(List<HistoryEntry> newestFirst) {
    List<HistoryEntry> ordered = new ArrayList<>(newestFirst.size());
    int begin = 0;
    for (int i = 0; i < newestFirst.size(); i++) {
      if (!newestFirst.get(i).revision().equals(newestFirst.get(begin).revision())) {
        begin = i;
      }
      ordered.add(begin, newestFirst.get(i));
    }
    return ordered;
  }

  private static Predicate<String> names(HistoryQuery query) {
    return name -> {
      int kindEnd = name.indexOf('/');
      int namespaceEnd = name.indexOf('/', kindEnd + 1);
      for (Kind kind : Kind.values()) {
        if (kindEnd > 0 && name.substring(0, kindEnd).equals(kind.kindName())) {
          return query.includes(
              new ObjectKey(
                  kind,
                  name.substring(kindEnd + 1, namespaceEnd),
                  name.substring(namespaceEnd + 1)));
        }
      }
      return false;
    };
  }

  Recall<List<HistoryEntry>> changesOf(Revision wanted) {
    long number = number(wanted);
    Fetched fetched = fetch(file -> number < 1 ? List.of() : file.between(number - 1, number));
    if (number < 1 || number > fetched.newest) {
      return new Recall.Unknown<>(revision(fetched.newest));
    }
    return number < fetched.oldest
        ? new Recall.Forgotten<>(revision(fetched.oldest))
        : new Recall.Known<>(fetched.entries());
  }

  Recall<List<HistoryEntry>> changesBetween(Revision after, Revision upTo) {
    long from = number(after);
    long to = number(upTo);
    Fetched fetched = fetch(file -> from < 0 || to <= from ? List.of() : file.between(from, to));
    if (from < 0 || to < 0 || from > fetched.newest || to > fetched.newest) {
      return new Recall.Unknown<>(revision(fetched.newest));
    }
    return from < fetched.oldest - 1
        ? new Recall.Forgotten<>(revision(fetched.oldest))
        : new Recall.Known<>(fetched.entries());
  }

  Recall<Optional<ResourceObject>> at(ObjectKey key, Revision wanted) {
    long number = number(wanted);
    String name = Records.name(key);
    Fetched fetched = new Fetched();
    onWriter.accept(() -> {
      fill(fetched, file -> number < 0 ? List.of() : file.firstAfter(name, number));
      fetched.now = present.apply(key);
    });
    if (number < 0 || number > fetched.newest) {
      return new Recall.Unknown<>(revision(fetched.newest));
    }
    if (number < fetched.oldest - 1) {
      return new Recall.Forgotten<>(revision(fetched.oldest));
    }
    List<HistoryEntry> later = fetched.entries();
    return new Recall.Known<>(later.isEmpty() ? fetched.now : later.getFirst().before());
  }

  private static long number(Revision revision) {
    return EmbeddedStore.number(revision);
  }

  private static Revision revision(long number) {
    return new Revision(String.valueOf(number));
  }
}
