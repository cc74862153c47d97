package io.heddle.control.app.ratelimit;

import io.heddle.control.app.ratelimit.LimitRules.Node;
import io.heddle.control.app.ratelimit.LimitRules.Pair;
import io.heddle.control.app.ratelimit.LimitRules.Prefix;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Reads rules: YAML documents of one domain each, in the form that the reference implementation of
 * Envoy's rate-limit service has.
 *
 * <pre>{@code
 * domain: shop
 * descriptors:
 * - key: user
 *   rate_limit: {unit: minute, requests_per_unit: 100}
 *   descriptors:
 *   - key: path
 *     value: /cart*
 *     rate_limit: {unit: second, requests_per_unit: 5, name: cart}
 * }</pre>
 */
final class LimitRulesReader {
  private static final int LARGEST = 4 << 20;
  private static final int DEEPEST = 32;

  private final List<String> errors = new ArrayList<>();

  private LimitRulesReader() {}

  /** What is wrong with rules: all of it, one line each. */
  static final class BadRules extends Exception {
    BadRules(List<String> errors) {
      super(String.join("\n", errors));
    }
  }

  /** Reads texts, by the name that errors give them. */
  static LimitRules read(Map<String, String> texts) throws BadRules {
    LimitRulesReader reader = new LimitRulesReader();
    Map<String, Node> domains = new HashMap<>();
    texts.forEach((name, text) -> reader.file(name, text, domains));
    if (!reader.errors.isEmpty()) {
      throw new BadRules(reader.errors);
    }
    return new LimitRules(domains);
  }

  private void file(String name, String text, Map<String, Node> domains) {
    LoadSettings settings =
        LoadSettings.builder()
            .setAllowDuplicateKeys(false)
            .setMaxAliasesForCollections(0)
            .setCodePointLimit(LARGEST)
            .setLabel(name)
            .build();
    try {
      for (Object document : new Load(settings).loadAllFromString(text)) {
        if (document == null) {
          continue;
        }
        Map<?, ?> fields = map(document, name, Set.of("domain", "descriptors"));
        String domain = text(fields.get("domain"), name + ": domain");
        Node node = node(Optional.empty(), fields.get("descriptors"), name + ": descriptors", 0);
        if (!domain.isEmpty() && domains.putIfAbsent(domain, node) != null) {
          wrong(name + ": domain", domain, "a domain used once");
        }
      }
    } catch (YamlEngineException malformed) {
      errors.add(name + ": " + malformed.getMessage());
    }
  }

  private Node node(Optional<LimitRule> limit, @Nullable Object children, String path, int depth) {
    Map<Pair, Node> exact = new HashMap<>();
    List<Prefix> prefixes = new ArrayList<>();
    Map<String, Node> byKey = new HashMap<>();
    if (depth > DEEPEST) {
      wrong(path, "more than " + DEEPEST + " levels", "fewer");
    } else if (children instanceof List<?> list) {
      for (int i = 0; i < list.size(); i++) {
        child(list.get(i), path + "[" + i + "]", depth, exact, prefixes, byKey);
      }
    } else if (children != null) {
      wrong(path, String.valueOf(children), "a list");
    }
    return new Node(limit, exact, prefixes, byKey);
  }

  private void child(
      @Nullable Object of,
      String path,
      int depth,
      Map<Pair, Node> exact,
      List<Prefix> prefixes,
      Map<String, Node> byKey) {
    Map<?, ?> fields =
        map(of, path, Set.of("key", "value", "rate_limit", "descriptors", "shadow_mode"));
    String key = text(fields.get("key"), path + ".key");
    boolean shadow = flag(fields.get("shadow_mode"), path + ".shadow_mode");
    Node node =
        node(
            limit(fields.get("rate_limit"), shadow, path + ".rate_limit"),
            fields.get("descriptors"),
            path + ".descriptors",
            depth + 1);
    Object value = fields.get("value");
    String text = value == null ? "" : String.valueOf(value);
    boolean twice;
    if (text.isEmpty()) {
      twice = byKey.putIfAbsent(key, node) != null;
    } else if (text.endsWith("*")) {
      String prefix = text.substring(0, text.length() - 1);
      twice = prefixes.stream().anyMatch(p -> p.key().equals(key) && p.prefix().equals(prefix));
      prefixes.add(new Prefix(key, prefix, node));
    } else {
      twice = exact.putIfAbsent(new Pair(key, text), node) != null;
    }
    if (twice) {
      wrong(path, key + (text.isEmpty() ? "" : "=" + text), "a key and value used once");
    }
  }

  private Optional<LimitRule> limit(@Nullable Object of, boolean shadow, String path) {
    if (of == null) {
      return Optional.empty();
    }
    Map<?, ?> fields = map(of, path, Set.of("unit", "requests_per_unit", "unlimited", "name"));
    if (flag(fields.get("unlimited"), path + ".unlimited")) {
      if (fields.containsKey("unit") || fields.containsKey("requests_per_unit")) {
        wrong(path, "unlimited beside a limit", "one of the two");
      }
      return Optional.empty();
    }
    String unit = text(fields.get("unit"), path + ".unit");
    Optional<LimitUnit> known = LimitUnit.named(unit);
    if (known.isEmpty() && !unit.isEmpty()) {
      wrong(path + ".unit", unit, "second, minute, hour, day, week, month or year");
    }
    long requests = -1;
    Object number = fields.get("requests_per_unit");
    if (number instanceof Integer || number instanceof Long) {
      requests = ((Number) number).longValue();
    }
    if (requests < 0 || requests > 0xffff_ffffL) {
      wrong(path + ".requests_per_unit", String.valueOf(number), "0 to 4294967295");
      return Optional.empty();
    }
    Object name = fields.get("name");
    return Optional.of(
        new LimitRule(
            requests,
            known.orElse(LimitUnit.SECOND),
            name == null ? "" : String.valueOf(name),
            shadow));
  }

  private Map<?, ?> map(@Nullable Object value, String path, Set<String> known) {
    if (!(value instanceof Map<?, ?> fields)) {
      wrong(path, String.valueOf(value), "fields: " + String.join(", ", known));
      return Map.of();
    }
    for (Object field : fields.keySet()) {
      if (!known.contains(String.valueOf(field))) {
        wrong(path + "." + field, "set", "not set: it is not known here");
      }
    }
    return fields;
  }

  private String text(@Nullable Object value, String path) {
    if (!(value instanceof String text) || text.isEmpty()) {
      wrong(path, String.valueOf(value), "a text that is not empty");
      return "";
    }
    return text;
  }

  private boolean flag(@Nullable Object value, String path) {
    if (value != null && !(value instanceof Boolean)) {
      wrong(path, String.valueOf(value), "true or false");
    }
    return Boolean.TRUE.equals(value);
  }

  private void wrong(String path, String offending, String expected) {
    String shown = offending.length() > 100 ? offending.substring(0, 100) + "…" : offending;
    errors.add(path + ": " + shown + " (expected: " + expected + ")");
  }
}
