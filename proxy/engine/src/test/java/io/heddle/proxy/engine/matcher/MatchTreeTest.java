package io.heddle.proxy.engine.matcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.ExpressionLanguage;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.engine.connection.SocketInfo;
import io.heddle.xds.model.CidrRange;
import io.heddle.xds.model.MatchInput;
import io.heddle.xds.model.MatchTest;
import io.heddle.xds.model.MatchTree;
import io.heddle.xds.model.MatchTree.Branch;
import io.heddle.xds.model.MatchTree.Outcome;
import io.heddle.xds.model.StringMatch;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Decision trees, held against a reading that tries one entry after the other. */
class MatchTreeTest {
  private static final String[] NAMES = {"x-a", "x-b"};
  private static final String[] WORDS = {"", "a", "ab", "abc", "b", "ba", "abd"};

  private record Asked(Map<String, String> headers, InetSocketAddress source)
      implements MatchSubject {
    @Override
    public ConnectionInfo connection() {
      return SocketInfo.of(1, new InetSocketAddress(source.getAddress(), 80), source);
    }

    @Override
    public @Nullable String header(HeaderName name) {
      return headers.get(name.toString());
    }
  }

  @Test
  void aRandomTreeDecidesAsTryingAllWould() {
    long decided = 0;
    for (int seed = 0; seed < 4_000; seed++) {
      Random random = new Random(seed);
      int[] actions = {0};
      MatchTree<Integer> tree = tree(random, 3, actions);
      CompiledTree<Integer> compiled = CompiledTree.of(tree, ExpressionLanguage.NONE);
      for (int i = 0; i < 25; i++) {
        Asked asked = asked(random);
        Integer expected = naive(tree, asked);
        assertThat(compiled.decide(asked))
            .as("seed %s: %s of %s", seed, asked, tree)
            .isEqualTo(expected);
        decided += expected == null ? 0 : 1;
      }
    }
    // Neither almost none nor almost all lead somewhere.
    assertThat(decided).isBetween(20_000L, 90_000L);
  }

  // --- random trees and what is asked of them ---

  private static Asked asked(Random random) {
    Map<String, String> headers = new HashMap<>();
    for (String name : NAMES) {
      if (random.nextInt(4) > 0) {
        headers.put(name, WORDS[random.nextInt(WORDS.length)]);
      }
    }
    byte[] ip = {10, (byte) random.nextInt(4), (byte) random.nextInt(2), (byte) random.nextInt(4)};
    try {
      return new Asked(
          headers, new InetSocketAddress(InetAddress.getByAddress(ip), 1 + random.nextInt(3)));
    } catch (UnknownHostException impossible) {
      throw new AssertionError(impossible);
    }
  }

