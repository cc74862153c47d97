package io.heddle.xds.model.parse;

import com.github.xds.core.v3.TypedExtensionConfig;
import com.github.xds.type.matcher.v3.IPMatcher;
import com.github.xds.type.matcher.v3.Matcher;
import com.github.xds.type.matcher.v3.Matcher.MatcherList.Predicate;
import com.github.xds.type.matcher.v3.StringMatcher;
import io.envoyproxy.envoy.extensions.matching.input_matchers.ip.v3.Ip;
import io.envoyproxy.envoy.extensions.matching.input_matchers.metadata.v3.Metadata;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.heddle.xds.model.CidrRange;
import io.heddle.xds.model.MatchInput;
import io.heddle.xds.model.MatchTest;
import io.heddle.xds.model.MatchTest.Passes;
import io.heddle.xds.model.MatchTree;
import io.heddle.xds.model.MatchTree.Branch;
import io.heddle.xds.model.MatchTree.Outcome;
import io.heddle.xds.model.StringMatch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads decision trees, whose encoding the guard has walked, maps excepted.
 *
 * @param <A> what a tree decides on
 */
final class MatchTreeReader<A> {
  static final String MATCHER = "xds.type.matcher.v3.Matcher";
  private static final String IP_TREE = "xds.type.matcher.v3.IPMatcher";
  private static final String IP = "envoy.extensions.matching.input_matchers.ip.v3.Ip";
  private static final String METADATA =
      "envoy.extensions.matching.input_matchers.metadata.v3.Metadata";
  private static final StringMatch NOTHING = new StringMatch.Exact("", false);
  private static final MatchTest NO_TEST = new MatchTest.All(List.of());
  private static final int DEEPEST = 32;

  /** Reads an action. */
  interface ActionReader<A> {
    A read(TypedExtensionConfig action, Path path);
  }

  private final Findings findings;
  private final MatchReader strings;
  private final MatchInputReader inputs;
  private final ActionReader<A> actions;

  MatchTreeReader(
      Findings findings, MatchReader strings, MatchInputReader inputs, ActionReader<A> actions) {
    this.findings = findings;
    this.strings = strings;
    this.inputs = inputs;
    this.actions = actions;
  }

  MatchTree<A> read(Matcher matcher, Path path) {
    return read(matcher, path, 0);
  }

  private MatchTree<A> read(Matcher matcher, Path path, int depth) {
    if (depth > DEEPEST) {
      findings.error(path, "more than " + DEEPEST + " matchers within each other", "fewer");
      return new MatchTree<>(new Branch.Cases<>(List.of()), Optional.empty());
    }
    Branch<A> branch =
        switch (matcher.getMatcherTypeCase()) {
          case MATCHER_LIST -> cases(matcher.getMatcherList(), path.field("matcher_list"), depth);
          case MATCHER_TREE -> tree(matcher.getMatcherTree(), path.field("matcher_tree"), depth);
          case MATCHERTYPE_NOT_SET -> {
            if (!matcher.hasOnNoMatch()) {
              findings.error(path, "nothing", "matcher_list, matcher_tree or on_no_match");
            }
            yield new Branch.Cases<>(List.of());
          }
        };
    return new MatchTree<>(
        branch,
        matcher.hasOnNoMatch()
            ? outcome(true, matcher.getOnNoMatch(), path.field("on_no_match"), depth)
            : Optional.empty());
  }

  private Optional<Outcome<A>> outcome(boolean set, Matcher.OnMatch match, Path path, int depth) {
    return switch (match.getOnMatchCase()) {
      case MATCHER ->
          Optional.of(
              new Outcome.Further<>(read(match.getMatcher(), path.field("matcher"), depth + 1)));
      case ACTION ->
          Optional.of(new Outcome.Act<>(actions.read(match.getAction(), path.field("action"))));
      case ONMATCH_NOT_SET -> {
        findings.error(path, set ? "neither of both" : "nothing", "matcher or action");
        yield Optional.empty();
      }
    };
  }

  private Branch<A> cases(Matcher.MatcherList list, Path path, int depth) {
    List<MatchTree.Case<A>> cases = new ArrayList<>();
    if (list.getMatchersCount() == 0) {
      findings.error(path.field("matchers"), "none", "at least one");
    }
    for (int i = 0; i < list.getMatchersCount(); i++) {
      var one = list.getMatchers(i);
      Path here = path.at("matchers", i);
      MatchTest test = test(one.getPredicate(), here.field("predicate"), 0);
      outcome(one.hasOnMatch(), one.getOnMatch(), here.field("on_match"), depth)
          .ifPresent(outcome -> cases.add(new MatchTree.Case<>(test, outcome)));
    }
    return new Branch.Cases<>(cases);
  }

