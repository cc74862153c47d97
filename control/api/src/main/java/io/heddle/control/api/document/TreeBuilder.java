package io.heddle.control.api.document;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Builds the tree of one document from what a reader meets in order. Without recursion, so that the
 * depth of hostile input costs no stack; depth is bounded all the same.
 */
final class TreeBuilder {
  static final int DEPTH = 64;

  private final Deque<Open> open = new ArrayDeque<>();
  private @Nullable SourceNode root;

  /**
   * A collection that is not finished; exactly one of {@code items} and {@code entries} is there.
   */
  private static final class Open {
    final int line;
    final @Nullable List<SourceNode> items;
    final @Nullable LinkedHashMap<String, SourceNode.Entry> entries;
    @Nullable String key;
    int keyLine;

    Open(int line, boolean mapping) {
      this.line = line;
      this.items = mapping ? null : new ArrayList<>();
      this.entries = mapping ? new LinkedHashMap<>() : null;
    }
  }

  void begin(boolean mapping, int line) throws SourceSyntaxException {
    Open parent = open.peek();
    if (parent != null && parent.entries != null && parent.key == null) {
      throw new SourceSyntaxException(line, "a collection as a field's name", "a text");
    }
    if (open.size() >= DEPTH) {
      throw new SourceSyntaxException(
          line, "nested more than " + DEPTH + " deep", "at most " + DEPTH);
    }
    open.push(new Open(line, mapping));
  }

  void end() throws SourceSyntaxException {
    Open done = open.pop();
    if (done.entries != null) {
      add(new SourceNode.Mapping(done.entries, done.line));
    } else if (done.items != null) {
      add(new SourceNode.Sequence(done.items, done.line));
    }
  }

  void scalar(SourceNode.ScalarKind kind, String text, int line) throws SourceSyntaxException {
    Open parent = open.peek();
    if (parent != null && parent.entries != null && parent.key == null) {
      if (parent.entries.containsKey(text)) {
        throw new SourceSyntaxException(
            line, "field " + Problems.quote(text) + " stands twice", "once");
      }
      parent.key = text;
      parent.keyLine = line;
      return;
    }
    add(new SourceNode.Scalar(kind, text, line));
  }

  private void add(SourceNode node) throws SourceSyntaxException {
    Open parent = open.peek();
    if (parent == null) {
      if (root != null) {
        throw new SourceSyntaxException(node.line(), "more than one value", "one object");
      }
      root = node;
    } else if (parent.entries != null && parent.key != null) {
      parent.entries.put(parent.key, new SourceNode.Entry(parent.keyLine, node));
      parent.key = null;
    } else if (parent.items != null) {
      parent.items.add(node);
    }
  }

  /** The document, or null when it holds nothing. */
  @Nullable SourceNode root() {
    return root;
  }
}
