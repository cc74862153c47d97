package io.heddle.cli.istio;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;

/** Turns {@code corsPolicy} into a filter. */
final class Cors {
  private static final String ORIGIN =
      "\\*|https?://(\\*|(\\*\\.)?([A-Za-z0-9_-]+\\.)*[A-Za-z0-9_-]+)(:([0-9]{1,5}))?";

  private Cors() {}

  static void read(Source cors, ObjectNode rule) {
    ObjectNode filter = rule.objectNode();
    for (Source origin : cors.objects("allowOrigins")) {
      String exact = origin.text("exact");
      if (exact.matches(ORIGIN)) {
        filter.withArray("allowOrigins").add(exact);
      } else if (!exact.isEmpty()) {
        origin.leave("exact", "\"" + exact + "\" (expected: an origin, or \"*\")");
      }
      origin.leave("prefix", "an origin is said whole, or with \"*.\" before its domain");
      origin.leave("regex", "an origin is said whole, or with \"*.\" before its domain");
      origin.end();
    }
    for (String old : cors.texts("allowOrigin")) {
      filter.withArray("allowOrigins").add(old);
    }
    for (Map.Entry<String, String> list :
        Map.of(
                "allowMethods", "allowMethods",
                "allowHeaders", "allowHeaders",
                "exposeHeaders", "exposeHeaders")
            .entrySet()) {
      List<String> values = cors.texts(list.getKey());
      values.forEach(filter.withArray(list.getValue())::add);
      if (values.isEmpty()) {
        filter.remove(list.getValue());
      }
    }
    ObjectNode age = rule.objectNode();
    Times.put(cors, "maxAge", age, "maxAge");
    int seconds = seconds(age.path("maxAge").asText());
    if (seconds > 0) {
      filter.put("maxAge", seconds);
    }
    if (cors.flag("allowCredentials")) {
      filter.put("allowCredentials", true);
    }
    cors.leave("unmatchedPreflights", "a preflight of another origin is answered without consent");
    cors.end();
    if (!filter.isEmpty()) {
      rule.withArray("filters").addObject().put("type", "CORS").set("cors", filter);
    }
  }

  private static int seconds(String duration) {
    if (duration.isEmpty()) {
      return 0;
    }
    long seconds = 0;
    for (String part : duration.split("(?<=[hms])(?=[0-9])", -1)) {
      long number = Long.parseLong(part.replaceAll("[a-z]", ""));
      seconds +=
          part.endsWith("ms")
              ? 0
              : part.endsWith("h") ? number * 3_600 : part.endsWith("m") ? number * 60 : number;
    }
    return (int) Math.min(seconds, Integer.MAX_VALUE);
  }
}
