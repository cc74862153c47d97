package io.heddle.proxy.engine.matched;

import com.google.protobuf.Any;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.engine.matcher.CompiledTree;
import io.heddle.proxy.engine.matcher.LimitedExpressions;
import io.heddle.proxy.engine.route.FactoryCall;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.ExtensionConfig;
import io.heddle.xds.model.FilterAction;
import io.heddle.xds.model.MatchedFilterConfig;
import io.heddle.xds.model.MatchedFilterConfig.Executed;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.parse.MatchedFilterParser;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Puts a decision before any other filter ({@code envoy.filters.http.match_delegate}).
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/advanced/matching/matching_api">Envoy,
 *     matching API</a>
 */
public final class MatchedFilterFactory implements HttpFilterFactory {
  private static final String PREFIX = "type.googleapis.com/";

  private final List<HttpFilterFactory> others;

  private MatchedFilterFactory(List<HttpFilterFactory> others) {
    this.others = List.copyOf(others);
  }

  /**
   * These factories, and those of this package, which put the filters of these behind decisions.
   */
  public static List<HttpFilterFactory> with(List<HttpFilterFactory> others) {
    List<HttpFilterFactory> all = new ArrayList<>(others);
    all.add(new MatchedFilterFactory(others));
    all.add(new CompositeFactory());
    return List.copyOf(all);
  }

  @Override
  public String name() {
    return "envoy.filters.http.match_delegate";
  }

  @Override
  public Set<String> typeUrls() {
    return Set.of(PREFIX + MatchedFilterParser.FILTER, PREFIX + MatchedFilterParser.PER_ROUTE);
  }

  @Override
  public HttpFilterConfig parse(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    only(config, MatchedFilterParser.FILTER);
    MatchedFilterConfig read = value(MatchedFilterParser.filter(config));
    ExtensionConfig extension = read.filter().orElseThrow();
    boolean composite = extension.typeUrl().equals(PREFIX + MatchedFilterParser.COMPOSITE);
    HttpFilterConfig filter =
        composite
            ? CompositeFactory.NOTHING
            : filter(extension, "extension_config.typed_config", context);
    try {
      return new Config(
          filter,
          decision(read, context),
          composite ? context.stats().counter("composite.filter_delegation_success") : null);
    } catch (FilterConfigException refused) {
      filter.close();
      throw refused;
    }
  }

  @Override
  public RouteFilterConfig parseRoute(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    only(config, MatchedFilterParser.PER_ROUTE);
    return new OnRoute(decision(value(MatchedFilterParser.perRoute(config)), context));
  }

  private static void only(Any config, String type) throws FilterConfigException {
    if (!config.getTypeUrl().equals(PREFIX + type)) {
      throw new FilterConfigException("@type", config.getTypeUrl(), PREFIX + type);
    }
  }

  private static <T> T value(Parsed<T> parsed) throws FilterConfigException {
    return switch (parsed) {
      case Parsed.Ok<T> ok -> ok.value();
      case Parsed.Refused<T> refused -> {
        ConfigError first = refused.errors().getFirst();
        throw new FilterConfigException(first.field(), first.offending(), first.expected());
      }
    };
  }

  private Decision decision(MatchedFilterConfig read, FilterFactoryContext context)
      throws FilterConfigException {
    CompiledTree<FilterAction> tree;
    try {
      tree =
          CompiledTree.of(
              read.tree(),
              new LimitedExpressions(context.expressions(), MatchedFilterFactory::early));
    } catch (IllegalArgumentException wrong) {
      throw new FilterConfigException(
          "xds_matcher",
          String.valueOf(wrong.getMessage()),
          "an expression over attributes that are known when the request's headers have come");
    }
    List<Decision.Choice> choices = new ArrayList<>();
    try {
      for (Executed executed : read.executed()) {
        choices.add(
            new Decision.Choice(
                filter(executed.filter(), executed.at(), context),
                executed.share(),
                executed.runtimeKey()));
      }
    } catch (FilterConfigException refused) {
      choices.forEach(choice -> choice.filter().close());
      throw refused;
    }
    return new Decision(tree, choices, context.runtime());
  }

  /** Whether it is known when the request's headers come. */
  private static boolean early(String attribute) {
    return !attribute.startsWith("response") && !attribute.startsWith("upstream");
  }

  private HttpFilterConfig filter(
      ExtensionConfig extension, String at, FilterFactoryContext context)
      throws FilterConfigException {
    for (HttpFilterFactory factory : others) {
      if (factory.typeUrls().contains(extension.typeUrl())) {
        try {
          return FactoryCall.guarded(
              extension.name(), () -> factory.parse(extension.config(), context));
        } catch (FilterConfigException refused) {
          throw new FilterConfigException(
              refused.field().isEmpty() ? at : at + "." + refused.field(),
              refused.offending(),
              refused.expected());
        }
      }
    }
    throw new FilterConfigException(at, extension.typeUrl(), "a filter that is known here");
  }

  /** A decision that holds for the requests of a route. */
  record OnRoute(Decision decision) implements RouteFilterConfig, AutoCloseable {
    @Override
    public void close() {
      decision.close();
    }
  }

  private record Config(
      HttpFilterConfig filter, Decision decision, StatsScope.@Nullable Counter becomes)
      implements HttpFilterConfig {
    @Override
    public HttpFilter newFilter(HttpFilterContext context) {
      return new MatchedFilter(context, filter, decision, becomes);
    }

    /** A composite filter may turn out to be any, a route's own among them. */
    @Override
    public EnumSet<Callback> callbacks() {
      if (becomes != null) {
        return EnumSet.allOf(Callback.class);
      }
      EnumSet<Callback> wanted = EnumSet.copyOf(filter.callbacks());
      wanted.add(Callback.REQUEST_HEADERS);
      return wanted;
    }

    @Override
    public void close() {
      filter.close();
      decision.close();
    }
  }
}
