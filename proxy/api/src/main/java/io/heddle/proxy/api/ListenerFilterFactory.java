package io.heddle.proxy.api;

import com.google.protobuf.Any;
import java.util.Set;

/** Makes a kind of listener filter from configuration. Stateless. */
public interface ListenerFilterFactory {
  /** Envoy's canonical name, or one under your own domain. */
  String name();

  /** Type URLs of the configuration messages that this factory parses. */
  Set<String> typeUrls();

  /**
   * Parses and checks a configuration.
   *
   * @throws FilterConfigException names field, offending and expected value
   */
  ListenerFilterConfig parse(Any config, FilterFactoryContext context) throws FilterConfigException;

  /** Makes the filter of each connection. Immutable, shared by all event loops. */
  @FunctionalInterface
  interface ListenerFilterConfig {
    /** The filter of one connection. */
    ListenerFilter newFilter();
  }
}
