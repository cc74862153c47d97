package io.heddle.proxy.engine.matcher;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Values by prefixes of texts. Built by one thread, then immutable. */
final class PrefixTrie<V> {
  private final Node<V> root = new Node<>();

  private static final class Node<V> {
    final Map<Character, Node<V>> next = new HashMap<>(4);
    @Nullable V value;
  }

  void add(String prefix, V value) {
    Node<V> node = root;
    for (int i = 0; i < prefix.length(); i++) {
      node = node.next.computeIfAbsent(prefix.charAt(i), _ -> new Node<>());
    }
    node.value = value;
  }

  /** The values of all prefixes of a text, the shortest first. */
  List<V> prefixesOf(String text) {
    List<V> found = new ArrayList<>(2);
    Node<V> node = root;
    for (int i = 0; node != null; i++) {
      V value = node.value;
      if (value != null) {
        found.add(value);
      }
      node = i < text.length() ? node.next.get(text.charAt(i)) : null;
    }
    return found;
  }
}
