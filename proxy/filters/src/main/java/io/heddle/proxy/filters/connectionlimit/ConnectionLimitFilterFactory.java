package io.heddle.proxy.filters.connectionlimit;

import com.google.protobuf.Any;
import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.NetworkFilterFactory;
import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.filters.config.RuntimeFlag;
import io.heddle.proxy.filters.config.SetFields;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Limits the connections of a filter chain ({@code envoy.filters.network.connection_limit}). What
 * is beyond the limit is closed, after {@code delay} where one is set, and takes no part in it.
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/listeners/network_filters/connection_limit_filter">Envoy,
 *     connection limit</a>
 */
public final class ConnectionLimitFilterFactory implements NetworkFilterFactory {
  private static final long MAX_DELAY_SECONDS = 3600;

  @Override
  public String name() {
    return "envoy.filters.network.connection_limit";
  }

  @Override
  public Set<String> typeUrls() {
    return Set.of(
        "type.googleapis.com/envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit");
  }

  @Override
  public NetworkFilterConfig parse(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    ConnectionLimit message =
        SetFields.unpack(
            config,
            ConnectionLimit.class,
            Set.of("stat_prefix", "max_connections", "delay", "runtime_enabled"));
    if (message.getStatPrefix().isEmpty()) {
      throw new FilterConfigException("stat_prefix", "", "not empty");
    }
    long most = message.getMaxConnections().getValue();
    if (most == 0) {
      throw new FilterConfigException(
          "max_connections", message.hasMaxConnections() ? "0" : "not set", "at least 1");
    }
    StatsScope stats =
        context.serverStats().scope("connection_limit").scope(message.getStatPrefix());
    Limit limit =
        new Limit(
            most < 0 ? Long.MAX_VALUE : most,
            delay(message.getDelay()),
            message.hasRuntimeEnabled()
                ? RuntimeFlag.of(message.getRuntimeEnabled(), "runtime_enabled", context.runtime())
                : RuntimeFlag.fixed(true),
            new AtomicLong(),
            stats.gauge("active_connections"),
            stats.counter("limited_connections"));
    return connection -> new ConnectionLimitFilter(limit, connection);
  }

  private static Duration delay(com.google.protobuf.Duration delay) throws FilterConfigException {
    if (!Durations.isValid(delay)
        || Durations.isNegative(delay)
        || delay.getSeconds() > MAX_DELAY_SECONDS) {
      throw new FilterConfigException(
          "delay",
          delay.getSeconds() + " s " + delay.getNanos() + " ns",
          "0 to " + MAX_DELAY_SECONDS + " s");
    }
    return Duration.ofSeconds(delay.getSeconds(), delay.getNanos());
  }

  /**
   * The limit of a filter chain.
   *
   * @param served connections that are within it
   * @param active those that wait to be closed included, as with Envoy
   */
  record Limit(
      long most,
      Duration delay,
      RuntimeFlag enabled,
      AtomicLong served,
      StatsScope.Gauge active,
      StatsScope.Counter limited) {
    /** Takes one place, if there is one. */
    boolean tryEnter() {
      long now = served.get();
      while (now < most) {
        long seen = served.compareAndExchange(now, now + 1);
        if (seen == now) {
          return true;
        }
        now = seen;
      }
      return false;
    }

    void leave() {
      served.decrementAndGet();
    }
  }
}
