package io.heddle.proxy.api;

import com.google.protobuf.Any;
import java.util.Set;

/**
 * Makes a kind of HTTP filter from configuration. Built-in factories are listed in one file of the
 * proxy; those of a plugin are found by {@link java.util.ServiceLoader}. Stateless.
 */
public interface HttpFilterFactory {
  /** Envoy's canonical name, or one under your own domain: {@code com.example.filters.stamp}. */
  String name();

  /** Type URLs of the configuration messages that this factory parses, per-route ones included. */
  Set<String> typeUrls();

  /**
   * Parses and checks the configuration of one filter-chain entry.
   *
   * @throws FilterConfigException names field, offending and expected value
   */
  HttpFilterConfig parse(Any config, FilterFactoryContext context) throws FilterConfigException;

  /**
   * Parses a configuration set on a route table, virtual host, route or weighted cluster; once
   * where it is written, however many routes it holds for. Found again through {@link
   * HttpFilterContext#routeConfig} and {@link HttpFilterContext#routeConfigs}.
   *
   * @throws FilterConfigException names field, offending and expected value; by default always, as
   *     a filter has no per-route configuration unless it says so
   */
  default RouteFilterConfig parseRoute(Any config, FilterFactoryContext context)
      throws FilterConfigException {
    throw new FilterConfigException(
        "", config.getTypeUrl(), "no per-route configuration for " + name());
  }

  /**
   * Marks what {@link #parseRoute} returns. Immutable. One that holds what must be freed is also
   * {@link AutoCloseable}: it is closed when its routes are gone and no exchange uses them any
   * more.
   */
  interface RouteFilterConfig {}
}
