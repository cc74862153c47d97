package io.heddle.proxy.engine.connection;

import io.heddle.proxy.api.FilterState;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What HTTP filters keep with a connection. Owned by its event loop. */
final class ConnectionState implements FilterState {
  /** Most connections never have any. */
  private @Nullable Map<Key<?>, Object> values;

  @Override
  public <T> void put(Key<T> key, T value) {
    Map<Key<?>, Object> map = values;
    if (map == null) {
      map = new HashMap<>();
      values = map;
    }
    map.put(key, value);
  }

  @Override
  public <T> Optional<T> get(Key<T> key) {
    Map<Key<?>, Object> map = values;
    return map == null ? Optional.empty() : Optional.ofNullable(key.type().cast(map.get(key)));
  }
}
