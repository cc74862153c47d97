package io.heddle.proxy.filters.config;

import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.RuntimeView;
import io.heddle.xds.model.Fraction;
import java.util.random.RandomGenerator;

/**
 * A share of requests that operators may change ({@code
 * envoy.config.core.v3.RuntimeFractionalPercent}).
 *
 * @param key empty where it cannot be changed
 */
public record RuntimeShare(RuntimeView runtime, String key, Fraction byDefault) {
  /** A share that never changes. */
  public static RuntimeShare fixed(Fraction share) {
    return new RuntimeShare(RuntimeView.NONE, "", share);
  }

  /** Reads a share. */
  public static RuntimeShare of(RuntimeFractionalPercent percent, String path, RuntimeView runtime)
      throws FilterConfigException {
    return new RuntimeShare(runtime, percent.getRuntimeKey(), Percentages.of(percent, path));
  }

  /** Whether this request is in the share of this moment. */
  public boolean hit(RandomGenerator random) {
    return hit(byDefault, random);
  }

  /** The same, with another share where the runtime has none. */
  public boolean hit(Fraction otherwise, RandomGenerator random) {
    return key.isEmpty()
        ? Percentages.hit(otherwise, random)
        : runtime.includes(key, otherwise.numerator(), otherwise.denominator(), random.nextLong());
  }
}
