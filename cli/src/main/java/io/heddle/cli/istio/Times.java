package io.heddle.cli.istio;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations: Istio's, as protobuf and Go write them, in the Gateway API's whole milliseconds. */
final class Times {
  private static final Pattern PART = Pattern.compile("([0-9]{1,9}(?:\\.[0-9]{1,9})?)(ms|h|m|s)");
  private static final long MOST_MILLIS = 99_999L * 3_600_000;

  private Times() {}

  /** Carries a duration over, or reports it. */
  static void put(Source from, String field, ObjectNode into, String as) {
    String text = from.text(field);
    if (text.isEmpty()) {
      return;
    }
    Optional<String> read = read(text);
    if (read.isPresent()) {
      into.put(as, read.get());
    } else {
      from.leave(field, "\"" + text + "\" (expected: whole milliseconds)");
    }
  }

  static Optional<String> read(String text) {
    Matcher part = PART.matcher(text);
    BigDecimal millis = BigDecimal.ZERO;
    int at = 0;
    while (at < text.length()) {
      if (!part.find(at) || part.start() != at) {
        return Optional.empty();
      }
      long unit =
          switch (part.group(2)) {
            case "h" -> 3_600_000;
            case "m" -> 60_000;
            case "s" -> 1_000;
            default -> 1;
          };
      millis = millis.add(new BigDecimal(part.group(1)).multiply(BigDecimal.valueOf(unit)));
      at = part.end();
    }
    BigDecimal whole = millis.stripTrailingZeros();
    if (text.isEmpty() || whole.scale() > 0 || whole.longValue() > MOST_MILLIS) {
      return Optional.empty();
    }
    return Optional.of(write(whole.longValueExact()));
  }

  private static String write(long millis) {
    if (millis == 0) {
      return "0s";
    }
    StringBuilder text = new StringBuilder();
    part(text, millis / 3_600_000, "h");
    part(text, millis / 60_000 % 60, "m");
    part(text, millis / 1_000 % 60, "s");
    part(text, millis % 1_000, "ms");
    return text.toString();
  }

  private static void part(StringBuilder text, long number, String unit) {
    if (number > 0) {
      text.append(number).append(unit);
    }
  }
}
