package io.heddle.proxy.engine.format;

import java.util.AbstractMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A map whose values are looked for when someone asks for them. Read only; owned by one event loop.
 */
final class AttributeMap extends AbstractMap<String, Object> {
  private final Supplier<Set<String>> names;
  private final Function<String, @Nullable Object> values;

  /**
   * A map.
   *
   * @param names those that it lists; it may have others
   * @param values null for none
   */
  AttributeMap(Supplier<Set<String>> names, Function<String, @Nullable Object> values) {
    this.names = names;
    this.values = values;
  }

  @Override
  public @Nullable Object get(@Nullable Object key) {
    return key instanceof String name ? values.apply(name) : null;
  }

  @Override
  public boolean containsKey(@Nullable Object key) {
    return get(key) != null;
  }

  @Override
  public int size() {
    return names.get().size();
  }

  @Override
  public Set<Map.Entry<String, Object>> entrySet() {
    Map<String, Object> all = new LinkedHashMap<>();
    for (String name : names.get()) {
      Object value = values.apply(name);
      if (value != null) {
        all.put(name, value);
      }
    }
    return all.entrySet();
  }
}
