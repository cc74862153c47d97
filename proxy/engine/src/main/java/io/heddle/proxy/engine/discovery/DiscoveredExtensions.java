package io.heddle.proxy.engine.discovery;

import com.google.protobuf.Any;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.ExtensionConfig;
import io.heddle.xds.model.ExtensionSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The fetched configurations by name, and the places in filter chains that use them. A change is
 * taken by all of its places or by none. Guarded by itself.
 */
public final class DiscoveredExtensions {
  private final Map<String, Any> configs = new HashMap<>();
  private final Map<String, Set<Place<?>>> places = new HashMap<>();

  /** Parses a configuration. */
  @FunctionalInterface
  public interface Parser<T> {
    /** Parses, or says what is wrong. */
    T parse(Any config) throws FilterConfigException;
  }

  /**
   * Enters a place, which begins with what is there, or else with its default.
   *
   * @param free frees a configuration that nobody uses any more
   * @throws FilterConfigException where the default, or what is there, cannot be used
   */
  public synchronized <T> Place<T> enter(
      ExtensionConfig extension, Parser<T> parser, java.util.function.Consumer<T> free)
      throws FilterConfigException {
    ExtensionSource source = extension.discovery().orElseThrow();
    Place<T> place = new Place<>(source, parser, free);
    String key = source.key(extension.name());
    Any there = configs.get(key);
    place.begin(there);
    places.computeIfAbsent(key, _ -> new LinkedHashSet<>()).add(place);
    place.onClose(() -> leave(key, place));
    return place;
  }

  private synchronized void leave(String key, Place<?> place) {
    Set<Place<?>> all = places.get(key);
    if (all != null && all.remove(place) && all.isEmpty()) {
      places.remove(key);
    }
  }

  /**
   * Gives all places of this name another configuration.
   *
   * @return why it was refused; empty when it was applied
   */
  public synchronized List<ConfigError> apply(String key, ExtensionConfig extension) {
    List<Runnable> swaps = new ArrayList<>();
    List<Runnable> discards = new ArrayList<>();
    for (Place<?> place : places.getOrDefault(key, Set.of())) {
      try {
        Place.Prepared prepared = place.prepare(extension.config());
        swaps.add(prepared.swap());
        discards.add(prepared.discard());
      } catch (FilterConfigException refused) {
        discards.forEach(Runnable::run);
        return List.of(refusal(extension.name(), refused));
      }
    }
    configs.put(key, extension.config());
    swaps.forEach(Runnable::run);
    return List.of();
  }

  /** Why a configuration was not taken. */
  public static ConfigError refusal(String name, FilterConfigException refused) {
    return new ConfigError(
        "TypedExtensionConfig " + name,
        refused.field().isEmpty() ? "typed_config" : "typed_config." + refused.field(),
        refused.offending(),
        refused.expected());
  }

  /** Forgets one: its places go back to their default. False where there is none. */
  public synchronized boolean remove(String key) {
    boolean there = configs.remove(key) != null;
    places.getOrDefault(key, Set.of()).forEach(Place::reset);
    return there;
  }
}
