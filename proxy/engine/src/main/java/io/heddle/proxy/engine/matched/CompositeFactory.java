package io.heddle.proxy.engine.matched;

import com.google.protobuf.Any;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.xds.model.parse.MatchedFilterParser;
import java.util.EnumSet;
import java.util.Set;

/** The composite filter by itself, which does nothing: a decision before it makes it a filter. */
final class CompositeFactory implements HttpFilterFactory {
  private static final HttpFilter NO_FILTER = new HttpFilter() {};

  static final HttpFilterConfig NOTHING =
      new HttpFilterConfig() {
        @Override
        public HttpFilter newFilter(HttpFilterContext context) {
          return NO_FILTER;
        }

        @Override
        public EnumSet<Callback> callbacks() {
          return EnumSet.noneOf(Callback.class);
        }
      };

  @Override
  public String name() {
    return "envoy.filters.http.composite";
  }

  @Override
  public Set<String> typeUrls() {
    return Set.of("type.googleapis.com/" + MatchedFilterParser.COMPOSITE);
  }

  @Override
  public HttpFilterConfig parse(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    return NOTHING;
  }
}