  private MatchTest test(Predicate predicate, Path path, int depth) {
    if (depth > DEEPEST) {
      findings.error(path, "more than " + DEEPEST + " predicates within each other", "fewer");
      return NO_TEST;
    }
    return switch (predicate.getMatchTypeCase()) {
      case SINGLE_PREDICATE ->
          single(predicate.getSinglePredicate(), path.field("single_predicate"));
      case OR_MATCHER ->
          new MatchTest.Any(tests(predicate.getOrMatcher(), path.field("or_matcher"), depth));
      case AND_MATCHER ->
          new MatchTest.All(tests(predicate.getAndMatcher(), path.field("and_matcher"), depth));
      case NOT_MATCHER ->
          new MatchTest.Not(test(predicate.getNotMatcher(), path.field("not_matcher"), depth + 1));
      case MATCHTYPE_NOT_SET -> {
        findings.error(path, "no predicate", "a value of match_type");
        yield NO_TEST;
      }
    };
  }

  private List<MatchTest> tests(Predicate.PredicateList list, Path path, int depth) {
    List<MatchTest> tests = new ArrayList<>();
    if (list.getPredicateCount() < 2) {
      findings.error(path.field("predicate"), "fewer than two", "at least two");
    }
    for (int i = 0; i < list.getPredicateCount(); i++) {
      tests.add(test(list.getPredicate(i), path.at("predicate", i), depth + 1));
    }
    return tests;
  }

  private MatchTest single(Predicate.SinglePredicate single, Path path) {
    MatchInput input = inputs.read(single.getInput(), path.field("input"));
    Passes passes =
        switch (single.getMatcherCase()) {
          case VALUE_MATCH ->
              new Passes.Text(string(single.getValueMatch(), path.field("value_match")));
          case CUSTOM_MATCH ->
              custom(single.getCustomMatch(), path.field("custom_match").field("typed_config"));
          case MATCHER_NOT_SET -> {
            findings.error(path, "no matcher", "value_match or custom_match");
            yield new Passes.Text(NOTHING);
          }
        };
    if (input instanceof MatchInput.Metadata != passes instanceof Passes.Data) {
      findings.error(
          path,
          "an input and a matcher of different types",
          "the metadata matcher for dynamic metadata, and only for that");
    }
    if (input instanceof MatchInput.Attributes != passes instanceof Passes.Cel) {
      findings.error(
          path,
          "an input and a matcher of different types",
          "the CEL matcher for attributes, and only for that");
    }
    return new MatchTest.Value(input, passes);
  }

  private Passes custom(TypedExtensionConfig custom, Path path) {
    String type = ExtensionReader.typeName(custom.getTypedConfig());
    return switch (type) {
      case IP -> {
        Ip ip =
            findings
                .unpack(custom.getTypedConfig(), IP, Ip.parser(), path)
                .orElseGet(Ip::getDefaultInstance);
        List<CidrRange> ranges = new ArrayList<>();
        if (ip.getCidrRangesCount() == 0) {
          findings.error(path.field("cidr_ranges"), "none", "at least one");
        }
        for (int i = 0; i < ip.getCidrRangesCount(); i++) {
          AddressReader.cidr(ip.getCidrRanges(i), path.at("cidr_ranges", i), findings)
              .ifPresent(ranges::add);
        }
        yield new Passes.Addresses(ranges);
      }
      case METADATA -> {
        Metadata metadata =
            findings
                .unpack(custom.getTypedConfig(), METADATA, Metadata.parser(), path)
                .orElseGet(Metadata::getDefaultInstance);
        yield new Passes.Data(
            new ValueReader(findings, strings).value(metadata.getValue(), path.field("value")),
            metadata.getInvert());
      }
      case CelReader.MATCHER ->
          new Passes.Cel(new CelReader(findings).matcher(custom.getTypedConfig(), path));
      default -> {
        findings.error(path, type.isEmpty() ? "no type" : type, "the matcher ip, metadata or CEL");
        yield new Passes.Text(NOTHING);
      }
    };
  }

