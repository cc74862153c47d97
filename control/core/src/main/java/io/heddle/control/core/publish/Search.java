package io.heddle.control.core.publish;

import io.heddle.control.api.resource.ObjectKey;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Finds the objects for which one proxy refuses a table: groups are tried, a refused group is
 * halved, and an object that is refused alone is a culprit. Several culprits are all found.
 */
final class Search {
  private final Deque<List<ObjectKey>> groups = new ArrayDeque<>();
  private final Set<ObjectKey> open = new HashSet<>();
  private List<ObjectKey> current = List.of();

  Search(Collection<ObjectKey> suspects) {
    List<ObjectKey> all = suspects.stream().sorted().toList();
    open.addAll(all);
    // The whole is known to be refused.
    current = all;
  }

  /** The objects that are tried next, beside those already found good; empty when all is said. */
  List<ObjectKey> trial() {
    if (current.isEmpty() && !groups.isEmpty()) {
      current = groups.pop();
    }
    return current;
  }

  /** The suspects that must stay out of the present trial. */
  Set<ObjectKey> left() {
    Set<ObjectKey> left = new HashSet<>(open);
    current.forEach(left::remove);
    return left;
  }

  void accepted() {
    current.forEach(open::remove);
    current = List.of();
  }

  /** Returns the culprit when the trial was of one object, else nothing. */
  List<ObjectKey> refused() {
    List<ObjectKey> tried = current;
    current = List.of();
    if (tried.size() == 1) {
      open.removeAll(tried);
      return tried;
    }
    int half = tried.size() / 2;
    groups.push(new ArrayList<>(tried.subList(half, tried.size())));
    groups.push(new ArrayList<>(tried.subList(0, half)));
    return List.of();
  }
}
