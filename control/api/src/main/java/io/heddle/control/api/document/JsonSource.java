package io.heddle.control.api.document;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** Reads one JSON document. */
final class JsonSource {
  private JsonSource() {}

  /** The document's tree, or null when it holds nothing. */
  static @Nullable SourceNode read(String text) throws SourceSyntaxException {
    JsonFactory factory =
        JsonFactory.builder()
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxNestingDepth(TreeBuilder.DEPTH)
                    .maxStringLength(ObjectParser.MAX_BYTES)
                    .maxNumberLength(32)
                    .build())
            .build();
    TreeBuilder tree = new TreeBuilder();
    try (JsonParser parser = factory.createParser(text)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        int line = parser.currentTokenLocation().getLineNr();
        switch (token) {
          case START_OBJECT -> tree.begin(true, line);
          case START_ARRAY -> tree.begin(false, line);
          case END_OBJECT, END_ARRAY -> tree.end();
          case FIELD_NAME, VALUE_STRING ->
              tree.scalar(SourceNode.ScalarKind.TEXT, parser.getText(), line);
          case VALUE_NUMBER_INT ->
              tree.scalar(SourceNode.ScalarKind.INTEGER, parser.getText(), line);
          case VALUE_NUMBER_FLOAT ->
              tree.scalar(SourceNode.ScalarKind.OTHER, parser.getText(), line);
          case VALUE_TRUE, VALUE_FALSE ->
              tree.scalar(SourceNode.ScalarKind.BOOLEAN, parser.getText(), line);
          case VALUE_NULL -> tree.scalar(SourceNode.ScalarKind.NULL, "", line);
          case VALUE_EMBEDDED_OBJECT, NOT_AVAILABLE ->
              throw new SourceSyntaxException(line, token.name(), "valid JSON");
        }
      }
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 1 : Math.max(1, e.getLocation().getLineNr());
      throw new SourceSyntaxException(
          line, Problems.shorten(String.valueOf(e.getOriginalMessage())), "valid JSON");
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory failed", e);
    }
    return tree.root();
  }
}
