package io.heddle.xds.model.parse;

import io.heddle.xds.model.ConfigError;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/** One document of YAML 1.2, of which JSON is a part, that knows on which line a field stands. */
final class YamlDocument {

  /** The largest document that is read, in bytes. */
  static final int LARGEST = 16 * 1024 * 1024;

  /** Of an element; no document has as many as nine digits can count. */
  private static final Pattern INDEX = Pattern.compile("[0-9]{1,9}");

  private final Node root;

  private YamlDocument(Node root) {
    this.root = root;
  }

  /** Reads a document; what is wrong with its syntax goes to the findings. */
  static Optional<YamlDocument> parse(String text, Findings findings) {
    if (text.length() > LARGEST || text.getBytes(StandardCharsets.UTF_8).length > LARGEST) {
      findings.error(Path.ROOT, "a larger document", "at most " + LARGEST + " bytes");
      return Optional.empty();
    }
    LoadSettings settings =
        LoadSettings.builder()
            .setLabel("configuration")
            .setSchema(new CoreSchema())
            .setCodePointLimit(LARGEST)
            .setParseComments(false)
            .build();
    try {
      Optional<Node> node = new Compose(settings).composeString(text);
      if (node.isEmpty()) {
        findings.error(Path.ROOT, "an empty document", "a mapping");
        return Optional.empty();
      }
      return node.map(YamlDocument::new);
    } catch (MarkedYamlEngineException e) {
      String where =
          e.getProblemMark()
              .map(mark ->
                  " (line " + (mark.getLine() + 1) + ", column " + (mark.getColumn() + 1) + ")")
              .orElse("");
      findings.error(Path.ROOT, e.getProblem() + where, "YAML 1.2 or JSON");
    } catch (YamlEngineException e) {
      findings.error(Path.ROOT, String.valueOf(e.getMessage()), "YAML 1.2 or JSON");
    } catch (StackOverflowError _) {
      findings.error(Path.ROOT, "a document nested too deeply", "fewer levels");
    }
    return Optional.empty();
  }

  Node root() {
    return root;
  }

  /** The error with the line of the field that it names, or of what is nearest above it. */
  ConfigError locate(ConfigError error) {
    if (error.offending().endsWith(")") && error.offending().contains("(line ")) {
      return error;
    }
    int line = lineOf(error.field());
    return line < 0
        ? error
        : new ConfigError(
            error.resource(),
            error.field(),
            error.offending() + " (line " + line + ")",
            error.expected());
  }

  private int lineOf(String field) {
    Node node = root;
    int line = line(root);
    int from = 0;
    while (from < field.length()) {
      int to = endOfStep(field, from);
      String step = field.substring(from, to);
      from = to + 1;
      // A key that the schema does not know is the writer's own word, and may hold anything.
      int bracket = step.endsWith("]") ? step.indexOf('[') : -1;
      NodeTuple entry = entry(node, bracket < 0 ? step : step.substring(0, bracket));
      if (entry == null) {
        return line;
      }
      line = line(entry.getKeyNode());
      node = entry.getValueNode();
      if (bracket >= 0) {
        String inner = step.substring(bracket + 1, step.length() - 1);
        Node element = element(node, inner);
        if (element == null) {
          return line;
        }
        node = element;
        line = line(element);
      }
    }
    return line;
  }

  private static int endOfStep(String field, int from) {
    boolean quoted = false;
    for (int i = from; i < field.length(); i++) {
      char c = field.charAt(i);
      if (c == '"') {
        quoted = !quoted;
      } else if (c == '.' && !quoted) {
        return i;
      }
    }
    return field.length();
  }

  private static @Nullable NodeTuple entry(Node node, String name) {
    if (!(node instanceof MappingNode mapping)) {
      return null;
    }
    String flat = name.replace("_", "");
    for (NodeTuple tuple : mapping.getValue()) {
      if (tuple.getKeyNode() instanceof ScalarNode key
          && (key.getValue().equals(name)
              || key.getValue().replace("_", "").equalsIgnoreCase(flat))) {
        return tuple;
      }
    }
    return null;
  }

  private static @Nullable Node element(Node node, String inner) {
    if (node instanceof SequenceNode sequence && INDEX.matcher(inner).matches()) {
      int index = Integer.parseInt(inner);
      return index < sequence.getValue().size() ? sequence.getValue().get(index) : null;
    }
    NodeTuple tuple = entry(node, inner.replace("\"", ""));
    return tuple == null ? null : tuple.getValueNode();
  }

  private static int line(Node node) {
    return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(-1);
  }
}
