package io.heddle.xds.server;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What one stream wants of one type. Owned by the shard of the stream. */
final class Interest {
  static final String WILDCARD = "*";

  /**
   * What a request changed.
   *
   * @param added names asked for, also where delta asks again for one it has
   * @param left names no longer asked for by name
   */
  record Change(
      Collection<String> added,
      Collection<String> left,
      boolean wildcardBegan,
      boolean wildcardEnded) {
    boolean none() {
      return added.isEmpty() && left.isEmpty() && !wildcardBegan && !wildcardEnded;
    }
  }

  private final boolean legacyWildcard;
  private final NameSet.Pool pool;
  private static final Change UNCHANGED = new Change(List.of(), List.of(), false, false);

  private List<String> lastList = List.of();
  private NameSet names;
  private boolean wildcard;
  private boolean started;
  private boolean everNamed;

  /**
   * @param legacyWildcard whether an empty first request means everything
   * @param pool where sets of names are shared
   */
  Interest(boolean legacyWildcard, NameSet.Pool pool) {
    this.legacyWildcard = legacyWildcard;
    this.pool = pool;
    this.names = pool.empty();
  }

  boolean covers(String name) {
    return wildcard || names.contains(name);
  }

  boolean names(String name) {
    return names.contains(name);
  }

  Set<String> names() {
    return names.names();
  }

  NameSet set() {
    return names;
  }

  boolean wildcard() {
    return wildcard;
  }

  boolean started() {
    return started;
  }

  /** SotW: the list replaces what was asked for before. */
  Change replace(List<String> list) {
    if (started && list.equals(lastList)) {
      return UNCHANGED; // an ordinary ACK, without hashing what may be thousands of names
    }
    Set<String> next = new LinkedHashSet<>(list);
    boolean star = next.remove(WILDCARD);
    everNamed |= !list.isEmpty();
    boolean nextWildcard = star || (!everNamed && legacyWildcard);
    List<String> added = new ArrayList<>();
    for (String name : next) {
      if (!names.contains(name)) {
        added.add(name);
      }
    }
    List<String> left = new ArrayList<>();
    for (String name : names.names()) {
      if (!next.contains(name)) {
        left.add(name);
      }
    }
    Change change = new Change(added, left, nextWildcard && !wildcard, wildcard && !nextWildcard);
    names = pool.of(next);
    lastList = names.listed(list);
    wildcard = nextWildcard;
    started = true;
    return change;
  }

  /** The names asked for that a list lacks. */
  List<String> missingFrom(List<String> list) {
    Set<String> listed = new HashSet<>(list);
    return names.names().stream().filter(name -> !listed.contains(name)).toList();
  }

  /** Delta: the lists are added to and taken from what was asked for before. */
  Change adjust(List<String> subscribe, List<String> unsubscribe) {
    boolean before = wildcard;
    if (!started && subscribe.isEmpty() && unsubscribe.isEmpty()) {
      wildcard = legacyWildcard;
    }
    started = true;
    Set<String> left = new LinkedHashSet<>();
    Set<String> gone = new LinkedHashSet<>();
    for (String name : unsubscribe) {
      if (name.equals(WILDCARD)) {
        wildcard = false;
      } else if (names.contains(name)) {
        gone.add(name);
        left.add(name);
      } else if (wildcard) {
        left.add(name);
      }
    }
    Set<String> added = new LinkedHashSet<>();
    Set<String> fresh = new LinkedHashSet<>();
    for (String name : subscribe) {
      if (name.equals(WILDCARD)) {
        wildcard = true;
      } else {
        added.add(name);
        if (!gone.remove(name) && !names.contains(name)) {
          fresh.add(name);
        }
      }
    }
    names = pool.changed(names, fresh, gone);
    return new Change(added, left, wildcard && !before, before && !wildcard);
  }
}
