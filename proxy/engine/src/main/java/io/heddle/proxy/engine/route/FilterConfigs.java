package io.heddle.proxy.engine.route;

import com.google.protobuf.Any;
import io.heddle.proxy.api.ExpressionLanguage;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.api.HttpFilterFactory.RouteFilterConfig;
import io.heddle.proxy.api.RateLimitRules;
import io.heddle.proxy.api.RuntimeView;
import io.heddle.proxy.api.StatsScope;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.ExtensionConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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

  /** Where statistics of routes are. */
  StatsScope stats() {
    return context.serverStats();
  }

  /** What holds for a route; the configurations of a filter the least specific first. */
  record Merged(
      Map<String, List<RouteFilterConfig>> configs, Set<String> disabled, Set<String> enabled) {
    static final Merged NONE = new Merged(Map.of(), Set.of(), Set.of());
  }

  /** What is written at one level, and where. */
  record Level(Map<String, ExtensionConfig> extensions, String at) {}

  /**
   * The configurations of one table. Each is parsed where it is written and once, as it may hold
   * what its routes share: a bucket of a virtual host is one, however many routes there are.
   */
  final class Table {
    private final String resource;
    private final List<ConfigError> errors;
    private final IdentityHashMap<ExtensionConfig, Optional<RouteFilterConfig>> parsed =
        new IdentityHashMap<>();

    private final @Nullable Table above;

    private Table(String resource, List<ConfigError> errors, @Nullable Table above) {
      this.resource = resource;
      this.errors = errors;
      this.above = above;
    }

    /** Merges levels, the most specific last. */
    Merged merge(List<Level> levels) {
      Map<String, List<RouteFilterConfig>> configs = new HashMap<>();
      Set<String> disabled = new HashSet<>();
      Set<String> enabled = new HashSet<>();
      for (Level level : levels) {
        level
            .extensions()
            .forEach((name, extension) -> {
              if (extension.disabled()) {
                disabled.add(name);
                enabled.remove(name);
                return;
              }
              disabled.remove(name);
              enabled.add(name);
              if (!extension.typeUrl().isEmpty() && !extension.typeUrl().equals(FILTER_CONFIG)) {
                Optional<RouteFilterConfig> config =
                    above == null ? null : above.parsed.get(extension);
                if (config == null) {
                  config = parsed.get(extension);
                }
                if (config == null) {
                  config = parse(extension, path(level.at(), name), resource, errors);
                  parsed.put(extension, config);
                }
                config.ifPresent(
                    one -> configs.computeIfAbsent(name, _ -> new ArrayList<>(1)).add(one));
              }
            });
      }
      configs.replaceAll((_, of) -> List.copyOf(of));
      return configs.isEmpty() && disabled.isEmpty() && enabled.isEmpty()
          ? Merged.NONE
          : new Merged(Map.copyOf(configs), Set.copyOf(disabled), Set.copyOf(enabled));
    }

    private static String path(String at, String name) {
      return (at.isEmpty() ? "" : at + ".") + "typed_per_filter_config[" + name + "]";
    }

    /** Those that hold something, to be closed with the table. */
    List<AutoCloseable> closeables() {
      List<AutoCloseable> found = new ArrayList<>();
      for (Optional<RouteFilterConfig> config : parsed.values()) {
        if (config.isPresent() && config.get() instanceof AutoCloseable closeable) {
          found.add(closeable);
        }
      }
      return List.copyOf(found);
    }
  }

  /** Reads the configurations of one table; what is wrong with them goes to {@code errors}. */
  Table table(String resource, List<ConfigError> errors) {
    return new Table(resource, errors, null);
  }

  /** The same for a part of a table, whose own configurations {@code above} has parsed. */
  Table table(String resource, List<ConfigError> errors, @Nullable Table above) {
    return new Table(resource, errors, above);
  }

  /**
   * Compiles the rate limits of a route or a virtual host; what is wrong goes to {@code errors}.
   *
   * @param at where they are written, {@code rate_limits} not included
   */
  Optional<RateLimitRules> rateLimits(
      List<Any> limits, String resource, String at, List<ConfigError> errors) {
    if (limits.isEmpty()) {
      return Optional.empty();
    }
    for (HttpFilterFactory factory : factories) {
      if (factory instanceof RateLimitRules.Compiler compiler) {
        try {
          return Optional.of(
              FactoryCall.guarded(
                  factory.name(), () -> compiler.compileRateLimits(limits, context)));
        } catch (FilterConfigException refused) {
          errors.add(
              new ConfigError(
                  resource, at + "." + refused.field(), refused.offending(), refused.expected()));
          return Optional.empty();
        }
      }
    }
    errors.add(
        new ConfigError(resource, at + ".rate_limits", "set", "a proxy whose filters limit rates"));
    return Optional.empty();
  }

  /** The values that operators may change. */
  RuntimeView runtime() {
    return context.runtime();
  }

  /** The language of expressions. */
  ExpressionLanguage expressions() {
    return context.expressions();
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

  private Optional<RouteFilterConfig> parse(
      ExtensionConfig extension, String path, String resource, List<ConfigError> errors) {
    Optional<HttpFilterFactory> factory = factory(extension.typeUrl());
    if (factory.isEmpty()) {
      if (!extension.optional()) {
        errors.add(
            new ConfigError(
                resource, path, extension.typeUrl(), "a type that a filter here parses"));
      }
      return Optional.empty();
    }
    try {
      return Optional.of(
          FactoryCall.guarded(
              extension.name(), () -> factory.get().parseRoute(extension.config(), context)));
    } catch (FilterConfigException refused) {
      errors.add(
          new ConfigError(
              resource,
              refused.field().isEmpty() ? path : path + "." + refused.field(),
              refused.offending(),
              refused.expected()));
      return Optional.empty();
    }
  }
}
