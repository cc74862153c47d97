package io.heddle.control.api.resource;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** Copies maps so that they print alike whatever order they were written in. */
final class Ordered {
  private Ordered() {}

  static <V> Map<String, V> copy(Map<String, V> map) {
    return map.isEmpty() ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(map));
  }
}
