package io.heddle.proxy.api;

import java.util.Optional;

/** Typed objects that the filters of an exchange share. Owned by the event loop. */
public interface FilterState {
  /** Keeps nothing. */
  FilterState NOWHERE =
      new FilterState() {
        @Override
        public <T> void put(Key<T> key, T value) {}

        @Override
        public <T> Optional<T> get(Key<T> key) {
          return Optional.empty();
        }
      };

  /** Puts a value under a key; the key's name appears in {@code %FILTER_STATE(name)%}. */
  <T> void put(Key<T> key, T value);

  /**
   * The same, once and for all: what is put under the name afterwards is dropped, with a line in
   * the log.
   */
  default <T> void putFinal(Key<T> key, T value) {
    put(key, value);
  }

  /** The value under this key. */
  <T> Optional<T> get(Key<T> key);

  /** The value of this name as text, whatever its type; for logs. */
  default Optional<String> text(String name) {
    return Optional.empty();
  }

  /**
   * Names a value and its type. Two keys of the same name must have the same type.
   *
   * @param name dotted, under your own domain
   * @param type class of the values
   */
  record Key<T>(String name, Class<T> type) {}
}
