package io.heddle.proxy.api;

import com.google.protobuf.Any;
import java.util.Set;

/** Makes a kind of network filter from configuration. Stateless. */
public interface NetworkFilterFactory {
  /** Envoy's canonical name, or one under your own domain. */
  String name();

  /** Type URLs of the configuration messages that this factory parses. */
  Set<String> typeUrls();

  /**
   * Parses and checks a configuration.
   *
   * @throws FilterConfigException names field, offending and expected value
   */
  NetworkFilterConfig parse(Any config, FilterFactoryContext context) throws FilterConfigException;

  /**
   * Whether its filters end a chain: one of them stands last, in the place of a connection manager
   * or a TCP proxy, and nowhere else. What it lets pass is dropped, and the end of the client's
   * input ends the connection once everything written has left.
   */
  default boolean terminal() {
    return false;
  }

  /** Makes the filter of each connection. Immutable, shared by all event loops. */
  @FunctionalInterface
  interface NetworkFilterConfig {
    /** The filter of one connection. */
    NetworkFilter newFilter(NetworkFilter.Connection connection);
  }
}
