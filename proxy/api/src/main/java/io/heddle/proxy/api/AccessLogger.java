package io.heddle.proxy.api;

/**
 * Writes a line, or whatever it likes, when an exchange has completed. Runs on the exchange's event
 * loop and must not block; made from configuration by {@link AccessLoggerFactory}.
 */
@FunctionalInterface
public interface AccessLogger {
  /**
   * Called once an exchange, after every filter's {@code onComplete}; views are valid for the call.
   */
  void log(HttpFilterContext exchange);
}
