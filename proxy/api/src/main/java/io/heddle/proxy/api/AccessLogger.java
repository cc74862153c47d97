package io.heddle.proxy.api;

/**
 * Writes a line, or whatever it likes, when an exchange or a connection has completed. Runs on its
 * event loop and must not block; made from configuration by {@link AccessLoggerFactory}.
 */
@FunctionalInterface
public interface AccessLogger {
  /**
   * Called once an exchange, after every filter's {@code onComplete}, and before that where the
   * configuration asks for more entries ({@link StreamInfo#logType}); views are valid for the call.
   */
  void log(HttpFilterContext exchange);

  /** Called once a connection of the TCP proxy, at its end; views are valid for the call. */
  default void log(ConnectionLog connection) {}

  /** The configuration that named this logger is gone: frees what it holds. Never twice. */
  default void close() {}
}
