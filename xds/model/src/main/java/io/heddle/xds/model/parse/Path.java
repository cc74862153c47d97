package io.heddle.xds.model.parse;

import org.jspecify.annotations.Nullable;

/** Where in a resource a value stands; written out only when an error names it. */
final class Path {

  static final Path ROOT = new Path(null, "", -1);

  private final @Nullable Path parent;
  private final String step;
  private final int index;

  private Path(@Nullable Path parent, String step, int index) {
    this.parent = parent;
    this.step = step;
    this.index = index;
  }

  /** A field of the message that stands here. */
  Path field(String name) {
    return new Path(this, name, -1);
  }

  /** An element of a repeated field. */
  Path at(String name, int element) {
    return new Path(this, name, element);
  }

  /** A value of a map field. */
  Path key(String name, String key) {
    return new Path(this, name + "[\"" + key + "\"]", -1);
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    writeTo(out);
    return out.toString();
  }

  private void writeTo(StringBuilder out) {
    if (parent == null) {
      return;
    }
    parent.writeTo(out);
    if (!out.isEmpty()) {
      out.append('.');
    }
    out.append(step);
    if (index >= 0) {
      out.append('[').append(index).append(']');
    }
  }
}
