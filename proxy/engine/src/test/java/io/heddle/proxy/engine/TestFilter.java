package io.heddle.proxy.engine;

import com.google.protobuf.Any;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.HttpFilterFactory;
import java.util.Set;
import java.util.function.Function;

/** A filter kind whose behaviour a test writes down. */
record TestFilter(String name, Function<HttpFilterContext, HttpFilter> maker)
    implements HttpFilterFactory {
  record RouteConfig(String text) implements RouteFilterConfig {}

  @Override
  public Set<String> typeUrls() {
    return Set.of("type.googleapis.com/" + name);
  }

  @Override
  public HttpFilterConfig parse(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    if (config.getValue().toStringUtf8().equals("bad")) {
      throw new FilterConfigException("text", "bad", "good");
    }
    return maker::apply;
  }

  @Override
  public RouteFilterConfig parseRoute(Any config, FilterFactoryContext context) {
    return new RouteConfig(config.getValue().toStringUtf8());
  }
}
