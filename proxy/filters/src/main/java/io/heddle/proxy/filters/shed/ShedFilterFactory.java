package io.heddle.proxy.filters.shed;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.HttpFilterFactory;
import java.util.EnumSet;
import java.util.Set;

/**
 * Sheds load by processor time, lateness of event loops and requests under way ({@value #NAME}),
 * Heddle's own; low priorities first. Its configuration is a {@code google.protobuf.Struct}, on a
 * route as well.
 */
public final class ShedFilterFactory implements HttpFilterFactory {
  private static final String NAME = "heddle.filters.http.shed";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Set<String> typeUrls() {
    return Set.of(NAME + "/google.protobuf.Struct");
  }

  @Override
  public HttpFilterConfig parse(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    return new Config(ShedConfig.of(struct(config), context));
  }

  @Override
  public RouteFilterConfig parseRoute(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    return ShedRoute.of(struct(config));
  }

  private static Struct struct(Any config) throws FilterConfigException {
    try {
      return Struct.parseFrom(config.getValue());
    } catch (InvalidProtocolBufferException e) {
      FilterConfigException refused =
          new FilterConfigException("", config.getTypeUrl(), "a well-formed Struct");
      refused.initCause(e);
      throw refused;
    }
  }

  private record Config(ShedConfig config) implements HttpFilterConfig {
    @Override
    public HttpFilter newFilter(HttpFilterContext context) {
      return new ShedFilter(config, context);
    }

    @Override
    public EnumSet<Callback> callbacks() {
      return EnumSet.of(Callback.REQUEST_HEADERS, Callback.END);
    }
  }
}
