package io.heddle.control.api.document;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.DocumentStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceStartEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Reads one YAML 1.2 document with the core schema's plain scalars. Anchors, aliases and tags are
 * refused: no object needs them, and an alias can blow a small text up to any size.
 */
final class YamlSource {
  /** Linear in their input: no alternative can match the same text in two ways. */
  private static final Pattern INTEGER = Pattern.compile("[-+]?[0-9]+");

  private static final Pattern FRACTION =
      Pattern.compile(
          "[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\\.(inf|Inf|INF)");

  private YamlSource() {}

  /**
   * The document's tree, or null when it holds nothing.
   *
   * @param linesBefore how many lines of the file come before this text
   */
  static @Nullable SourceNode read(String text, int linesBefore) throws SourceSyntaxException {
    LoadSettings settings =
        LoadSettings.builder().setCodePointLimit(ObjectParser.MAX_BYTES).setLabel("").build();
    TreeBuilder tree = new TreeBuilder();
    int documents = 0;
    int line = linesBefore + 1;
    try {
      for (Event event : new Parse(settings).parseString(text)) {
        line = linesBefore + 1 + event.getStartMark().map(Mark::getLine).orElse(0);
        switch (event) {
          case DocumentStartEvent _ -> {
            if (++documents > 1) {
              throw new SourceSyntaxException(line, "a second document", "\"---\" between them");
            }
          }
          case AliasEvent alias ->
              throw new SourceSyntaxException(
                  line,
                  "alias *" + Problems.shorten(alias.getAlias().getValue()),
                  "the value itself");
          case MappingStartEvent start -> {
            refuseDecoration(start, start.getTag().isPresent(), line);
            tree.begin(true, line);
          }
          case SequenceStartEvent start -> {
            refuseDecoration(start, start.getTag().isPresent(), line);
            tree.begin(false, line);
          }
          case CollectionEndEvent _ -> tree.end();
          case ScalarEvent scalar -> {
            refuseDecoration(scalar, scalar.getTag().isPresent(), line);
            tree.scalar(
                scalar.isPlain() ? kindOf(scalar.getValue()) : SourceNode.ScalarKind.TEXT,
                scalar.getValue(),
                line);
          }
          default -> {
            // The ends of documents and streams say nothing.
          }
        }
      }
    } catch (MarkedYamlEngineException e) {
      int at = e.getProblemMark().map(mark -> linesBefore + 1 + mark.getLine()).orElse(line);
      throw new SourceSyntaxException(at, Problems.shorten(e.getProblem()), "valid YAML");
    } catch (YamlEngineException e) {
      throw new SourceSyntaxException(
          line, Problems.shorten(String.valueOf(e.getMessage())), "valid YAML");
    }
    return tree.root();
  }

  private static void refuseDecoration(NodeEvent event, boolean tagged, int line)
      throws SourceSyntaxException {
    if (event.getAnchor().isPresent()) {
      throw new SourceSyntaxException(
          line,
          "anchor &" + Problems.shorten(event.getAnchor().get().getValue()),
          "no anchors; write values out");
    }
    if (tagged) {
      throw new SourceSyntaxException(line, "a tag", "no tags");
    }
  }

  private static SourceNode.ScalarKind kindOf(String plain) {
    return switch (plain) {
      case "", "~", "null", "Null", "NULL" -> SourceNode.ScalarKind.NULL;
      case "true", "True", "TRUE", "false", "False", "FALSE" -> SourceNode.ScalarKind.BOOLEAN;
      default -> {
        if (INTEGER.matcher(plain).matches()) {
          yield SourceNode.ScalarKind.INTEGER;
        }
        yield FRACTION.matcher(plain).matches()
            ? SourceNode.ScalarKind.OTHER
            : SourceNode.ScalarKind.TEXT;
      }
    };
  }
}
