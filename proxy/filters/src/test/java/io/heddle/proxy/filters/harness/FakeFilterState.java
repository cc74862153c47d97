package io.heddle.proxy.filters.harness;

import io.heddle.proxy.api.FilterState;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Objects by key, of an exchange or of a connection. */
public final class FakeFilterState implements FilterState {
  private final Map<Key<?>, Object> values = new HashMap<>();

  /** Nothing yet. */
  public FakeFilterState() {}

  @Override
  public <T> void put(Key<T> key, T value) {
    values.put(key, value);
  }

  @Override
  public <T> Optional<T> get(Key<T> key) {
    return Optional.ofNullable(values.get(key)).map(key.type()::cast);
  }

  @Override
  public Optional<String> text(String name) {
    return values.entrySet().stream()
        .filter(entry -> entry.getKey().name().equals(name))
        .map(entry -> String.valueOf(entry.getValue()))
        .findFirst();
  }
}
