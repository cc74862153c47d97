package io.heddle.proxy.engine.listener;

import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.ListenerFilterFactory;
import io.heddle.proxy.api.NetworkFilterFactory;
import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.engine.chain.FilterEntry;
import io.heddle.proxy.engine.discovery.Discovery;
import io.heddle.proxy.engine.inspect.BuiltInListenerFilters;
import io.heddle.proxy.engine.route.FactoryCall;
import io.heddle.proxy.engine.route.FilterConfigs;
import io.heddle.proxy.engine.stats.Scope;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.ExtensionConfig;
import io.heddle.xds.model.HttpConnectionManagerConfig;
import io.heddle.xds.model.NetworkFilterConfig;
import io.heddle.xds.model.TcpProxyConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes filters out of configuration by their factories. Stateless. */
final class FilterCompiler {
  private static final Logger LOG = LoggerFactory.getLogger(FilterCompiler.class);

  private final FilterConfigs httpFilters;
  private final List<NetworkFilterFactory> networkFilters;
  private final List<ListenerFilterFactory> listenerFilters;
  private final Function<StatsScope, FilterFactoryContext> contexts;
  private final Scope root;
  private final Discovery discovery;

  FilterCompiler(
      FilterConfigs httpFilters,
      List<NetworkFilterFactory> networkFilters,
      List<ListenerFilterFactory> listenerFilters,
      Function<StatsScope, FilterFactoryContext> contexts,
      Scope root,
      Discovery discovery) {
    this.httpFilters = httpFilters;
    this.networkFilters = List.copyOf(networkFilters);
    List<ListenerFilterFactory> known = new ArrayList<>(BuiltInListenerFilters.ALL);
    known.addAll(listenerFilters);
    this.listenerFilters = List.copyOf(known);
    this.contexts = contexts;
    this.root = root;
    this.discovery = discovery;
  }

  /** A filter of HTTP exchanges, counted there; none where it is refused or skipped. */
  Optional<FilterEntry> http(
      Scope scope,
      ExtensionConfig extension,
      String resource,
      String at,
      List<ConfigError> errors) {
    if (extension.discovery().isPresent()) {
      return discovery
          .http(extension, contexts.apply(scope), resource, at, errors)
          .map(config -> FilterEntry.of(extension.name(), config, extension.disabled()));
    }
    return parsed(
            extension,
            httpFilters.factory(extension.typeUrl()),
            factory -> factory.parse(extension.config(), contexts.apply(scope)),
            "a filter that is known here",
            resource,
            at,
            errors)
        .map(config -> FilterEntry.of(extension.name(), config, extension.disabled()));
  }

  /** A filter of connections; none where it is refused or skipped. */
  Optional<NetworkFilterFactory.NetworkFilterConfig> network(
      ExtensionConfig extension, String resource, String at, List<ConfigError> errors) {
    if (extension.discovery().isPresent()) {
      return discovery.network(extension, contexts.apply(root), resource, at, errors);
    }
    return parsed(
        extension,
        find(networkFilters, NetworkFilterFactory::typeUrls, extension),
        factory -> factory.parse(extension.config(), contexts.apply(root)),
        "an extension that is known here",
        resource,
        at,
        errors);
  }

  /** A filter of new connections; none where it is refused or skipped. */
  Optional<ListenerFilterFactory.ListenerFilterConfig> listener(
      ExtensionConfig extension, int index, String resource, List<ConfigError> errors) {
    String at = "listener_filters[" + index + "]";
    if (extension.discovery().isPresent()) {
      return discovery.listener(extension, contexts.apply(root), resource, at, errors);
    }
    return parsed(
        extension,
        find(listenerFilters, ListenerFilterFactory::typeUrls, extension),
        factory -> factory.parse(extension.config(), contexts.apply(root)),
        "an extension that is known here",
        resource,
        at,
        errors);
  }

  /** Calls a factory. */
  private interface Call<F, C> {
    C parse(F factory) throws FilterConfigException;
  }

  /** What the factory makes; none where it refuses, or where there is no factory. */
  private static <F, C> Optional<C> parsed(
      ExtensionConfig extension,
      Optional<F> factory,
      Call<F, C> call,
      String expected,
      String resource,
      String at,
      List<ConfigError> errors) {
    if (factory.isEmpty()) {
      unknown(extension, expected, resource, at, errors);
      return Optional.empty();
    }
    try {
      return Optional.of(FactoryCall.guarded(extension.name(), () -> call.parse(factory.get())));
    } catch (FilterConfigException refused) {
      errors.add(refusal(refused, resource, at));
      return Optional.empty();
    }
  }

  private static <F> Optional<F> find(
      List<F> factories, Function<F, Set<String>> types, ExtensionConfig extension) {
    return factories.stream()
        .filter(factory -> types.apply(factory).contains(extension.typeUrl()))
        .findFirst();
  }

  /** Whether the filter may end a chain. */
  boolean terminal(NetworkFilterConfig filter) {
    return switch (filter) {
      case HttpConnectionManagerConfig _ -> true;
      case TcpProxyConfig _ -> true;
      case ExtensionConfig extension ->
          find(networkFilters, NetworkFilterFactory::typeUrls, extension)
              .map(NetworkFilterFactory::terminal)
              .orElse(false);
    };
  }

  /** Whether anything is known of it; of what is not, something else tells. */
  boolean known(NetworkFilterConfig filter) {
    return !(filter instanceof ExtensionConfig extension)
        || find(networkFilters, NetworkFilterFactory::typeUrls, extension).isPresent();
  }

  /** Refuses, or skips what is optional and says so. */
  static void unknown(
      ExtensionConfig extension,
      String expected,
      String resource,
      String at,
      List<ConfigError> errors) {
    if (extension.optional()) {
      LOG.warn(
          "{}: {}: {} is not known here and is skipped, as it is optional",
          resource,
          at,
          extension.typeUrl());
      return;
    }
    errors.add(
        new ConfigError(
            resource,
            at,
            extension.typeUrl(),
            LaterExtensions.expected(extension.typeUrl(), expected)));
  }

  /** What a factory refuses, as of this place. */
  static ConfigError refusal(FilterConfigException refused, String resource, String at) {
    return new ConfigError(
        resource,
        refused.field().isEmpty() ? at + ".typed_config" : at + ".typed_config." + refused.field(),
        refused.offending(),
        refused.expected());
  }
}
