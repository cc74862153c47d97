package io.heddle.proxy.engine.matcher;

import com.google.protobuf.ByteString;
import com.google.protobuf.Value;
import io.heddle.proxy.api.Expression;
import io.heddle.proxy.api.ExpressionLanguage;
import io.heddle.xds.model.CelSource;
import io.heddle.xds.model.CidrRange;
import io.heddle.xds.model.MatchInput;
import io.heddle.xds.model.MatchTest;
import io.heddle.xds.model.MatchTest.Passes;
import io.heddle.xds.model.MatchTree;
import io.heddle.xds.model.MatchTree.Branch;
import io.heddle.xds.model.MatchTree.Outcome;
import io.netty.util.NetUtil;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A decision tree, compiled. Immutable.
 *
 * @param <A> what it decides on
 */
public final class CompiledTree<A> {
  private final Decision<A> decision;

  /** A branch, or where it leads. */
  interface Decision<A> {
    /** What is decided; null for nothing. */
    @Nullable A decide(MatchSubject subject);
  }

  private interface Test {
    boolean passes(MatchSubject subject);
  }

  private record TestedCase<A>(Test test, Decision<A> decision) {}

  private CompiledTree(Decision<A> decision) {
    this.decision = decision;
  }

  /**
   * Compiles a tree.
   *
   * @throws IllegalArgumentException says what is wrong with an expression
   */
  public static <A> CompiledTree<A> of(MatchTree<A> tree, ExpressionLanguage language) {
    return new CompiledTree<>(compile(tree, language));
  }

  /** What it decides about this subject; null for nothing. */
  public @Nullable A decide(MatchSubject subject) {
    return decision.decide(subject);
  }

  private static <A> Decision<A> compile(MatchTree<A> tree, ExpressionLanguage language) {
    Decision<A> branch =
        switch (tree.branch()) {
          case Branch.Cases<A>(List<MatchTree.Case<A>> cases) -> cases(cases, language);
          case Branch.ByValue<A>(MatchInput input, Map<String, Outcome<A>> outcomes) ->
              byValue(CompiledInput.of(input), outcomes, language);
          case Branch.ByPrefix<A>(MatchInput input, Map<String, Outcome<A>> outcomes) ->
              byPrefix(CompiledInput.of(input), outcomes, language);
          case Branch.ByAddress<A>(MatchInput input, List<MatchTree.Ranges<A>> ranges) ->
              byAddress(CompiledInput.of(input), ranges, language);
        };
    if (tree.otherwise().isEmpty()) {
      return branch;
    }
    Decision<A> otherwise = compile(tree.otherwise().get(), language);
    return subject -> {
      A found = branch.decide(subject);
      return found == null ? otherwise.decide(subject) : found;
    };
  }

  private static <A> Decision<A> compile(Outcome<A> outcome, ExpressionLanguage language) {
    return switch (outcome) {
      case Outcome.Act<A>(A action) -> _ -> action;
      case Outcome.Further<A>(MatchTree<A> tree) -> compile(tree, language);
    };
  }

  private static <A> Decision<A> cases(List<MatchTree.Case<A>> given, ExpressionLanguage language) {
    List<TestedCase<A>> cases =
        given.stream()
            .map(one ->
                new TestedCase<>(compile(one.test(), language), compile(one.outcome(), language)))
            .toList();
    return subject -> {
      for (int i = 0; i < cases.size(); i++) {
        if (cases.get(i).test().passes(subject)) {
          A found = cases.get(i).decision().decide(subject);
          if (found != null) {
            return found;
          }
        }
      }
      return null;
    };
  }

  private static <A> Decision<A> byValue(
      CompiledInput input, Map<String, Outcome<A>> outcomes, ExpressionLanguage language) {
    Map<String, Decision<A>> decisions = new HashMap<>();
    outcomes.forEach((key, outcome) -> decisions.put(key, compile(outcome, language)));
    return subject -> {
      String value = input.read(subject);
      Decision<A> found = value == null ? null : decisions.get(value);
      return found == null ? null : found.decide(subject);
    };
  }

