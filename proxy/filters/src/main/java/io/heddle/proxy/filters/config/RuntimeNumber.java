package io.heddle.proxy.filters.config;

import io.envoyproxy.envoy.config.core.v3.RuntimeDouble;
import io.envoyproxy.envoy.config.core.v3.RuntimePercent;
import io.envoyproxy.envoy.config.core.v3.RuntimeUInt32;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.RuntimeView;
import java.util.Set;

/**
 * A number that operators may change ({@code RuntimeDouble}, {@code RuntimePercent}, {@code
 * RuntimeUInt32} of {@code envoy.config.core.v3}).
 *
 * @param key empty where it cannot be changed
 */
public record RuntimeNumber(RuntimeView runtime, String key, double byDefault) {
  private static final Set<String> FIELDS = Set.of("default_value", "runtime_key");

  /** A number that never changes. */
  public static RuntimeNumber fixed(double value) {
    return new RuntimeNumber(RuntimeView.NONE, "", value);
  }

  /** Reads a number. */
  public static RuntimeNumber of(RuntimeDouble number, String path, RuntimeView runtime)
      throws FilterConfigException {
    SetFields.allow(number, path, FIELDS);
    return new RuntimeNumber(runtime, number.getRuntimeKey(), number.getDefaultValue());
  }

  /** Reads a percentage, 0 to 100. */
  public static RuntimeNumber of(RuntimePercent percent, String path, RuntimeView runtime)
      throws FilterConfigException {
    SetFields.allow(percent, path, FIELDS);
    double value = percent.getDefaultValue().getValue();
    if (!(value >= 0 && value <= 100)) {
      throw new FilterConfigException(
          SetFields.at(path, "default_value.value"), Double.toString(value), "0 to 100");
    }
    return new RuntimeNumber(runtime, percent.getRuntimeKey(), value);
  }

  /** Reads a whole number of at least zero. */
  public static RuntimeNumber of(RuntimeUInt32 number, String path, RuntimeView runtime)
      throws FilterConfigException {
    SetFields.allow(number, path, FIELDS);
    return new RuntimeNumber(
        runtime, number.getRuntimeKey(), (double) Integer.toUnsignedLong(number.getDefaultValue()));
  }

  /** The value of this moment. */
  public double value() {
    return key.isEmpty() ? byDefault : runtime.number(key, byDefault);
  }
}
