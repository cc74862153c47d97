package com.example.stamp;

import com.google.protobuf.Any;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.api.StatsScope;
import java.util.EnumSet;
import java.util.Set;

/** What the proxy finds in the jar, through {@code META-INF/services}. */
public final class StampFilterFactory implements HttpFilterFactory {
  /**
   * A Struct under a type URL of our own: what stands before the last slash makes it ours, what
   * stands behind it is the message's type (see google/protobuf/any.proto).
   */
  static final String TYPE_URL = "stamp.example.com/google.protobuf.Struct";

  /** Required by {@link java.util.ServiceLoader}. */
  public StampFilterFactory() {}

  @Override
  public String name() {
    return "com.example.filters.stamp";
  }

  @Override
  public Set<String> typeUrls() {
    return Set.of(TYPE_URL);
  }

  @Override
  public HttpFilterConfig parse(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    // Statistics are asked for here, once, and never on the way of a request.
    StatsScope stats = context.stats().scope("stamp");
    return new Config(
        StampConfig.parse(config), stats.counter("stamped"), stats.counter("refused"));
  }

  @Override
  public RouteFilterConfig parseRoute(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    return StampConfig.parse(config);
  }

  private record Config(StampConfig stamp, StatsScope.Counter stamped, StatsScope.Counter refused)
      implements HttpFilterConfig {
    @Override
    public HttpFilter newFilter(HttpFilterContext context) {
      return new StampFilter(stamp, stamped, refused, context);
    }

    @Override
    public EnumSet<Callback> callbacks() {
      // All but LOCAL_REPLY: the engine spends nothing on what is not wanted.
      return EnumSet.complementOf(EnumSet.of(Callback.LOCAL_REPLY));
    }
  }
}