  private static <A> Decision<A> byPrefix(
      CompiledInput input, Map<String, Outcome<A>> outcomes, ExpressionLanguage language) {
    PrefixTrie<Decision<A>> trie = new PrefixTrie<>();
    outcomes.forEach((key, outcome) -> trie.add(key, compile(outcome, language)));
    return subject -> {
      String value = input.read(subject);
      if (value == null) {
        return null;
      }
      List<Decision<A>> found = trie.prefixesOf(value);
      for (int i = found.size() - 1; i >= 0; i--) {
        A decided = found.get(i).decide(subject);
        if (decided != null) {
          return decided;
        }
      }
      return null;
    };
  }

  private static <A> Decision<A> byAddress(
      CompiledInput input, List<MatchTree.Ranges<A>> ranges, ExpressionLanguage language) {
    AddressTrie<Exclusive<A>> trie = new AddressTrie<>();
    for (MatchTree.Ranges<A> entry : ranges) {
      Exclusive<A> value = new Exclusive<>(compile(entry.outcome(), language), entry.exclusive());
      entry.ranges().forEach(range -> trie.add(range, value));
    }
    return subject -> {
      byte[] address = address(input.read(subject));
      if (address == null) {
        return null;
      }
      List<Exclusive<A>> found = trie.holding(address);
      for (int i = 0; i < found.size(); i++) {
        if (i > 0 && found.get(i).exclusive()) {
          continue;
        }
        A decided = found.get(i).decision().decide(subject);
        if (decided != null) {
          return decided;
        }
      }
      return null;
    };
  }

  private record Exclusive<A>(Decision<A> decision, boolean exclusive) {}

  private static byte @Nullable [] address(@Nullable String text) {
    return text == null ? null : NetUtil.createByteArrayFromIpAddressString(text);
  }

  private static Test compile(MatchTest test, ExpressionLanguage language) {
    return switch (test) {
      case MatchTest.All(List<MatchTest> tests) -> {
        List<Test> all = tests.stream().map(one -> compile(one, language)).toList();
        yield subject -> {
          for (int i = 0; i < all.size(); i++) {
            if (!all.get(i).passes(subject)) {
              return false;
            }
          }
          return true;
        };
      }
      case MatchTest.Any(List<MatchTest> tests) -> {
        List<Test> all = tests.stream().map(one -> compile(one, language)).toList();
        yield subject -> {
          for (int i = 0; i < all.size(); i++) {
            if (all.get(i).passes(subject)) {
              return true;
            }
          }
          return false;
        };
      }
      case MatchTest.Not(MatchTest other) -> {
        Test inverted = compile(other, language);
        yield subject -> !inverted.passes(subject);
      }
      case MatchTest.Value(MatchInput input, Passes passes) -> value(input, passes, language);
    };
  }

  private static Test value(MatchInput input, Passes passes, ExpressionLanguage language) {
    CompiledInput text = CompiledInput.of(input);
    return switch (passes) {
      case Passes.Text(var match) ->
          subject -> {
            String value = text.read(subject);
            return value != null && match.matches(value);
          };
      case Passes.Addresses(List<CidrRange> ranges) ->
          subject -> {
            byte[] address = address(text.read(subject));
            if (address != null) {
              for (int i = 0; i < ranges.size(); i++) {
                if (ranges.get(i).contains(address)) {
                  return true;
                }
              }
            }
            return false;
          };
      case Passes.Cel(CelSource source) -> {
        Expression expression =
            switch (source) {
              case CelSource.Text(String written) -> language.compile(written);
              case CelSource.Tree(ByteString parsed) -> language.compileParsed(parsed);
            };
        yield subject -> subject.holds(expression);
      }
      case Passes.Data(var match, boolean invert) ->
          subject -> {
            Value value =
                input instanceof MatchInput.Metadata at
                    ? subject.metadata(at.namespace(), at.path())
                    : null;
            return MetadataValues.matches(match, value) != invert;
          };
    };
  }
}
