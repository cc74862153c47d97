package io.heddle.control.api.document;

import io.heddle.control.api.resource.ResourceObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads the fields of one mapping; every field must be asked for, refused or else is reported by
 * {@link #end}. A field that is wrong is reported and read as its default, so that reading goes on
 * and finds the next error; the object that comes of it is thrown away.
 *
 * <p>Confined to the parsing thread. {@link ResourceObject}'s rules on absent values hold: an
 * absent text is empty, an absent number zero.
 */
final class Fields {
  private final Problems problems;
  private final SourceNode.Mapping node;
  private final String path;
  private final Set<String> asked = new HashSet<>();

  Fields(Problems problems, SourceNode.Mapping node, String path) {
    this.problems = problems;
    this.node = node;
    this.path = path;
  }

  /** An item of a list, with the path to name it by. */
  record Item(SourceNode node, String path) {}

  int line() {
    return node.line();
  }

  String path() {
    return path;
  }

  /** The path of a field of this mapping. */
  String at(String field) {
    return path.isEmpty() ? field : path + "." + field;
  }

  /** The line of a field, or of the mapping when the field is not there. */
  int lineOf(String field) {
    SourceNode.Entry entry = node.entries().get(field);
    return entry == null ? node.line() : entry.keyLine();
  }

  boolean has(String field) {
    return value(field) != null;
  }

  void wrong(String field, String offending, String expected) {
    problems.add(lineOf(field), at(field), offending, expected);
  }

  /** The field's value; null when it is absent or null. */
  private @Nullable SourceNode value(String field) {
    asked.add(field);
    SourceNode.Entry entry = node.entries().get(field);
    if (entry == null
        || (entry.value() instanceof SourceNode.Scalar scalar
            && scalar.kind() == SourceNode.ScalarKind.NULL)) {
      return null;
    }
    return entry.value();
  }

  String text(String field, Syntax syntax) {
    SourceNode value = value(field);
    return value == null ? "" : Fields.text(problems, value, at(field), syntax);
  }

  String requiredText(String field, Syntax syntax) {
    if (!has(field)) {
      wrong(field, "missing", syntax.expected());
      return "";
    }
    return text(field, syntax);
  }

  /** Reads a text that is not a field of its own: an item of a list. */
  static String text(Problems problems, SourceNode value, String at, Syntax syntax) {
    if (value instanceof SourceNode.Scalar(SourceNode.ScalarKind kind, String text, int line)
        && kind == SourceNode.ScalarKind.TEXT) {
      if (!syntax.admits(text)) {
        problems.add(line, at, Problems.quote(text), syntax.expected());
      }
      return text;
    }
    boolean scalar = value instanceof SourceNode.Scalar;
    problems.add(
        value.line(),
        at,
        value.describe(),
        scalar ? syntax.expected() + ", in quotes to be a text" : syntax.expected());
    return "";
  }

  /** A whole number in a range; {@code absent} when the field is not there. */
  int integer(String field, int least, int most, int absent) {
    SourceNode value = value(field);
    if (value == null) {
      return absent;
    }
    return integer(problems, value, at(field), least, most);
  }

  int requiredInteger(String field, int least, int most) {
    if (!has(field)) {
      wrong(field, "missing", "a whole number, " + least + " to " + most);
    }
    return integer(field, least, most, least);
  }

  static int integer(Problems problems, SourceNode value, String at, int least, int most) {
    if (value instanceof SourceNode.Scalar(SourceNode.ScalarKind kind, String text, int _)
        && kind == SourceNode.ScalarKind.INTEGER
        && text.length() <= 12) {
      long number = Long.parseLong(text);
      if (number >= least && number <= most) {
        return (int) number;
      }
    }
    problems.add(value.line(), at, value.describe(), "a whole number, " + least + " to " + most);
    return least;
  }

  /** One of the constants of an enum, as documents spell them. */
  <E extends Enum<E>> E choice(String field, Map<String, E> choices, E absent) {
    SourceNode value = value(field);
    if (value == null) {
      return absent;
    }
    if (value instanceof SourceNode.Scalar(SourceNode.ScalarKind kind, String text, int _)
        && kind == SourceNode.ScalarKind.TEXT) {
      E chosen = choices.get(text);
      if (chosen != null) {
        return chosen;
      }
    }
    wrong(field, value.describe(), "one of " + String.join(", ", choices.keySet()));
    return absent;
  }

  /** The items of a list; a list that is too long is reported and cut. */
  List<Item> list(String field, int most) {
    SourceNode value = value(field);
    if (value == null) {
      return List.of();
    }
    if (!(value instanceof SourceNode.Sequence(List<SourceNode> items, int _))) {
      wrong(field, value.describe(), "a list");
      return List.of();
    }
    if (items.size() > most) {
      wrong(field, items.size() + " items", "at most " + most);
    }
    List<Item> found = new ArrayList<>();
    for (int i = 0; i < Math.min(items.size(), most); i++) {
      found.add(new Item(items.get(i), at(field) + "[" + i + "]"));
    }
    return found;
  }

  /** The items of a list of mappings. */
  List<Fields> mappings(String field, int most) {
    List<Fields> found = new ArrayList<>();
    for (Item item : list(field, most)) {
      if (item.node() instanceof SourceNode.Mapping mapping) {
        found.add(new Fields(problems, mapping, item.path()));
      } else {
        problems.add(item.node().line(), item.path(), item.node().describe(), "a mapping");
      }
    }
    return found;
  }

  /** The items of a list of texts. */
  List<String> texts(String field, int most, Syntax syntax) {
    List<String> found = new ArrayList<>();
    for (Item item : list(field, most)) {
      found.add(text(problems, item.node(), item.path(), syntax));
    }
    return found;
  }

  /** A mapping, or one without fields when it is absent. */
  Fields mapping(String field) {
    SourceNode value = value(field);
    if (value instanceof SourceNode.Mapping mapping) {
      return new Fields(problems, mapping, at(field));
    }
    if (value != null) {
      wrong(field, value.describe(), "a mapping");
    }
    return new Fields(
        problems, new SourceNode.Mapping(new LinkedHashMap<>(), lineOf(field)), at(field));
  }

  /** A mapping from names to texts. */
  Map<String, String> textMap(String field, int most, Syntax names, Syntax values) {
    Map<String, String> found = new TreeMap<>();
    mapping(field)
        .each(most, names, (name, value, at) -> found.put(name, text(problems, value, at, values)));
    return found;
  }

  /** A mapping from names to port numbers. */
  Map<String, Integer> portMap(String field, int most, Syntax names) {
    Map<String, Integer> found = new TreeMap<>();
    mapping(field)
        .each(
            most,
            names,
            (name, value, at) -> found.put(name, integer(problems, value, at, 1, 65_535)));
    return found;
  }

  /** Takes a free entry of a mapping whose names are the user's. */
  private interface EntryReader {
    void read(String name, SourceNode value, String at);
  }

  private void each(int most, Syntax names, EntryReader reader) {
    if (node.entries().size() > most) {
      problems.add(node.line(), path, node.entries().size() + " entries", "at most " + most);
      return;
    }
    node.entries()
        .forEach((name, entry) -> {
          if (!names.admits(name)) {
            problems.add(
                entry.keyLine(), path, Problems.quote(name), "names that are " + names.expected());
          }
          reader.read(name, entry.value(), at(name));
        });
  }

  /** Refuses fields that exist but that Heddle does not honour yet. */
  void notYet(String... fields) {
    for (String field : fields) {
      if (has(field)) {
        wrong(field, "not supported yet", "left out");
      }
    }
  }

  /** Accepts a field without reading it. */
  void ignore(String field) {
    asked.add(field);
  }

  /** Reports the fields that nobody asked for. */
  void end() {
    node.entries()
        .forEach((name, entry) -> {
          if (!asked.contains(name)) {
            problems.add(
                entry.keyLine(),
                at(Problems.shorten(name)),
                "unknown field",
                "one of " + String.join(", ", asked.stream().sorted().toList()));
          }
        });
  }
}