  private StringMatch string(StringMatcher matcher, Path path) {
    boolean fold = matcher.getIgnoreCase();
    return switch (matcher.getMatchPatternCase()) {
      case EXACT -> new StringMatch.Exact(matcher.getExact(), fold);
      case PREFIX -> new StringMatch.Prefix(matcher.getPrefix(), fold);
      case SUFFIX -> new StringMatch.Suffix(matcher.getSuffix(), fold);
      case CONTAINS -> new StringMatch.Contains(matcher.getContains(), fold);
      case SAFE_REGEX ->
          new StringMatch.Regex(
              strings.regex(
                  RegexMatcher.newBuilder().setRegex(matcher.getSafeRegex().getRegex()).build(),
                  path.field("safe_regex")));
      case CUSTOM, MATCHPATTERN_NOT_SET -> {
        findings.error(path, "no pattern", "a value of match_pattern");
        yield NOTHING;
      }
    };
  }

  private Branch<A> tree(Matcher.MatcherTree tree, Path path, int depth) {
    MatchInput input = inputs.read(tree.getInput(), path.field("input"));
    if (input instanceof MatchInput.Metadata || input instanceof MatchInput.Attributes) {
      findings.error(
          path.field("input"), "dynamic metadata or attributes", "an input that is text");
    }
    return switch (tree.getTreeTypeCase()) {
      case EXACT_MATCH_MAP ->
          new Branch.ByValue<>(
              input, outcomes(tree.getExactMatchMap(), path.field("exact_match_map"), depth));
      case PREFIX_MATCH_MAP ->
          new Branch.ByPrefix<>(
              input, outcomes(tree.getPrefixMatchMap(), path.field("prefix_match_map"), depth));
      case CUSTOM_MATCH -> addresses(input, tree.getCustomMatch(), path, depth);
      case TREETYPE_NOT_SET -> {
        findings.error(path, "no tree", "exact_match_map, prefix_match_map or custom_match");
        yield new Branch.Cases<>(List.of());
      }
    };
  }

  private Map<String, Outcome<A>> outcomes(Matcher.MatcherTree.MatchMap map, Path path, int depth) {
    Map<String, Outcome<A>> outcomes = new LinkedHashMap<>();
    if (map.getMapCount() == 0) {
      findings.error(path.field("map"), "no entry", "at least one");
    }
    map.getMapMap()
        .forEach((key, match) -> {
          Path here = path.key("map", key);
          findings.guard(match, MATCHER + ".OnMatch", here);
          outcome(true, match, here, depth).ifPresent(outcome -> outcomes.put(key, outcome));
        });
    return outcomes;
  }

  private Branch<A> addresses(MatchInput input, TypedExtensionConfig custom, Path path, int depth) {
    Path here = path.field("custom_match").field("typed_config");
    String type = ExtensionReader.typeName(custom.getTypedConfig());
    if (!type.equals(IP_TREE)) {
      findings.error(here, type.isEmpty() ? "no type" : type, Findings.TYPE_PREFIX + IP_TREE);
      return new Branch.Cases<>(List.of());
    }
    List<MatchTree.Ranges<A>> all = new ArrayList<>();
    IPMatcher matcher =
        findings
            .unpack(custom.getTypedConfig(), IP_TREE, IPMatcher.parser(), here)
            .orElseGet(IPMatcher::getDefaultInstance);
    if (matcher.getRangeMatchersCount() == 0) {
      findings.error(here.field("range_matchers"), "none", "at least one");
    }
    for (int i = 0; i < matcher.getRangeMatchersCount(); i++) {
      var one = matcher.getRangeMatchers(i);
      Path at = here.at("range_matchers", i);
      List<CidrRange> ranges = new ArrayList<>();
      if (one.getRangesCount() == 0) {
        findings.error(at.field("ranges"), "none", "at least one");
      }
      for (int r = 0; r < one.getRangesCount(); r++) {
        AddressReader.cidr(
                one.getRanges(r).getAddressPrefix(),
                one.getRanges(r).getPrefixLen().getValue(),
                at.at("ranges", r),
                findings)
            .ifPresent(ranges::add);
      }
      outcome(one.hasOnMatch(), one.getOnMatch(), at.field("on_match"), depth)
          .ifPresent(
              outcome -> all.add(new MatchTree.Ranges<>(ranges, outcome, one.getExclusive())));
    }
    return new Branch.ByAddress<>(input, all);
  }
}
