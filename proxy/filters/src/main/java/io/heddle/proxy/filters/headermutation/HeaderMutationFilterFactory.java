package io.heddle.proxy.filters.headermutation;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutation;
import io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.UpstreamHttpFilterFactory;
import io.heddle.proxy.filters.config.SetFields;
import java.util.EnumSet;
import java.util.Set;

/**
 * Changes headers ({@code envoy.filters.http.header_mutation}).
 *
 * <p>All levels of the route are applied after the filter's own mutations: weighted cluster, route,
 * virtual host, route table, so that the most general has the last word; {@code
 * most_specific_header_mutations_wins} turns that order round. Runs upstream too.
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/header_mutation_filter">Envoy,
 *     header mutation</a>
 */
public final class HeaderMutationFilterFactory implements UpstreamHttpFilterFactory {
  private static final String PREFIX =
      "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.";

  @Override
  public String name() {
    return "envoy.filters.http.header_mutation";
  }

  @Override
  public Set<String> typeUrls() {
    return Set.of(PREFIX + "HeaderMutation", PREFIX + "HeaderMutationPerRoute");
  }

  @Override
  public HttpFilterConfig parse(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    HeaderMutation message =
        SetFields.unpack(
            config,
            HeaderMutation.class,
            Set.of("mutations", "most_specific_header_mutations_wins"));
    return new Config(
        Mutations.of(message.getMutations(), context),
        message.getMostSpecificHeaderMutationsWins());
  }

  @Override
  public RouteFilterConfig parseRoute(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    HeaderMutationPerRoute message =
        SetFields.unpack(config, HeaderMutationPerRoute.class, Set.of("mutations"));
    return Mutations.of(message.getMutations(), context);
  }

  private record Config(Mutations mutations, boolean mostSpecificWins) implements HttpFilterConfig {
    @Override
    public HttpFilter newFilter(HttpFilterContext context) {
      return new HeaderMutationFilter(mutations, mostSpecificWins, context);
    }

    @Override
    public EnumSet<Callback> callbacks() {
      // A route may add trailer mutations, so the body's callbacks are always wanted.
      return EnumSet.of(
          Callback.REQUEST_HEADERS,
          Callback.REQUEST_BODY,
          Callback.RESPONSE_HEADERS,
          Callback.RESPONSE_BODY);
    }
  }
}
