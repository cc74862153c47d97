package io.heddle.proxy.filters.config;

import io.envoyproxy.envoy.config.core.v3.RuntimeFeatureFlag;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.RuntimeView;
import java.util.Set;

/**
 * A flag that operators may turn ({@code envoy.config.core.v3.RuntimeFeatureFlag}).
 *
 * @param key empty where it cannot be turned
 */
public record RuntimeFlag(RuntimeView runtime, String key, boolean byDefault) {
  /** A flag that never changes. */
  public static RuntimeFlag fixed(boolean value) {
    return new RuntimeFlag(RuntimeView.NONE, "", value);
  }

  /** Reads a flag. */
  public static RuntimeFlag of(RuntimeFeatureFlag flag, String path, RuntimeView runtime)
      throws FilterConfigException {
    SetFields.allow(flag, path, Set.of("default_value", "runtime_key"));
    if (!flag.hasDefaultValue()) {
      throw new FilterConfigException(
          SetFields.at(path, "default_value"), "not set", "true or false");
    }
    return new RuntimeFlag(runtime, flag.getRuntimeKey(), flag.getDefaultValue().getValue());
  }

  /** The value of this moment. */
  public boolean on() {
    return key.isEmpty() ? byDefault : runtime.flag(key, byDefault);
  }
}
