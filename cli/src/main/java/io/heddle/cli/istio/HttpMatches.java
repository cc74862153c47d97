package io.heddle.cli.istio;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Turns one match of an {@code http} route into one of an HTTPRoute. */
final class HttpMatches {
  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH");

  private HttpMatches() {}

  /**
   * Empty, and reported, where a condition cannot be stated: to drop the condition alone would
   * match more than was meant.
   */
  static Optional<ObjectNode> read(Source match) {
    ObjectNode out = JsonNodeFactory.instance.objectNode();
    boolean whole = path(match, out);
    whole &= method(match, out);
    whole &= values(match, "headers", out, "headers");
    whole &= values(match, "queryParams", out, "queryParams");
    match.ignore("name", "statPrefix");
    if (match.flag("ignoreUriCase")) {
      match.leave("ignoreUriCase", "paths are compared as they are");
      whole = false;
    }
    whole &= not(match, "withoutHeaders", "a match cannot say what must not be there");
    whole &= not(match, "authority", "put the host among those of a VirtualService of its own");
    whole &= not(match, "scheme", "a listener takes one scheme");
    whole &= not(match, "port", "attach an HTTPRoute of its own to that port");
    whole &= not(match, "gateways", "attach an HTTPRoute of its own to that Gateway");
    whole &= not(match, "sourceLabels", "a route does not know who calls");
    whole &= not(match, "sourceNamespace", "a route does not know who calls");
    match.end();
    return whole ? Optional.of(out) : Optional.empty();
  }

  private static boolean not(Source match, String field, String why) {
    match.leave(field, why);
    return !match.has(field);
  }

  private static boolean path(Source match, ObjectNode out) {
    if (!match.has("uri")) {
      return true;
    }
    Source uri = match.object("uri");
    String exact = uri.text("exact");
    String prefix = uri.text("prefix");
    String regex = uri.text("regex");
    uri.end();
    if (!exact.isEmpty()) {
      out.putObject("path").put("type", "Exact").put("value", exact);
    } else if (!prefix.isEmpty()) {
      if (!prefix.startsWith("/")) {
        uri.leave("prefix", "\"" + prefix + "\" (expected: a path that begins with \"/\")");
        return false;
      }
      if (!prefix.equals("/")) {
        uri.changed(
            "prefix",
            prefix.endsWith("/")
                ? "matches " + prefix.substring(0, prefix.length() - 1) + " itself now, too"
                : "matches whole segments only: not " + prefix + "x");
      }
      out.putObject("path").put("type", "PathPrefix").put("value", prefix);
    } else if (!regex.isEmpty()) {
      out.putObject("path").put("type", "RegularExpression").put("value", regex);
    }
    return true;
  }

  private static boolean method(Source match, ObjectNode out) {
    if (!match.has("method")) {
      return true;
    }
    Source method = match.object("method");
    String exact = method.text("exact");
    if (METHODS.contains(exact)) {
      out.put("method", exact);
      method.end();
      return true;
    }
    method.end();
    match.leave("method", "expected: exact, and one of the methods of HTTP");
    return false;
  }

  private static boolean values(Source match, String field, ObjectNode out, String as) {
    boolean whole = true;
    for (Map.Entry<String, Source> entry : match.named(field).entrySet()) {
      String name = entry.getKey();
      Source value = entry.getValue();
      String exact = value.text("exact");
      String prefix = value.text("prefix");
      String regex = value.text("regex");
      value.end();
      String type = exact.isEmpty() ? "RegularExpression" : "Exact";
      String wanted = exact;
      if (exact.isEmpty()) {
        // What only has to be there may hold anything.
        wanted = !regex.isEmpty() ? regex : prefix.isEmpty() ? ".*" : quoted(prefix) + ".*";
      }
      if (name.startsWith(":")) {
        value.changed("", "HTTP/2 calls it a header; state it as method, path or host");
        whole = false;
        continue;
      }
      out.withArray(as).addObject().put("type", type).put("name", name).put("value", wanted);
    }
    return whole;
  }

  /** A text in which nothing means anything to a regular expression. */
  static String quoted(String text) {
    return text.replaceAll("[\\\\.\\[\\]{}()*+?^$|]", "\\\\$0");
  }
}
