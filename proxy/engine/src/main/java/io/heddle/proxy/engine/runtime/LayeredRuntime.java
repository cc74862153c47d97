package io.heddle.proxy.engine.runtime;

import io.heddle.proxy.api.RuntimeView;
import io.heddle.proxy.api.StatsScope;
import io.heddle.xds.model.RuntimeValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The runtime of a process: layers whose values may be replaced, each at its place.
 *
 * <p>A lookup never waits; a change builds a new snapshot and swaps it.
 */
public final class LayeredRuntime implements RuntimeView {
  private final StatsScope.Gauge keys;
  private final StatsScope.Gauge adminOverrides;
  private final StatsScope.Counter loads;
  private final StatsScope.Counter failures;
  private volatile RuntimeSnapshot snapshot;

  /**
   * Makes the runtime with empty layers.
   *
   * @param layers their names, the one that is overridden by all others first
   * @param stats the scope {@code runtime}
   */
  public LayeredRuntime(List<String> layers, StatsScope stats) {
    List<RuntimeSnapshot.Layer> empty = new ArrayList<>();
    layers.forEach(name -> empty.add(new RuntimeSnapshot.Layer(name, Map.of())));
    this.snapshot = new RuntimeSnapshot(empty);
    this.keys = stats.gauge("num_keys");
    this.adminOverrides = stats.gauge("admin_overrides_active");
    this.loads = stats.counter("load_success");
    this.failures = stats.counter("load_error");
    stats.counter("override_dir_exists");
    stats.counter("override_dir_not_exists");
    stats.counter("deprecated_feature_use");
    stats.gauge("deprecated_feature_seen_since_process_start");
    StatsScope.Gauge count = stats.gauge("num_layers");
    count.add(layers.size() - count.value());
  }

  /** The values as they are now. */
  public RuntimeSnapshot snapshot() {
    return snapshot;
  }

  /** Replaces all values of the layer at this place, counted from 0. */
  public synchronized void replace(int layer, Map<String, RuntimeValue> values) {
    List<RuntimeSnapshot.Layer> layers = new ArrayList<>(snapshot.layers());
    layers.set(layer, new RuntimeSnapshot.Layer(layers.get(layer).name(), values));
    snapshot = new RuntimeSnapshot(layers);
    loads.increment();
    keys.add(snapshot.keys() - keys.value());
  }

  /** Changes single values of the layer at this place; an empty text takes the key out. */
  public synchronized void modify(int layer, Map<String, String> changes) {
    Map<String, RuntimeValue> values = new HashMap<>(snapshot.layers().get(layer).values());
    changes.forEach((key, text) -> {
      if (text.isEmpty()) {
        values.remove(key);
      } else {
        values.put(key, RuntimeValue.ofText(text));
      }
    });
    replace(layer, values);
    adminOverrides.add((values.isEmpty() ? 0 : 1) - adminOverrides.value());
  }

  /** Counts that a layer could not be read; its last values stay. */
  public void failed() {
    failures.increment();
  }

  @Override
  public boolean flag(String key, boolean absent) {
    return snapshot.flag(key, absent);
  }

  @Override
  public long integer(String key, long absent) {
    return snapshot.integer(key, absent);
  }

  @Override
  public double number(String key, double absent) {
    return snapshot.number(key, absent);
  }

  @Override
  public boolean includes(String key, long numerator, int denominator, long random) {
    return snapshot.includes(key, numerator, denominator, random);
  }
}
