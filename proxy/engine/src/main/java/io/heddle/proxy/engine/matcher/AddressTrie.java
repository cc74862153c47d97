package io.heddle.proxy.engine.matcher;

import io.heddle.xds.model.CidrRange;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Values by ranges of IP addresses. Built by one thread, then immutable. */
final class AddressTrie<V> {
  private final Node<V> v4 = new Node<>();
  private final Node<V> v6 = new Node<>();

  private static final class Node<V> {
    final List<V> values = new ArrayList<>(1);
    @Nullable Node<V> zero;
    @Nullable Node<V> one;
  }

  void add(CidrRange range, V value) {
    byte[] address = range.address();
    Node<V> node = address.length == 4 ? v4 : v6;
    for (int bit = 0; bit < range.prefixLength(); bit++) {
      boolean set = isSet(address, bit);
      Node<V> next = set ? node.one : node.zero;
      if (next == null) {
        next = new Node<>();
        if (set) {
          node.one = next;
        } else {
          node.zero = next;
        }
      }
      node = next;
    }
    node.values.add(value);
  }

  /** The values of all ranges that hold an address, the smallest first, otherwise as added. */
  List<V> holding(byte[] address) {
    List<List<V>> levels = new ArrayList<>(2);
    Node<V> node = address.length == 4 ? v4 : v6;
    for (int bit = 0; node != null; bit++) {
      if (!node.values.isEmpty()) {
        levels.add(node.values);
      }
      node = bit == address.length * 8 ? null : isSet(address, bit) ? node.one : node.zero;
    }
    List<V> found = new ArrayList<>(levels.size());
    for (int i = levels.size() - 1; i >= 0; i--) {
      found.addAll(levels.get(i));
    }
    return found;
  }

  private static boolean isSet(byte[] address, int bit) {
    return (address[bit >> 3] & 0x80 >> (bit & 7)) != 0;
  }
}
