package io.heddle.proxy.api;

import com.google.protobuf.Any;
import java.util.Set;

/** Makes a kind of access logger from configuration. Stateless. */
public interface AccessLoggerFactory {
  /** Envoy's canonical name, or one under your own domain. */
  String name();

  /** Type URLs of the configuration messages that this factory parses. */
  Set<String> typeUrls();

  /**
   * Parses and checks a configuration.
   *
   * @throws FilterConfigException names field, offending and expected value
   */
  AccessLogger parse(Any config, FilterFactoryContext context) throws FilterConfigException;

  /** Whether its loggers take connections of the TCP proxy too ({@link ConnectionLog}). */
  default boolean logsConnections() {
    return false;
  }

  /** Whether its loggers take HTTP exchanges. */
  default boolean logsExchanges() {
    return true;
  }
}
