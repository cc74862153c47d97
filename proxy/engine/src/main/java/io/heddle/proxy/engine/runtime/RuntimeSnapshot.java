package io.heddle.proxy.engine.runtime;

import io.heddle.proxy.api.RuntimeView;
import io.heddle.xds.model.RuntimeValue;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All layers as they are at one moment. Immutable. */
public final class RuntimeSnapshot implements RuntimeView {
  private final List<Layer> layers;
  private final Map<String, RuntimeValue> merged;

  /** One layer's values by key. */
  public record Layer(String name, Map<String, RuntimeValue> values) {
    public Layer {
      values = Map.copyOf(values);
    }
  }

  RuntimeSnapshot(List<Layer> layers) {
    this.layers = List.copyOf(layers);
    this.merged = new HashMap<>();
    for (Layer layer : layers) {
      merged.putAll(layer.values());
    }
  }

  /** The layers, the one that is overridden by all others first. */
  public List<Layer> layers() {
    return layers;
  }

  /** What counts, by key. */
  public Map<String, RuntimeValue> values() {
    return Map.copyOf(merged);
  }

  int keys() {
    return merged.size();
  }

  @Override
  public boolean flag(String key, boolean absent) {
    RuntimeValue value = find(key);
    if (value == null) {
      return absent;
    }
    return switch (value.truth()) {
      case TRUE -> true;
      case FALSE -> false;
      case NEITHER -> absent;
    };
  }

  @Override
  public long integer(String key, long absent) {
    RuntimeValue value = find(key);
    return value == null || value.integer() == RuntimeValue.NO_INTEGER ? absent : value.integer();
  }

  @Override
  public double number(String key, double absent) {
    RuntimeValue value = find(key);
    return value == null || Double.isNaN(value.number()) ? absent : value.number();
  }

  @Override
  public boolean includes(String key, long numerator, int denominator, long random) {
    RuntimeValue value = find(key);
    if (value != null && value.denominator() > 0) {
      return Long.remainderUnsigned(random, value.denominator()) < value.numerator();
    }
    return Long.remainderUnsigned(random, denominator) < numerator;
  }

  private @Nullable RuntimeValue find(String key) {
    return key.isEmpty() ? null : merged.get(key);
  }
}
