package io.heddle.proxy.filters.localratelimit;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.extensions.filters.network.local_ratelimit.v3.LocalRateLimit;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.NetworkFilter;
import io.heddle.proxy.api.NetworkFilterFactory;
import io.heddle.proxy.filters.config.RuntimeFlag;
import io.heddle.proxy.filters.config.SetFields;
import io.heddle.proxy.filters.tokenbucket.BucketSize;
import io.heddle.proxy.filters.tokenbucket.TokenBucket;
import java.lang.ref.WeakReference;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Limits how fast a filter chain takes connections ({@code envoy.filters.network.local_ratelimit});
 * one that comes too fast is closed at once.
 *
 * <p>Holds what {@code share_key} shares: a bucket lives as long as a configuration that names it.
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/listeners/network_filters/local_rate_limit_filter">Envoy,
 *     local rate limit</a>
 */
public final class NetworkLocalRateLimitFactory implements NetworkFilterFactory {
  private final ConcurrentHashMap<SharedBucket, WeakReference<TokenBucket>> shared =
      new ConcurrentHashMap<>();

  /** Only buckets of one size are shared, as with Envoy. */
  private record SharedBucket(String key, BucketSize size) {}

  @Override
  public String name() {
    return "envoy.filters.network.local_ratelimit";
  }

  @Override
  public Set<String> typeUrls() {
    return Set.of(
        "type.googleapis.com/envoy.extensions.filters.network.local_ratelimit.v3.LocalRateLimit");
  }

  @Override
  public NetworkFilterConfig parse(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    LocalRateLimit message =
        SetFields.unpack(
            config,
            LocalRateLimit.class,
            Set.of("stat_prefix", "token_bucket", "runtime_enabled", "share_key"));
    if (message.getStatPrefix().isEmpty()) {
      throw new FilterConfigException("stat_prefix", "", "not empty");
    }
    if (!message.hasTokenBucket()) {
      throw new FilterConfigException("token_bucket", "not set", "a token bucket");
    }
    BucketSize size = BucketSize.of(message.getTokenBucket(), "token_bucket");
    ConnectionRate rate =
        new ConnectionRate(
            bucket(message.getShareKey(), size, context.nanoTime()),
            message.hasRuntimeEnabled()
                ? RuntimeFlag.of(message.getRuntimeEnabled(), "runtime_enabled", context.runtime())
                : RuntimeFlag.fixed(true),
            context::nanoTime,
            context
                .serverStats()
                .scope("local_rate_limit")
                .scope(message.getStatPrefix())
                .counter("rate_limited"));
    return _ -> new Filter(rate);
  }

  private TokenBucket bucket(String key, BucketSize size, long nowNanos) {
    if (key.isEmpty()) {
      return new TokenBucket(size, nowNanos);
    }
    shared.values().removeIf(held -> held.get() == null);
    TokenBucket made = new TokenBucket(size, nowNanos);
    WeakReference<TokenBucket> reference =
        shared.compute(
            new SharedBucket(key, size),
            (_, held) -> held == null || held.get() == null ? new WeakReference<>(made) : held);
    @Nullable TokenBucket kept = reference.get();
    return kept == null ? made : kept;
  }

  private record Filter(ConnectionRate rate) implements NetworkFilter {
    @Override
    public NetworkDecision onConnected() {
      return rate.admit() ? NetworkDecision.CONTINUE : NetworkDecision.CLOSE;
    }
  }
}
