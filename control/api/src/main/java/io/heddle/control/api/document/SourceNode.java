package io.heddle.control.api.document;

import java.util.LinkedHashMap;
import java.util.List;

/** A piece of a document that knows the line it stands on, whatever notation it was written in. */
sealed interface SourceNode {
  int line();

  /** What it is, for messages. */
  String describe();

  /** A value; {@code kind} says how it was written, {@code text} is the value. */
  record Scalar(ScalarKind kind, String text, int line) implements SourceNode {
    @Override
    public String describe() {
      return switch (kind) {
        case TEXT -> Problems.quote(text);
        case NULL -> "null";
        case INTEGER, BOOLEAN, OTHER -> Problems.shorten(text);
      };
    }
  }

  record Sequence(List<SourceNode> items, int line) implements SourceNode {
    @Override
    public String describe() {
      return "a list";
    }
  }

  record Mapping(LinkedHashMap<String, Entry> entries, int line) implements SourceNode {
    @Override
    public String describe() {
      return "a mapping";
    }
  }

  /** A field: the line of its name, and its value. */
  record Entry(int keyLine, SourceNode value) {}

  /** How a scalar was written. */
  enum ScalarKind {
    TEXT,
    INTEGER,
    BOOLEAN,
    NULL,
    /** A number with a fraction or exponent. */
    OTHER
  }
}
