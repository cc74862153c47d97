package io.heddle.cli.istio;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns the {@code http} routes of a VirtualService into the rules of an HTTPRoute. Istio takes the
 * first that matches, an HTTPRoute the most specific; where that differs, it is said.
 */
final class HttpRules {
  private static final int MOST_RULES = 16;

  /** A rule, and where in the VirtualService it comes from. */
  private record Rule(ObjectNode node, String where) {}

  private final Backends backends;
  private final Notes notes;
  private final List<Rule> rules = new ArrayList<>();

  HttpRules(Backends backends, Notes notes) {
    this.backends = backends;
    this.notes = notes;
  }

  /** The rules, in their order. */
  ArrayNode read(List<Source> routes) {
    for (Source route : routes) {
      read(route);
    }
    ArrayNode all = JsonNodeFactory.instance.arrayNode();
    for (Rule rule : rules) {
      if (all.size() == MOST_RULES) {
        notes.leftOut(rule.where(), "an HTTPRoute has at most " + MOST_RULES + " rules");
      } else {
        all.add(rule.node());
      }
    }
    RuleOrder.check(all, rules.stream().map(Rule::where).toList(), notes);
    return all;
  }

  private void read(Source route) {
    List<ObjectNode> matches = new ArrayList<>();
    List<Source> stated = route.objects("match");
    for (Source match : stated) {
      HttpMatches.read(match).ifPresent(matches::add);
    }
    if (!stated.isEmpty() && matches.isEmpty()) {
      route.ignore("route", "redirect", "name");
      notes.leftOut(route.where(""), "nothing that it matches could be carried over");
      return;
    }
    if (route.has("delegate") || route.has("directResponse")) {
      route.leave("delegate", "write the rules of the other VirtualService here");
      route.leave("directResponse", "no route answers by itself here");
      route.ignore("name");
      route.end();
      notes.leftOut(route.where(""), "without an answer, what it matched goes to later rules");
      return;
    }
    ObjectNode rule = JsonNodeFactory.instance.objectNode();
    name(route, rule);
    Backends.headers(route, rule);
    mirrors(route, rule);
    Cors.read(route.object("corsPolicy"), rule);
    timeouts(route, rule);
    route.leave("fault", "faults cannot be injected here");
    route.ignore("statPrefix");
    boolean redirects = route.has("redirect");
    if (redirects) {
      Paths.redirect(route.object("redirect"), rule);
      route.leave("rewrite", "beside a redirect it does nothing");
    }
    ArrayNode refs = JsonNodeFactory.instance.arrayNode();
    backends.weighted(route, refs);
    if (!redirects) {
      rule.set("backendRefs", refs);
    }
    Source rewrite = route.object("rewrite");
    boolean rewrites = !redirects && route.has("rewrite");
    route.end();
    if (!rewrites) {
      if (!matches.isEmpty()) {
        rule.putArray("matches").addAll(matches);
      }
      rules.add(new Rule(rule, route.where("")));
      return;
    }
    // A prefix is replaced for one match alone, so that each has a rule of its own.
    List<ObjectNode> each =
        matches.isEmpty() ? List.of(JsonNodeFactory.instance.objectNode()) : matches;
    for (int i = 0; i < each.size(); i++) {
      ObjectNode one = rule.deepCopy();
      if (i > 0) {
        one.remove("name"); // names are unique
      }
      one.putArray("matches").add(each.get(i));
      Paths.rewrite(rewrite, each.get(i), one, i == 0);
      rules.add(new Rule(one, route.where("")));
    }
  }

  private void name(Source route, ObjectNode rule) {
    String name = route.text("name");
    if (name.isEmpty()) {
      return;
    }
    boolean taken =
        rules.stream().anyMatch(other -> other.node().path("name").asText().equals(name));
    if (name.length() <= 253 && name.matches("[a-z0-9]([-a-z0-9.]*[a-z0-9])?") && !taken) {
      rule.put("name", name);
    } else {
      route.leave("name", "\"" + name + "\" (expected: a unique RFC 1123 name)");
    }
  }

  private void mirrors(Source route, ObjectNode rule) {
    if (route.has("mirror")) {
      ObjectNode mirror = rule.objectNode();
      boolean known = backends.reference(route.object("mirror"), mirror.putObject("backendRef"));
      percent(route, "mirrorPercentage", mirror);
      if (!mirror.has("percent") && !mirror.has("fraction")) {
        String old = route.has("mirrorPercent") ? "mirrorPercent" : "mirror_percent";
        if (route.has(old)) {
          mirror.put("percent", route.number(old, 100));
        }
      }
      if (known) {
        add(rule, mirror);
      }
    }
    for (Source item : route.objects("mirrors")) {
      ObjectNode mirror = rule.objectNode();
      boolean known =
          backends.reference(item.object("destination"), mirror.putObject("backendRef"));
      percent(item, "percentage", mirror);
      item.end();
      if (known) {
        add(rule, mirror);
      }
    }
  }

  private static void add(ObjectNode rule, JsonNode mirror) {
    rule.withArray("filters").addObject().put("type", "RequestMirror").set("requestMirror", mirror);
  }

  private static void percent(Source holder, String field, ObjectNode mirror) {
    if (!holder.has(field)) {
      return;
    }
    Source percentage = holder.object(field);
    String value = percentage.text("value");
    percentage.end();
    if (value.matches("100(\\.0*)?|[0-9]{1,2}(\\.[0-9]{1,4})?")) {
      int parts = (int) Math.round(Double.parseDouble(value) * 10_000);
      if (parts % 10_000 == 0) {
        mirror.put("percent", parts / 10_000);
      } else {
        mirror.putObject("fraction").put("numerator", parts).put("denominator", 1_000_000);
      }
    } else {
      percentage.leave("value", "\"" + value + "\" (expected: 0 to 100, four decimals at most)");
    }
  }

  private static void timeouts(Source route, ObjectNode rule) {
    ObjectNode timeouts = rule.objectNode();
    Times.put(route, "timeout", timeouts, "request");
    Source retries = route.object("retries");
    if (route.has("retries")) {
      Retries.read(retries, timeouts, rule);
    }
    if (!timeouts.isEmpty()) {
      rule.set("timeouts", timeouts);
    }
  }
}
