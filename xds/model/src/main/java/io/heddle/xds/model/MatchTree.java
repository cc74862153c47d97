package io.heddle.xds.model;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A decision tree ({@code xds.type.matcher.v3.Matcher}).
 *
 * @param otherwise where the branch leads nowhere
 * @param <A> what it decides on
 */
public record MatchTree<A>(Branch<A> branch, Optional<Outcome<A>> otherwise) {

  /** Where a match leads. */
  public sealed interface Outcome<A> {
    record Act<A>(A action) implements Outcome<A> {}

    /** A tree that may lead nowhere; what stands after it is tried then. */
    record Further<A>(MatchTree<A> tree) implements Outcome<A> {}
  }

  /** How a tree decides. */
  public sealed interface Branch<A> {
    /** The first test that passes and leads somewhere. */
    record Cases<A>(List<Case<A>> cases) implements Branch<A> {
      public Cases {
        cases = List.copyOf(cases);
      }
    }

    /** By the whole value. */
    record ByValue<A>(MatchInput input, Map<String, Outcome<A>> outcomes) implements Branch<A> {
      public ByValue {
        outcomes = Map.copyOf(outcomes);
      }
    }

    /** By the longest prefix of the value that leads somewhere. */
    record ByPrefix<A>(MatchInput input, Map<String, Outcome<A>> outcomes) implements Branch<A> {
      public ByPrefix {
        outcomes = Map.copyOf(outcomes);
      }
    }

    /** By the smallest range of addresses that leads somewhere. */
    record ByAddress<A>(MatchInput input, List<Ranges<A>> ranges) implements Branch<A> {
      public ByAddress {
        ranges = List.copyOf(ranges);
      }
    }
  }

  /** A test and where it leads. */
  public record Case<A>(MatchTest test, Outcome<A> outcome) {}

  /**
   * Ranges of addresses and where they lead.
   *
   * @param exclusive whether they count only where no smaller range holds the address
   */
  public record Ranges<A>(List<CidrRange> ranges, Outcome<A> outcome, boolean exclusive) {
    public Ranges {
      ranges = List.copyOf(ranges);
    }
  }
}
