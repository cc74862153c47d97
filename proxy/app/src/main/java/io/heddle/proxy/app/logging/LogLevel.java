package io.heddle.proxy.app.logging;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
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

  /** Levels of single classes, by simple name; what is not in here has the common level. */
  private static final AtomicReference<Map<String, LogLevel>> SINGLE =
      new AtomicReference<>(Map.of());

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

  /** The level of one class, by its name with or without the package. */
  public static LogLevel of(String logger) {
    Map<String, LogLevel> single = SINGLE.get();
    if (single == null || single.isEmpty()) {
      return current();
    }
    return single.getOrDefault(logger.substring(logger.lastIndexOf('.') + 1), current());
  }

  /** The classes with levels of their own, by name. */
  public static Map<String, LogLevel> single() {
    Map<String, LogLevel> single = SINGLE.get();
    return single == null ? Map.of() : new TreeMap<>(single);
  }

  /** Changes the level of everything. */
  public static void set(LogLevel level) {
    CURRENT.set(level);
    SINGLE.set(Map.of());
  }

  /** Changes the levels of these classes, by simple name. */
  public static void set(Map<String, LogLevel> levels) {
    SINGLE.updateAndGet(before -> {
      Map<String, LogLevel> all = new TreeMap<>(before == null ? Map.of() : before);
      all.putAll(levels);
      return Map.copyOf(all);
    });
  }

  /** The name as Envoy writes it. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
