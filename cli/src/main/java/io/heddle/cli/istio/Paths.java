package io.heddle.cli.istio;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;

/** Turns {@code rewrite} and {@code redirect} into filters. */
final class Paths {
  private static final Set<Integer> STATUS = Set.of(301, 302, 303, 307, 308);
  private static final int ISTIO_STATUS = 301;

  private Paths() {}

  /**
   * Istio replaces what a prefix matched, and else the whole path.
   *
   * @param first whether what cannot be carried over is still to be said
   */
  static void rewrite(Source rewrite, ObjectNode match, ObjectNode rule, boolean first) {
    ObjectNode filter = rule.objectNode();
    String authority = rewrite.text("authority");
    if (!authority.isEmpty()) {
      filter.put("hostname", authority);
    }
    String uri = rewrite.text("uri");
    if (!uri.isEmpty()) {
      String type = match.at("/path/type").asText("PathPrefix");
      if (!match.has("path")) {
        match.putObject("path").put("type", "PathPrefix").put("value", "/");
      }
      ObjectNode path = filter.putObject("path");
      if (type.equals("PathPrefix")) {
        path.put("type", "ReplacePrefixMatch").put("replacePrefixMatch", uri);
      } else {
        path.put("type", "ReplaceFullPath").put("replaceFullPath", uri);
      }
    }
    if (first) {
      rewrite.leave("uriRegexRewrite", "a path is replaced as a whole or by its prefix");
      rewrite.end();
    }
    if (!filter.isEmpty()) {
      rule.withArray("filters").addObject().put("type", "URLRewrite").set("urlRewrite", filter);
    }
  }

  static void redirect(Source redirect, ObjectNode rule) {
    ObjectNode filter = rule.objectNode();
    String scheme = redirect.text("scheme");
    if (!scheme.isEmpty()) {
      filter.put("scheme", scheme);
    }
    String authority = redirect.text("authority");
    if (!authority.isEmpty()) {
      filter.put("hostname", authority);
    }
    String uri = redirect.text("uri");
    if (!uri.isEmpty()) {
      filter.putObject("path").put("type", "ReplaceFullPath").put("replaceFullPath", uri);
    }
    int port = redirect.number("port", 0);
    if (port > 0) {
      filter.put("port", port);
    }
    redirect.leave("derivePort", "the port follows from scheme and `port`");
    int status = redirect.number("redirectCode", ISTIO_STATUS);
    if (STATUS.contains(status)) {
      filter.put("statusCode", status);
    } else {
      redirect.changed("redirectCode", status + " (expected: 301, 302, 303, 307, 308): 301");
      filter.put("statusCode", ISTIO_STATUS);
    }
    redirect.end();
    rule.withArray("filters")
        .addObject()
        .put("type", "RequestRedirect")
        .set("requestRedirect", filter);
  }
}
