package io.heddle.proxy.engine.route;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A map whose look-up key is a piece of a longer text, which need not be cut out. Immutable.
 *
 * @param <V> type of the values
 */
final class RegionMap<V> {
  private final boolean fold;
  private final @Nullable String[] keys;
  private final @Nullable Object[] values;
  private final int mask;

  private RegionMap(int capacity, boolean fold) {
    this.fold = fold;
    this.keys = new @Nullable String[capacity];
    this.values = new @Nullable Object[capacity];
    this.mask = capacity - 1;
  }

  /** A copy of a map; {@code fold} says that case does not matter, in ASCII. */
  static <V> RegionMap<V> of(Map<String, V> from, boolean fold) {
    int capacity = Integer.highestOneBit(Math.max(2, from.size() * 2)) * 2;
    RegionMap<V> map = new RegionMap<>(capacity, fold);
    from.forEach(map::put);
    return map;
  }

  private void put(String key, V value) {
    int at = slot(key, 0, key.length());
    keys[at] = key;
    values[at] = value;
  }

  @SuppressWarnings("unchecked") // Only put writes there.
  @Nullable V get(String text, int from, int to) {
    return (V) values[slot(text, from, to)];
  }

  private int slot(String text, int from, int to) {
    int hash = 0;
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      hash = hash * 31 + (fold ? lower(c) : c);
    }
    hash *= 0x9E3779B9;
    int at = (hash ^ hash >>> 16) & mask;
    while (true) {
      String key = keys[at];
      if (key == null || (key.length() == to - from && same(key, text, from))) {
        return at;
      }
      at = (at + 1) & mask;
    }
  }

  private boolean same(String key, String text, int from) {
    return fold ? sameFolded(key, 0, text, from, key.length()) : text.startsWith(key, from);
  }

  /** Whether two pieces are equal, their case aside. */
  static boolean sameFolded(String a, int fromA, String b, int fromB, int length) {
    if (fromA + length > a.length() || fromB + length > b.length()) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (lower(a.charAt(fromA + i)) != lower(b.charAt(fromB + i))) {
        return false;
      }
    }
    return true;
  }

  static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
  }
}
