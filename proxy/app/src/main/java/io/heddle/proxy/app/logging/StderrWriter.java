package io.heddle.proxy.app.logging;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tinylog.Level;
import org.tinylog.core.LogEntry;
import org.tinylog.core.LogEntryValue;
import org.tinylog.writers.Writer;

/** Writes {@code time level class: message} to standard error. Made by tinylog. */
public final class StderrWriter implements Writer {
  private final FileOutputStream out = new FileOutputStream(FileDescriptor.err);

  /** As tinylog calls it. */
  public StderrWriter(Map<String, String> properties) {
    if (properties.isEmpty()) {
      throw new IllegalArgumentException("properties: found none (expected: at least the writer)");
    }
  }

  @Override
  public Collection<LogEntryValue> getRequiredLogEntryValues() {
    return EnumSet.of(
        LogEntryValue.LEVEL, LogEntryValue.CLASS, LogEntryValue.MESSAGE, LogEntryValue.EXCEPTION);
  }

  @Override
  public void write(LogEntry entry) throws IOException {
    String name = entry.getClassName();
    LogLevel threshold = name == null ? LogLevel.current() : LogLevel.of(name);
    LogLevel level = level(entry.getLevel());
    if (level.compareTo(threshold) < 0) {
      return;
    }
    out.write(line(entry, level, threshold).getBytes(StandardCharsets.UTF_8));
  }

  private static LogLevel level(Level level) {
    return switch (level) {
      case TRACE -> LogLevel.TRACE;
      case DEBUG -> LogLevel.DEBUG;
      case INFO -> LogLevel.INFO;
      case WARN -> LogLevel.WARNING;
      case ERROR -> LogLevel.ERROR;
      case OFF -> LogLevel.TRACE;
    };
  }

  private static String line(LogEntry entry, LogLevel level, LogLevel threshold) {
    StringBuilder out = new StringBuilder(160);
    out.append(Instant.now().truncatedTo(ChronoUnit.MILLIS)).append(' ');
    out.append(level.text()).append(' ');
    String name = entry.getClassName();
    out.append(name == null ? "-" : name.substring(name.lastIndexOf('.') + 1)).append(": ");
    out.append(entry.getMessage() == null ? "" : entry.getMessage());
    Throwable error = entry.getException();
    if (error != null) {
      append(out, error, threshold.compareTo(LogLevel.DEBUG) <= 0);
    }
    return out.append('\n').toString();
  }

  private static void append(StringBuilder out, Throwable error, boolean whole) {
    for (@Nullable Throwable cause = error; cause != null; cause = cause.getCause()) {
      out.append(": ").append(cause);
      if (whole) {
        for (StackTraceElement element : cause.getStackTrace()) {
          out.append("\n    at ").append(element);
        }
        out.append('\n');
      }
    }
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}
}
