package io.heddle.proxy.engine.discovery;

import com.google.protobuf.Any;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.api.ListenerFilterFactory;
import io.heddle.proxy.api.ListenerFilterFactory.ListenerFilterConfig;
import io.heddle.proxy.api.NetworkFilterFactory;
import io.heddle.proxy.api.NetworkFilterFactory.NetworkFilterConfig;
import io.heddle.proxy.engine.route.FactoryCall;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.ExtensionConfig;
import io.heddle.xds.model.ExtensionKind;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/** Makes the filters whose configuration is fetched, with the factories of the engine. */
public final class Discovery {
  private final DiscoveredExtensions extensions;
  private final List<HttpFilterFactory> http;
  private final List<NetworkFilterFactory> network;
  private final List<ListenerFilterFactory> listener;
  private final FilterFactoryContext context;

  /** With these factories. */
  public Discovery(
      DiscoveredExtensions extensions,
      List<HttpFilterFactory> http,
      List<NetworkFilterFactory> network,
      List<ListenerFilterFactory> listener,
      FilterFactoryContext context) {
    this.extensions = extensions;
    this.http = List.copyOf(http);
    this.network = List.copyOf(network);
    this.listener = List.copyOf(listener);
    this.context = context;
  }

  /** What would be refused of a configuration that was fetched. */
  public List<ConfigError> check(ExtensionKind kind, ExtensionConfig extension) {
    try {
      switch (kind) {
        case HTTP_FILTER -> parseHttp(extension.name(), extension.config(), context).close();
        case NETWORK_FILTER -> parseNetwork(extension.name(), extension.config(), context);
        case LISTENER_FILTER -> parseListener(extension.name(), extension.config(), context);
      }
      return List.of();
    } catch (FilterConfigException refused) {
      return List.of(DiscoveredExtensions.refusal(extension.name(), refused));
    }
  }

  /** The HTTP filter of a place in a chain. */
  public Optional<HttpFilterConfig> http(
      ExtensionConfig extension,
      FilterFactoryContext context,
      String resource,
      String at,
      List<ConfigError> errors) {
    return enter(
            extension,
            config -> parseHttp(extension.name(), config, context),
            HttpFilterConfig::close,
            resource,
            at,
            errors)
        .map(DiscoveredHttpFilter::new);
  }

  /** The network filter of a place in a chain. */
  public Optional<NetworkFilterConfig> network(
      ExtensionConfig extension,
      FilterFactoryContext context,
      String resource,
      String at,
      List<ConfigError> errors) {
    return enter(
            extension,
            config -> parseNetwork(extension.name(), config, context),
            Discovery::nothingToFree,
            resource,
            at,
            errors)
        .map(DiscoveredConnectionFilters.Network::new);
  }

  /** The listener filter of a place before the chains. */
  public Optional<ListenerFilterConfig> listener(
      ExtensionConfig extension,
      FilterFactoryContext context,
      String resource,
      String at,
      List<ConfigError> errors) {
    return enter(
            extension,
            config -> parseListener(extension.name(), config, context),
            Discovery::nothingToFree,
            resource,
            at,
            errors)
        .map(DiscoveredConnectionFilters.Listener::new);
  }

  /** Leaves the places of these filters, where they have any. */
  public static void leave(List<?> filters) {
    for (Object filter : filters) {
      switch (filter) {
        case DiscoveredConnectionFilters.Network there -> there.close();
        case DiscoveredConnectionFilters.Listener there -> there.close();
        default -> {}
      }
    }
  }

  private static void nothingToFree(Object config) {}

  private <T> Optional<Place<T>> enter(
      ExtensionConfig extension,
      DiscoveredExtensions.Parser<T> parser,
      Consumer<T> free,
      String resource,
      String at,
      List<ConfigError> errors) {
    try {
      return Optional.of(extensions.enter(extension, parser, free));
    } catch (FilterConfigException refused) {
      String field = at + ".config_discovery.default_config";
      errors.add(
          new ConfigError(
              resource,
              refused.field().isEmpty() ? field : field + "." + refused.field(),
              refused.offending(),
              refused.expected()));
      return Optional.empty();
    }
  }

  private HttpFilterConfig parseHttp(String name, Any config, FilterFactoryContext context)
      throws FilterConfigException {
    HttpFilterFactory factory = find(http, one -> one.typeUrls(), config);
    return FactoryCall.guarded(name, () -> factory.parse(config, context));
  }

  private NetworkFilterConfig parseNetwork(String name, Any config, FilterFactoryContext context)
      throws FilterConfigException {
    NetworkFilterFactory factory =
        find(network, one -> one.terminal() ? Set.of() : one.typeUrls(), config);
    return FactoryCall.guarded(name, () -> factory.parse(config, context));
  }

  private ListenerFilterConfig parseListener(String name, Any config, FilterFactoryContext context)
      throws FilterConfigException {
    ListenerFilterFactory factory = find(listener, one -> one.typeUrls(), config);
    return FactoryCall.guarded(name, () -> factory.parse(config, context));
  }

  private static <F> F find(List<F> factories, Function<F, Collection<String>> types, Any config)
      throws FilterConfigException {
    for (F factory : factories) {
      if (types.apply(factory).contains(config.getTypeUrl())) {
        return factory;
      }
    }
    throw unknown(config);
  }

  private static FilterConfigException unknown(Any config) {
    return new FilterConfigException(
        "@type",
        config.getTypeUrl(),
        "a filter of the place's kind that is known here and does not end its chain");
  }
}
