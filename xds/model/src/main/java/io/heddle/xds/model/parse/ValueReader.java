package io.heddle.xds.model.parse;

import io.envoyproxy.envoy.type.matcher.v3.DoubleMatcher;
import io.envoyproxy.envoy.type.matcher.v3.FilterStateMatcher;
import io.envoyproxy.envoy.type.matcher.v3.MetadataMatcher;
import io.envoyproxy.envoy.type.matcher.v3.ValueMatcher;
import io.heddle.xds.model.RouteMatch.FilterStateMatch;
import io.heddle.xds.model.RouteMatch.MetadataMatch;
import io.heddle.xds.model.StringMatch;
import io.heddle.xds.model.ValueMatch;
import java.util.ArrayList;
import java.util.List;

/** Reads tests of dynamic metadata and of filter state. */
final class ValueReader {

  private final Findings findings;
  private final MatchReader strings;

  ValueReader(Findings findings, MatchReader strings) {
    this.findings = findings;
    this.strings = strings;
  }

  MetadataMatch metadata(MetadataMatcher matcher, Path path) {
    findings.required(matcher.getFilter(), path.field("filter"));
    List<String> keys = new ArrayList<>();
    if (matcher.getPathCount() == 0) {
      findings.error(path.field("path"), "no segment", "at least one");
    }
    for (int i = 0; i < matcher.getPathCount(); i++) {
      keys.add(findings.required(matcher.getPath(i).getKey(), path.at("path", i).field("key")));
    }
    if (!matcher.hasValue()) {
      findings.error(path.field("value"), "nothing", "what the value must be");
    }
    return new MetadataMatch(
        matcher.getFilter(),
        keys,
        value(matcher.getValue(), path.field("value")),
        matcher.getInvert());
  }

  FilterStateMatch filterState(FilterStateMatcher matcher, Path path) {
    findings.required(matcher.getKey(), path.field("key"));
    if (!matcher.hasStringMatch()) {
      findings.error(path, "no test", "string_match");
      return new FilterStateMatch(matcher.getKey(), new StringMatch.Exact("", false));
    }
    return new FilterStateMatch(
        matcher.getKey(), strings.string(matcher.getStringMatch(), path.field("string_match")));
  }

  ValueMatch value(ValueMatcher matcher, Path path) {
    return switch (matcher.getMatchPatternCase()) {
      case NULL_MATCH -> ValueMatch.Null.NULL;
      case DOUBLE_MATCH -> number(matcher.getDoubleMatch(), path.field("double_match"));
      case STRING_MATCH ->
          new ValueMatch.Text(strings.string(matcher.getStringMatch(), path.field("string_match")));
      case BOOL_MATCH -> new ValueMatch.Bool(matcher.getBoolMatch());
      case PRESENT_MATCH -> new ValueMatch.Present(matcher.getPresentMatch());
      case LIST_MATCH ->
          new ValueMatch.OneOf(
              value(matcher.getListMatch().getOneOf(), path.field("list_match").field("one_of")));
      case OR_MATCH -> {
        List<ValueMatch> any = new ArrayList<>();
        Path here = path.field("or_match");
        if (matcher.getOrMatch().getValueMatchersCount() < 2) {
          findings.error(here.field("value_matchers"), "fewer than two", "at least two");
        }
        for (int i = 0; i < matcher.getOrMatch().getValueMatchersCount(); i++) {
          any.add(value(matcher.getOrMatch().getValueMatchers(i), here.at("value_matchers", i)));
        }
        yield new ValueMatch.Or(any);
      }
      case MATCHPATTERN_NOT_SET -> {
        findings.error(path, "no pattern", "a value of match_pattern");
        yield ValueMatch.Null.NULL;
      }
    };
  }

  private ValueMatch number(DoubleMatcher matcher, Path path) {
    return switch (matcher.getMatchPatternCase()) {
      case RANGE ->
          new ValueMatch.Range(matcher.getRange().getStart(), matcher.getRange().getEnd());
      case EXACT -> new ValueMatch.Exactly(matcher.getExact());
      case MATCHPATTERN_NOT_SET -> {
        findings.error(path, "no pattern", "range or exact");
        yield new ValueMatch.Exactly(0);
      }
    };
  }
}
