package io.heddle.proxy.filters.localratelimit;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.extensions.filters.listener.local_ratelimit.v3.LocalRateLimit;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.ListenerFilter;
import io.heddle.proxy.api.ListenerFilterFactory;
import io.heddle.proxy.filters.config.RuntimeFlag;
import io.heddle.proxy.filters.config.SetFields;
import io.heddle.proxy.filters.tokenbucket.BucketSize;
import io.heddle.proxy.filters.tokenbucket.TokenBucket;
import io.netty.buffer.ByteBuf;
import java.util.Set;

/**
 * Limits how fast a listener takes connections ({@code envoy.filters.listener.local_ratelimit}),
 * before anything of them is read.
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/listeners/listener_filters/local_rate_limit_filter">Envoy,
 *     local rate limit</a>
 */
public final class ListenerLocalRateLimitFactory implements ListenerFilterFactory {
  @Override
  public String name() {
    return "envoy.filters.listener.local_ratelimit";
  }

  @Override
  public Set<String> typeUrls() {
    return Set.of(
        "type.googleapis.com/envoy.extensions.filters.listener.local_ratelimit.v3.LocalRateLimit");
  }

  @Override
  public ListenerFilterConfig parse(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    LocalRateLimit message =
        SetFields.unpack(
            config, LocalRateLimit.class, Set.of("stat_prefix", "token_bucket", "runtime_enabled"));
    if (message.getStatPrefix().isEmpty()) {
      throw new FilterConfigException("stat_prefix", "", "not empty");
    }
    if (!message.hasTokenBucket()) {
      throw new FilterConfigException("token_bucket", "not set", "a token bucket");
    }
    ConnectionRate rate =
        new ConnectionRate(
            new TokenBucket(
                BucketSize.of(message.getTokenBucket(), "token_bucket"), context.nanoTime()),
            message.hasRuntimeEnabled()
                ? RuntimeFlag.of(message.getRuntimeEnabled(), "runtime_enabled", context.runtime())
                : RuntimeFlag.fixed(true),
            context::nanoTime,
            context
                .serverStats()
                .scope("listener_local_ratelimit")
                .scope(message.getStatPrefix())
                .counter("rate_limited"));
    return () -> new Filter(rate);
  }

  private record Filter(ConnectionRate rate) implements ListenerFilter {
    @Override
    public int bytesNeeded() {
      return 0;
    }

    @Override
    public PeekDecision onPeek(ByteBuf peeked, ListenerConnection connection) {
      return rate.admit()
          ? new PeekDecision.Continue(0)
          : new PeekDecision.Close("local_ratelimit_close_over_limit");
    }
  }
}
