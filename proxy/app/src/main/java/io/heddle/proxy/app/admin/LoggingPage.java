package io.heddle.proxy.app.admin;

import io.heddle.proxy.app.logging.LogLevel;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * {@code /logging}: shows and changes what the proxy says of itself. {@code level=LEVEL} is for
 * everything, {@code paths=NAME:LEVEL,...} or {@code NAME=LEVEL} for single classes by simple name.
 */
public final class LoggingPage implements AdminPage {
  private static final int MOST = 100;

  @Override
  public AdminResponse answer(AdminRequest request) {
    Map<String, LogLevel> single = new TreeMap<>();
    for (Map.Entry<String, String> entry : request.query().entrySet()) {
      String refusal =
          switch (entry.getKey()) {
            case "level" -> "";
            case "paths" -> paths(entry.getValue(), single);
            default -> one(entry.getKey(), entry.getValue(), single);
          };
      if (!refusal.isEmpty()) {
        return AdminResponse.text(400, refusal + "\n");
      }
    }
    Optional<String> wanted = request.value("level");
    if (wanted.isPresent()) {
      Optional<LogLevel> level = LogLevel.parse(wanted.get());
      if (level.isEmpty()) {
        return AdminResponse.text(400, "level: expected " + LogLevel.names() + "\n");
      }
      LogLevel.set(level.get());
    }
    if (LogLevel.single().size() + single.size() > MOST) {
      return AdminResponse.text(
          400, "paths: expected at most " + MOST + " classes with levels of their own\n");
    }
    LogLevel.set(single);
    StringBuilder out = new StringBuilder("active loggers:\n");
    out.append("  heddle: ").append(LogLevel.current().text()).append('\n');
    LogLevel.single()
        .forEach((name, level) ->
            out.append("  ").append(name).append(": ").append(level.text()).append('\n'));
    return AdminResponse.text(200, out.toString());
  }

  private static String paths(String paths, Map<String, LogLevel> single) {
    for (String path : paths.split(",", -1)) {
      int colon = path.lastIndexOf(':');
      if (colon <= 0) {
        return "paths: expected NAME:LEVEL, separated by commas";
      }
      String refusal = one(path.substring(0, colon), path.substring(colon + 1), single);
      if (!refusal.isEmpty()) {
        return refusal;
      }
    }
    return "";
  }

  private static String one(String name, String value, Map<String, LogLevel> single) {
    if (!name.chars().allMatch(c -> c < 128 && Character.isJavaIdentifierPart(c))) {
      return "paths: expected a class's simple name before each level";
    }
    Optional<LogLevel> level = LogLevel.parse(value);
    if (level.isEmpty()) {
      return name + ": expected " + LogLevel.names();
    }
    single.put(name, level.get());
    return "";
  }
}
