package io.heddle.control.api.document;

import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.PolicySpec.Mode;
import io.heddle.control.api.resource.PolicySpec.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Reads what all kinds of policies have: targets and mode; and the choices of enums. */
final class PolicyReader {
  private static final Map<String, Mode> MODES = choices(Mode.values(), Mode::text);

  private PolicyReader() {}

  /** The constants that documents can name. */
  static <E extends Enum<E>> Map<String, E> choices(E[] values, Function<E, String> text) {
    Map<String, E> all = new LinkedHashMap<>();
    for (E value : values) {
      if (!text.apply(value).isEmpty()) {
        all.put(text.apply(value), value);
      }
    }
    return all;
  }

  static List<Target> targets(Fields spec, List<Kind> kinds) {
    Map<String, Kind> known = new LinkedHashMap<>();
    kinds.forEach(kind -> known.put(kind.kindName(), kind));
    List<Target> targets = new ArrayList<>();
    for (Fields item : spec.mappings("targetRefs", 1, 16, "at least one target")) {
      if (!item.has("kind")) {
        item.wrong("kind", "missing", "one of " + String.join(", ", known.keySet()));
      }
      Kind kind = item.choice("kind", known, kinds.getFirst());
      RouteRefsReader.group(item, kind);
      String name = item.requiredText("name", Syntax.DNS_NAME);
      String section = item.text("sectionName", Syntax.DNS_NAME);
      item.end();
      if (kind == Kind.SERVICE && !section.isEmpty()) {
        item.wrong("sectionName", Problems.quote(section), "left out, for a Service");
      }
      Target target = new Target(kind, name, section);
      if (targets.contains(target)) {
        item.wrong("name", "the same target stands twice", "unique targets");
      }
      targets.add(target);
    }
    return targets;
  }

  static Mode mode(Fields spec) {
    return spec.choice("mode", MODES, Mode.ENFORCE);
  }
}
