package io.heddle.proxy.app.logging;

import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/** How much is logged, in Envoy's words. */
public enum LogLevel {
  TRACE,
  DEBUG,
  INFO,
  WARNING,
  ERROR,
  CRITICAL,
  OFF;

  /**
   * The level of this process. Static, since the logging library makes its writer by itself and
   * there is one standard error.
   */
  private static final AtomicReference<LogLevel> CURRENT = new AtomicReference<>(INFO);

  /** The level by its name; Envoy's {@code warn} is taken as well. */
  public static Optional<LogLevel> parse(String name) {
    String upper = name.toUpperCase(Locale.ROOT);
    if (upper.equals("WARN")) {
      return Optional.of(WARNING);
    }
    for (LogLevel level : values()) {
      if (level.name().equals(upper)) {
        return Optional.of(level);
      }
    }
    return Optional.empty();
  }

  /** All names, for error messages. */
  public static String names() {
    return "trace, debug, info, warning, error, critical or off";
  }

  /** The level in force. */
  public static LogLevel current() {
    LogLevel level = CURRENT.get();
    return level == null ? INFO : level;
  }

  /** Changes the level in force. */
  public static void set(LogLevel level) {
    CURRENT.set(level);
  }

  /** The name as Envoy writes it. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
