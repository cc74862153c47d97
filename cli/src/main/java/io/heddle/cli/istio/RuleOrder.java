package io.heddle.cli.istio;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds rules that a later one of the same route now comes before. Whether two matches have a
 * request in common is told by their paths and methods alone; a regular expression may have
 * anything.
 *
 * @see <a href="https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule">Gateway API, the
 *     precedence of matches</a>
 */
final class RuleOrder {
  private static final JsonNode EVERYTHING = JsonNodeFactory.instance.objectNode();

  private RuleOrder() {}

  static void check(ArrayNode rules, List<String> where, Notes notes) {
    for (int later = 1; later < rules.size(); later++) {
      for (int earlier = 0; earlier < later; earlier++) {
        if (!where.get(earlier).equals(where.get(later))
            && overtakes(rules.path(later), rules.path(earlier))) {
          notes.changed(
              where.get(later),
              "its match is more specific than that of "
                  + last(where.get(earlier))
                  + ", so that it comes first now");
          break;
        }
      }
    }
  }

  private static String last(String where) {
    return where.substring(where.lastIndexOf(' ') + 1);
  }

  private static boolean overtakes(JsonNode later, JsonNode earlier) {
    for (JsonNode one : matches(later)) {
      for (JsonNode other : matches(earlier)) {
        if (compare(one, other) > 0 && overlap(one, other)) {
          return true;
        }
      }
    }
    return false;
  }

  private static List<JsonNode> matches(JsonNode rule) {
    List<JsonNode> all = new ArrayList<>();
    rule.path("matches").forEach(all::add);
    return all.isEmpty() ? List.of(EVERYTHING) : all;
  }

  /** Above zero where the first is the more specific one. */
  private static int compare(JsonNode a, JsonNode b) {
    int[] ofA = rank(a);
    int[] ofB = rank(b);
    for (int i = 0; i < ofA.length; i++) {
      if (ofA[i] != ofB[i]) {
        return Integer.compare(ofA[i], ofB[i]);
      }
    }
    return 0;
  }

  private static int[] rank(JsonNode match) {
    int type =
        switch (type(match)) {
          case "Exact" -> 2;
          case "RegularExpression" -> 1;
          default -> 0;
        };
    String path = path(match);
    int length = type == 0 ? prefix(path).length() : path.length();
    int method = match.has("method") ? 1 : 0;
    return new int[] {
      type, length, method, match.path("headers").size(), match.path("queryParams").size()
    };
  }

  private static boolean overlap(JsonNode a, JsonNode b) {
    String methodOfA = match(a, "method");
    String methodOfB = match(b, "method");
    if (!methodOfA.isEmpty() && !methodOfB.isEmpty() && !methodOfA.equals(methodOfB)) {
      return false;
    }
    String typeOfA = type(a);
    String typeOfB = type(b);
    if (typeOfA.equals("RegularExpression") || typeOfB.equals("RegularExpression")) {
      return true;
    }
    if (typeOfA.equals("Exact") && typeOfB.equals("Exact")) {
      return path(a).equals(path(b));
    }
    return typeOfA.equals("Exact")
        ? under(path(a), path(b))
        : typeOfB.equals("Exact")
            ? under(path(b), path(a))
            : under(path(a), path(b)) || under(path(b), path(a));
  }

  private static boolean under(String path, String prefix) {
    String whole = prefix(prefix);
    return prefix(path).equals(whole) || path.startsWith(whole.equals("/") ? "/" : whole + "/");
  }

  private static String prefix(String path) {
    return path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
  }

  private static String type(JsonNode match) {
    return match.at("/path/type").asText("PathPrefix");
  }

  private static String path(JsonNode match) {
    return match.at("/path/value").asText("/");
  }

  private static String match(JsonNode match, String field) {
    return match.path(field).asText("");
  }
}
