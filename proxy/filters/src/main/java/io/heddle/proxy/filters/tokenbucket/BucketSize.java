package io.heddle.proxy.filters.tokenbucket;

import com.google.protobuf.Duration;
import com.google.protobuf.util.Durations;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.filters.config.SetFields;
import java.util.Set;

/**
 * The size of a token bucket ({@code envoy.type.v3.TokenBucket}).
 *
 * @param max 1 to 2³²−1
 * @param perFill 1 to 2³²−1
 * @param intervalNanos at least 50 ms, as with Envoy
 */
public record BucketSize(long max, long perFill, long intervalNanos) {
  private static final long MIN_INTERVAL_NANOS = 50_000_000;
  private static final long MAX_INTERVAL_SECONDS = 100L * 365 * 24 * 3600;

  /** Reads a size. */
  public static BucketSize of(io.envoyproxy.envoy.type.v3.TokenBucket message, String path)
      throws FilterConfigException {
    SetFields.allow(message, path, Set.of("max_tokens", "tokens_per_fill", "fill_interval"));
    long max = Integer.toUnsignedLong(message.getMaxTokens());
    if (max == 0) {
      throw new FilterConfigException(SetFields.at(path, "max_tokens"), "0", "above 0");
    }
    long perFill =
        message.hasTokensPerFill()
            ? Integer.toUnsignedLong(message.getTokensPerFill().getValue())
            : 1;
    if (perFill == 0) {
      throw new FilterConfigException(SetFields.at(path, "tokens_per_fill"), "0", "above 0");
    }
    Duration interval = message.getFillInterval();
    if (!Durations.isValid(interval)
        || interval.getSeconds() > MAX_INTERVAL_SECONDS
        || Durations.toNanos(interval) < MIN_INTERVAL_NANOS) {
      throw new FilterConfigException(
          SetFields.at(path, "fill_interval"),
          interval.getSeconds() + " s " + interval.getNanos() + " ns",
          "50 ms to 100 years");
    }
    return new BucketSize(max, perFill, Durations.toNanos(interval));
  }

  /** Tokens that come in a second. */
  public double perSecond() {
    return perFill * 1e9 / intervalNanos;
  }
}
