package io.heddle.xds.model;

import java.util.List;

/** A predicate of a {@link MatchTree}. What is not there passes no test of a value. */
public sealed interface MatchTest {
  /** A value passes. */
  record Value(MatchInput input, Passes passes) implements MatchTest {}

  /** All pass; at least two. */
  record All(List<MatchTest> tests) implements MatchTest {
    public All {
      tests = List.copyOf(tests);
    }
  }

  /** One passes; of at least two. */
  record Any(List<MatchTest> tests) implements MatchTest {
    public Any {
      tests = List.copyOf(tests);
    }
  }

  /** The other does not pass. */
  record Not(MatchTest test) implements MatchTest {}

  /** What a value must be. */
  sealed interface Passes {
    record Text(StringMatch match) implements Passes {}

    /** An IP address within one of these. */
    record Addresses(List<CidrRange> ranges) implements Passes {
      public Addresses {
        ranges = List.copyOf(ranges);
      }
    }

    /** For {@link MatchInput.Metadata}. */
    record Data(ValueMatch match, boolean invert) implements Passes {}

    /** For {@link MatchInput.Attributes}; an expression whose value is true. */
    record Cel(CelSource expression) implements Passes {}
  }
}
