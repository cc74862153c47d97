package io.heddle.xds.server;

import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The names that a subscription asks for. Proxies of one service ask for the same thousands, so
 * that equal sets of a shard are one object, which then never changes; see {@link Pool}. A set that
 * belongs to one subscription alone is changed in place. Owned by the shard.
 */
final class NameSet {
  /** By what the pool finds it, for as long as it lives. */
  private final Content content;

  private final boolean shared;

  /** How many subscriptions ask for just this. */
  private int users;

  /** The list that said these names last, for clients that say all of them each time. */
  private List<String> listed = List.of();

  // What became of it last, for those that take the same step.
  private Set<String> lastAdded = Set.of();
  private Set<String> lastLeft = Set.of();
  private @Nullable Reference<NameSet> lastResult;

  private NameSet(Content content, boolean shared) {
    this.content = content;
    this.shared = shared;
  }

  /** An empty set of one subscription alone. */
  static NameSet own() {
    return new NameSet(new Content(new HashSet<>(), 0), false);
  }

  boolean contains(String name) {
    return content.names().contains(name);
  }

  Set<String> names() {
    return Collections.unmodifiableSet(content.names());
  }

  /** Whether it may belong to several subscriptions, and never changes. */
  boolean shared() {
    return shared;
  }

  void used() {
    users++;
  }

  void unused() {
    users--;
  }

  boolean add(String name) {
    return mutable().add(name);
  }

  boolean remove(String name) {
    return mutable().remove(name);
  }

  private Set<String> mutable() {
    if (shared) {
      throw new IllegalStateException("shared names never change");
    }
    return content.names();
  }

  /** This list, or an equal one that is known already. */
  List<String> listed(List<String> list) {
    if (!listed.equals(list)) {
      listed = list;
    }
    return listed;
  }

  private @Nullable NameSet after(Set<String> added, Set<String> left) {
    NameSet known = lastResult == null ? null : lastResult.get();
    return known != null && lastAdded.equals(added) && lastLeft.equals(left) ? known : null;
  }

  /** The content of a shared set, by which the pool finds it. */
  private record Content(Set<String> names, int hash) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Content that && hash == that.hash && names.equals(that.names);
    }

    @Override
    public int hashCode() {
      return hash;
    }
  }

  /** The shared sets of one shard; what nobody uses any more is forgotten. */
  static final class Pool {
    /** So many names are looked through to share them with others, whoever asks. */
    private static final int ALWAYS_SHARED = 4_096;

    /** A set that so many use is likely to be left by all of them in the same way. */
    private static final int MANY = 8;

    private static final int SHARE_OF_MUCH = 16;

    private final Map<Content, Reference<NameSet>> known = new WeakHashMap<>();
    private final NameSet empty = new NameSet(new Content(Set.of(), 0), true);

    NameSet empty() {
      return empty;
    }

    /** The set of these names. */
    NameSet of(Set<String> names) {
      return names.isEmpty() ? empty : shared(new HashSet<>(names));
    }

    /**
     * What a set becomes.
     *
     * @param added names that it lacks
     * @param left names that it has
     */
    NameSet changed(NameSet from, Set<String> added, Set<String> left) {
      if (added.isEmpty() && left.isEmpty()) {
        return from;
      }
      if (!from.shared) {
        left.forEach(from::remove);
        added.forEach(from::add);
        return from;
      }
      NameSet known = from.after(added, left);
      if (known != null) {
        return known;
      }
      int size = from.content.names().size() + added.size() - left.size();
      int change = added.size() + left.size();
      Set<String> names = new HashSet<>(from.content.names());
      names.removeAll(left);
      names.addAll(added);
      if (size > ALWAYS_SHARED && from.users < MANY && change < size / SHARE_OF_MUCH) {
        return new NameSet(new Content(names, 0), false);
      }
      NameSet next = shared(names);
      from.lastAdded = added;
      from.lastLeft = left;
      from.lastResult = new WeakReference<>(next);
      return next;
    }

    private NameSet shared(Set<String> names) {
      if (names.isEmpty()) {
        return empty;
      }
      Content content = new Content(names, names.hashCode());
      Reference<NameSet> reference = known.get(content);
      NameSet same = reference == null ? null : reference.get();
      if (same != null) {
        return same;
      }
      NameSet made = new NameSet(content, true);
      known.put(content, new WeakReference<>(made));
      return made;
    }
  }
}
