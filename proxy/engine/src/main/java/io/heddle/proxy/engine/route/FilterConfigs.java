package io.heddle.proxy.engine.route;

import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.api.HttpFilterFactory.RouteFilterConfig;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.ExtensionConfig;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Parses the per-route configurations of HTTP filters. Immutable. */
public final class FilterConfigs {
  private static final String FILTER_CONFIG =
      "type.googleapis.com/envoy.config.route.v3.FilterConfig";

  private final List<HttpFilterFactory> factories;
  private final FilterFactoryContext context;

  /** Parses with these factories. */
  public FilterConfigs(List<HttpFilterFactory> factories, FilterFactoryContext context) {
    this.factories = List.copyOf(factories);
    this.context = context;
  }

  /** What holds for a route. */
  record Merged(Map<String, RouteFilterConfig> configs, Set<String> disabled, Set<String> enabled) {
    static final Merged NONE = new Merged(Map.of(), Set.of(), Set.of());
  }

  /** The factory that parses this type. */
  public Optional<HttpFilterFactory> factory(String typeUrl) {
    for (HttpFilterFactory factory : factories) {
      if (factory.typeUrls().contains(typeUrl)) {
        return Optional.of(factory);
      }
    }
    return Optional.empty();
  }

  /** Merges levels, the most specific last. */
  Merged merge(
      List<Map<String, ExtensionConfig>> levels,
      String resource,
      String at,
      List<ConfigError> errors) {
    Map<String, RouteFilterConfig> configs = new HashMap<>();
    Set<String> disabled = new HashSet<>();
    Set<String> enabled = new HashSet<>();
    for (Map<String, ExtensionConfig> level : levels) {
      level.forEach((name, extension) -> {
        if (extension.disabled()) {
          disabled.add(name);
          enabled.remove(name);
          return;
        }
        disabled.remove(name);
        enabled.add(name);
        if (!extension.typeUrl().isEmpty() && !extension.typeUrl().equals(FILTER_CONFIG)) {
          parse(name, extension, configs, resource, at, errors);
        }
      });
    }
    return configs.isEmpty() && disabled.isEmpty() && enabled.isEmpty()
        ? Merged.NONE
        : new Merged(Map.copyOf(configs), Set.copyOf(disabled), Set.copyOf(enabled));
  }

  private void parse(
      String name,
      ExtensionConfig extension,
      Map<String, RouteFilterConfig> configs,
      String resource,
      String at,
      List<ConfigError> errors) {
    String path = at + ".typed_per_filter_config[" + name + "]";
    Optional<HttpFilterFactory> factory = factory(extension.typeUrl());
    if (factory.isEmpty()) {
      if (!extension.optional()) {
        errors.add(
            new ConfigError(
                resource, path, extension.typeUrl(), "a type that a filter here parses"));
      }
      return;
    }
    try {
      configs.put(
          name,
          FactoryCall.guarded(name, () -> factory.get().parseRoute(extension.config(), context)));
    } catch (FilterConfigException refused) {
      errors.add(
          new ConfigError(
              resource,
              refused.field().isEmpty() ? path : path + "." + refused.field(),
              refused.offending(),
              refused.expected()));
    }
  }
}