  private static MatchInput text(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> MatchInput.Connection.SOURCE_PORT;
      case 1 -> new MatchInput.Header(NAMES[1]);
      default -> new MatchInput.Header(NAMES[0]);
    };
  }

  private static MatchTree<Integer> tree(Random random, int depth, int[] actions) {
    Branch<Integer> branch =
        switch (random.nextInt(4)) {
          case 0 -> new Branch.ByValue<>(text(random), map(random, depth, actions));
          case 1 -> new Branch.ByPrefix<>(text(random), map(random, depth, actions));
          case 2 -> {
            List<MatchTree.Ranges<Integer>> ranges = new ArrayList<>();
            for (int i = 0; i < 1 + random.nextInt(4); i++) {
              ranges.add(
                  new MatchTree.Ranges<>(
                      ranges(random), outcome(random, depth, actions), random.nextBoolean()));
            }
            yield new Branch.ByAddress<>(MatchInput.Connection.SOURCE_IP, ranges);
          }
          default -> {
            List<MatchTree.Case<Integer>> cases = new ArrayList<>();
            for (int i = 0; i < 1 + random.nextInt(3); i++) {
              cases.add(new MatchTree.Case<>(test(random, 2), outcome(random, depth, actions)));
            }
            yield new Branch.Cases<>(cases);
          }
        };
    return new MatchTree<>(
        branch,
        random.nextInt(4) == 0 ? Optional.of(outcome(random, depth, actions)) : Optional.empty());
  }

  private static Map<String, Outcome<Integer>> map(Random random, int depth, int[] actions) {
    Map<String, Outcome<Integer>> map = new HashMap<>();
    for (int i = 0; i < 1 + random.nextInt(4); i++) {
      map.put(
          random.nextInt(5) == 0 ? "2" : WORDS[random.nextInt(WORDS.length)],
          outcome(random, depth, actions));
    }
    return map;
  }

  private static List<CidrRange> ranges(Random random) {
    List<CidrRange> ranges = new ArrayList<>();
    for (int i = 0; i < 1 + random.nextInt(2); i++) {
      byte[] ip = {10, (byte) random.nextInt(4), (byte) random.nextInt(2), 0};
      ranges.add(new CidrRange(ip, new int[] {0, 8, 14, 16, 24, 31}[random.nextInt(6)]));
    }
    return ranges;
  }

  private static Outcome<Integer> outcome(Random random, int depth, int[] actions) {
    return depth == 0 || random.nextBoolean()
        ? new Outcome.Act<>(actions[0]++)
        : new Outcome.Further<>(tree(random, depth - 1, actions));
  }

  private static MatchTest test(Random random, int depth) {
    if (depth == 0 || random.nextInt(3) > 0) {
      if (random.nextInt(4) == 0) {
        return new MatchTest.Value(
            MatchInput.Connection.SOURCE_IP, new MatchTest.Passes.Addresses(ranges(random)));
      }
      String word = WORDS[random.nextInt(WORDS.length)];
      StringMatch match =
          switch (random.nextInt(3)) {
            case 0 -> new StringMatch.Exact(word, false);
            case 1 -> new StringMatch.Prefix(word, false);
            default -> new StringMatch.Contains(word, true);
          };
      return new MatchTest.Value(text(random), new MatchTest.Passes.Text(match));
    }
    return switch (random.nextInt(3)) {
      case 0 -> new MatchTest.Not(test(random, depth - 1));
      case 1 -> new MatchTest.All(List.of(test(random, depth - 1), test(random, depth - 1)));
      default -> new MatchTest.Any(List.of(test(random, depth - 1), test(random, depth - 1)));
    };
  }

  // --- the naive reading ---

  private static @Nullable Integer naive(MatchTree<Integer> tree, Asked asked) {
    for (Outcome<Integer> candidate : candidates(tree.branch(), asked)) {
      Integer found = naive(candidate, asked);
      if (found != null) {
        return found;
      }
    }
    return tree.otherwise().isEmpty() ? null : naive(tree.otherwise().get(), asked);
  }

  private static @Nullable Integer naive(Outcome<Integer> outcome, Asked asked) {
    return switch (outcome) {
      case Outcome.Act<Integer>(Integer action) -> action;
      case Outcome.Further<Integer>(MatchTree<Integer> tree) -> naive(tree, asked);
    };
  }

  /** All entries that match, in the order in which they are to be tried. */
  private static List<Outcome<Integer>> candidates(Branch<Integer> branch, Asked asked) {
    List<Outcome<Integer>> found = new ArrayList<>();
    switch (branch) {
      case Branch.Cases<Integer>(List<MatchTree.Case<Integer>> cases) -> {
        for (MatchTree.Case<Integer> one : cases) {
          if (passes(one.test(), asked)) {
            found.add(one.outcome());
          }
        }
      }
      case Branch.ByValue<Integer>(MatchInput input, Map<String, Outcome<Integer>> map) ->
          map.forEach((key, outcome) -> {
            if (key.equals(read(input, asked))) {
              found.add(outcome);
            }
          });
      case Branch.ByPrefix<Integer>(MatchInput input, Map<String, Outcome<Integer>> map) -> {
        String value = read(input, asked);
        map.keySet().stream()
            .filter(key -> value != null && value.startsWith(key))
            .sorted(Comparator.comparingInt(String::length).reversed())
            .forEach(key -> found.add(map.get(key)));
      }
      case Branch.ByAddress<Integer>(MatchInput _, List<MatchTree.Ranges<Integer>> all) -> {
        byte[] address = asked.source().getAddress().getAddress();
        List<MatchTree.Ranges<Integer>> holding = new ArrayList<>();
        for (int bits = 32; bits >= 0; bits--) {
          for (MatchTree.Ranges<Integer> entry : all) {
            for (CidrRange range : entry.ranges()) {
              if (range.prefixLength() == bits && range.contains(address)) {
                holding.add(entry);
              }
            }
          }
        }
        for (int i = 0; i < holding.size(); i++) {
          if (i == 0 || !holding.get(i).exclusive()) {
            found.add(holding.get(i).outcome());
          }
        }
      }
    }
    return found;
  }

  private static boolean passes(MatchTest test, Asked asked) {
    return switch (test) {
      case MatchTest.Not(MatchTest other) -> !passes(other, asked);
      case MatchTest.All(List<MatchTest> tests) ->
          tests.stream().allMatch(one -> passes(one, asked));
      case MatchTest.Any(List<MatchTest> tests) ->
          tests.stream().anyMatch(one -> passes(one, asked));
      case MatchTest.Value(MatchInput input, MatchTest.Passes passes) -> {
        String value = read(input, asked);
        yield switch (passes) {
          case MatchTest.Passes.Text(StringMatch match) -> value != null && match.matches(value);
          case MatchTest.Passes.Addresses(List<CidrRange> ranges) ->
              ranges.stream()
                  .anyMatch(range -> range.contains(asked.source().getAddress().getAddress()));
          case MatchTest.Passes.Data _, MatchTest.Passes.Cel _ -> false;
        };
      }
    };
  }

  private static @Nullable String read(MatchInput input, Asked asked) {
    return switch (input) {
      case MatchInput.Header(String name) -> asked.headers().get(name);
      case MatchInput.Connection of ->
          of == MatchInput.Connection.SOURCE_PORT
              ? Integer.toString(asked.source().getPort())
              : asked.source().getAddress().getHostAddress();
      case MatchInput.Parameter _,
          MatchInput.FilterState _,
          MatchInput.Metadata _,
          MatchInput.Attributes _ ->
          null;
    };
  }
}
