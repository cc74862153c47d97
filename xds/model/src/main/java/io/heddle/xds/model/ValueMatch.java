package io.heddle.xds.model;

import java.util.List;

/** A test of a value of metadata ({@code envoy.type.matcher.v3.ValueMatcher}). */
public sealed interface ValueMatch {

  /** Is the null of JSON. */
  enum Null implements ValueMatch {
    NULL
  }

  /** A number from {@code start} to before {@code end}. */
  record Range(double start, double end) implements ValueMatch {}

  /** Exactly this number. */
  record Exactly(double value) implements ValueMatch {}

  record Text(StringMatch match) implements ValueMatch {}

  record Bool(boolean value) implements ValueMatch {}

  /** There, or with {@code false} not there. */
  record Present(boolean present) implements ValueMatch {}

  /** A list, one of whose values passes. */
  record OneOf(ValueMatch match) implements ValueMatch {}

  /** Any of these passes. */
  record Or(List<ValueMatch> matches) implements ValueMatch {
    public Or {
      matches = List.copyOf(matches);
    }
  }
}
