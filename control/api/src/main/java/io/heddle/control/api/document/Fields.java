package io.heddle.control.api.document;

import io.heddle.control.api.resource.ResourceObject;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the fields of one mapping; every field must be asked for, refused or else is reported by
 * {@link #end}. A field that is wrong is reported and read as its default, so that reading goes on
 * and finds the next error; the object that comes of it is thrown away.
 *
 * <p>The same calls draw the schema of a kind: with a {@link SchemaSketch} at hand there is no
 * document; every field seems to be there with its default, a list to have one item, and each call
 * notes what it would have demanded. So a reader must ask for its fields whatever their values are,
 * and leave choices between forms to {@link #variant}.
 *
 * <p>Confined to the parsing thread. {@link ResourceObject}'s rules on absent values hold: an
 * absent text is empty, an absent number zero.
 */
final class Fields {
  private static final Pattern PERCENTAGE = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,4})?");

  private final Problems problems;
  private final SourceNode.Mapping node;
  private final String path;
  private final Set<String> asked = new HashSet<>();
  private final @Nullable SchemaSketch sketch;

  Fields(Problems problems, SourceNode.Mapping node, String path) {
    this(problems, node, path, null);
  }

  private Fields(
      Problems problems, SourceNode.Mapping node, String path, @Nullable SchemaSketch sketch) {
    this.problems = problems;
    this.node = node;
    this.path = path;
    this.sketch = sketch;
  }

  /** Fields of no document, which note what is demanded of them. */
  static Fields sketching(SchemaSketch sketch) {
    return sketching(sketch, "");
  }

  private static Fields sketching(SchemaSketch sketch, String path) {
    return new Fields(
        new Problems(), new SourceNode.Mapping(new LinkedHashMap<>(), 1), path, sketch);
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
    return value(field) != null || sketch != null;
  }

  /** As {@link #has}, but only of what the document itself holds. */
  boolean states(String field) {
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
    if (sketch != null) {
      sketch.text(field, syntax);
    }
    SourceNode value = value(field);
    return value == null ? "" : Fields.text(problems, value, at(field), syntax);
  }

  String requiredText(String field, Syntax syntax) {
    if (sketch != null) {
      sketch.require(field);
    }
    if (!has(field)) {
      wrong(field, "missing", syntax.expected());
      return "";
    }
    return text(field, syntax);
  }

  /** A text that the form that was chosen demands, and other forms of the mapping do not have. */
  String neededText(String field, Syntax syntax) {
    if (!has(field)) {
      wrong(field, "missing", syntax.expected());
      return "";
    }
    return text(field, syntax);
  }

  /** As {@link #neededText}, of a mapping. */
  Fields neededMapping(String field, String expected) {
    if (!has(field)) {
      wrong(field, "missing", expected);
    }
    return mapping(field);
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
    if (sketch != null) {
      sketch.integer(field, least, most, absent);
    }
    SourceNode value = value(field);
    if (value == null) {
      return absent;
    }
    return integer(problems, value, at(field), least, most);
  }

  int requiredInteger(String field, int least, int most) {
    if (sketch != null) {
      sketch.require(field);
    }
    if (!has(field)) {
      wrong(field, "missing", "a whole number, " + least + " to " + most);
    }
    // A field without a default: what stands in for it is of no schema.
    return integer(field, least, most, sketch == null ? least : Math.max(least, 1));
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

  /** A percentage of at most four decimals, in millionths of the whole. */
  int percentage(String field, int absent) {
    if (sketch != null) {
      sketch.percentage(field, absent / 10_000);
    }
    SourceNode value = value(field);
    if (value == null) {
      return absent;
    }
    if (value instanceof SourceNode.Scalar(SourceNode.ScalarKind kind, String text, int _)
        && (kind == SourceNode.ScalarKind.INTEGER || kind == SourceNode.ScalarKind.OTHER)
        && PERCENTAGE.matcher(text).matches()) {
      BigDecimal percent = new BigDecimal(text);
      if (percent.compareTo(BigDecimal.valueOf(100)) <= 0) {
        return percent.movePointRight(4).intValueExact();
      }
    }
    wrong(field, value.describe(), "0 to 100, with at most four decimals");
    return absent;
  }

  /** True or false. */
  boolean flag(String field, boolean absent) {
    if (sketch != null) {
      sketch.flag(field, absent);
    }
    SourceNode value = value(field);
    if (value == null) {
      return absent;
    }
    if (value instanceof SourceNode.Scalar(SourceNode.ScalarKind kind, String text, int _)
        && kind == SourceNode.ScalarKind.BOOLEAN) {
      return text.equalsIgnoreCase("true");
    }
    wrong(field, value.describe(), "true or false");
    return absent;
  }

  /**
   * The form that a field chooses by its value, read by this form's own reader; empty where the
   * field is absent or names none, which is reported.
   *
   * @param forms by the value that chooses them, in the order in which messages name them
   */
  <T> Optional<T> variant(String field, Map<String, Function<Fields, T>> forms) {
    if (sketch != null) {
      sketch.require(field);
      sketch.choice(field, forms.keySet(), "");
      asked.add(field);
      Optional<T> first = Optional.empty();
      for (Function<Fields, T> form : forms.values()) {
        T read = form.apply(this);
        first = first.isPresent() ? first : Optional.of(read);
      }
      return first;
    }
    SourceNode value = value(field);
    if (value instanceof SourceNode.Scalar(SourceNode.ScalarKind kind, String text, int _)
        && kind == SourceNode.ScalarKind.TEXT) {
      Function<Fields, T> form = forms.get(text);
      if (form != null) {
        return Optional.of(form.apply(this));
      }
    }
    wrong(
        field,
        value == null ? "missing" : value.describe(),
        "one of " + String.join(", ", forms.keySet()));
    return Optional.empty();
  }

  /** As {@link #variant}, of a mapping that may be absent: then nothing is reported. */
  <T> Optional<T> variantIf(boolean stated, String field, Map<String, Function<Fields, T>> forms) {
    return stated || sketch != null ? variant(field, forms) : Optional.empty();
  }

  /** One of the constants of an enum, as documents spell them. */
  <E extends Enum<E>> E choice(String field, Map<String, E> choices, E absent) {
    if (sketch != null) {
      sketch.choice(field, choices.keySet(), nameOf(choices, absent));
    }
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

  private static <E> String nameOf(Map<String, E> choices, E wanted) {
    for (Map.Entry<String, E> choice : choices.entrySet()) {
      if (choice.getValue().equals(wanted)) {
        return choice.getKey();
      }
    }
    return "";
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
    if (sketch != null) {
      asked.add(field);
      return List.of(sketching(sketch.list(field, most), at(field)));
    }
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

  /** The items of a list of mappings that must have one. */
  List<Fields> mappings(String field, int least, int most, String expected) {
    if (sketch != null) {
      sketch.require(field);
    }
    List<Fields> found = mappings(field, most);
    if (sketch != null) {
      sketch.atLeast(field, least);
    } else if (found.size() < least) {
      wrong(field, found.isEmpty() ? "none" : found.size() + " items", expected);
    }
    return found;
  }

  /** The items of a list of whole numbers. */
  List<Integer> integers(String field, int many, int least, int most) {
    if (sketch != null) {
      sketch.integers(field, many, least, most);
    }
    List<Integer> found = new ArrayList<>();
    for (Item item : list(field, many)) {
      found.add(integer(problems, item.node(), item.path(), least, most));
    }
    return found;
  }

  /** The items of a list of texts. */
  List<String> texts(String field, int most, Syntax syntax) {
    if (sketch != null) {
      sketch.texts(field, most, syntax);
    }
    List<String> found = new ArrayList<>();
    for (Item item : list(field, most)) {
      found.add(text(problems, item.node(), item.path(), syntax));
    }
    return found;
  }

  /** A mapping, or one without fields when it is absent. */
  Fields mapping(String field) {
    if (sketch != null) {
      asked.add(field);
      return sketching(sketch.object(field), at(field));
    }
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

  /** A mapping that must be there. */
  Fields requiredMapping(String field, String expected) {
    if (sketch != null) {
      sketch.require(field);
    }
    if (!has(field)) {
      wrong(field, "missing", expected);
    }
    return mapping(field);
  }

  /** A mapping from names to texts. */
  Map<String, String> textMap(String field, int most, Syntax names, Syntax values) {
    if (sketch != null) {
      sketch.textMap(field, most, values);
      return Map.of();
    }
    Map<String, String> found = new TreeMap<>();
    mapping(field)
        .each(most, names, (name, value, at) -> found.put(name, text(problems, value, at, values)));
    return found;
  }

  /** A mapping from names to port numbers. */
  Map<String, Integer> portMap(String field, int most, Syntax names) {
    if (sketch != null) {
      sketch.portMap(field, most);
      return Map.of("http", 80);
    }
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
      if (value(field) != null) {
        wrong(field, "not supported yet", "left out");
      }
    }
  }

  /** Accepts a field without reading it. */
  void ignore(String field) {
    if (sketch != null) {
      sketch.anything(field);
    }
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
