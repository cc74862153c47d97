package io.heddle.proxy.filters.config;

import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.xds.model.Fraction;
import java.util.Set;
import java.util.random.RandomGenerator;

/** Reads shares of requests. */
public final class Percentages {
  /** No request at all, which is what Envoy does where a share is not set. */
  public static final Fraction NONE = new Fraction(0, 100);

  private Percentages() {}

  /** The share that holds where the runtime has none under the key. */
  static Fraction of(RuntimeFractionalPercent percent, String path) throws FilterConfigException {
    SetFields.allow(percent, path, Set.of("default_value", "runtime_key"));
    if (!percent.hasDefaultValue()) {
      throw new FilterConfigException(
          SetFields.at(path, "default_value"), "not set", "a share of requests");
    }
    return of(percent.getDefaultValue(), SetFields.at(path, "default_value"));
  }

  /** A share. */
  public static Fraction of(FractionalPercent percent, String path) throws FilterConfigException {
    SetFields.allow(percent, path, Set.of("numerator", "denominator"));
    int denominator =
        switch (percent.getDenominator()) {
          case HUNDRED -> 100;
          case TEN_THOUSAND -> 10_000;
          case MILLION -> 1_000_000;
          case UNRECOGNIZED ->
              throw new FilterConfigException(
                  SetFields.at(path, "denominator"),
                  Integer.toString(percent.getDenominatorValue()),
                  "HUNDRED, TEN_THOUSAND or MILLION");
        };
    return new Fraction(Integer.toUnsignedLong(percent.getNumerator()), denominator);
  }

  /** Whether this request is in the share. */
  public static boolean hit(Fraction share, RandomGenerator random) {
    return share.all()
        || (share.numerator() > 0 && share.includes(random.nextLong() & Long.MAX_VALUE));
  }
}
