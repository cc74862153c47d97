package io.heddle.proxy.filters.config;

import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.xds.model.StringMatch;
import java.util.List;
import java.util.Set;

/**
 * A test of one header, compiled from {@code envoy.config.route.v3.HeaderMatcher}. Several lines of
 * the same name are tested joined by commas.
 *
 * @param value what the value must be
 * @param invert whether the result is turned round
 * @param missingAsEmpty whether a header that is not there counts as empty
 */
public record HeaderMatcher(HeaderName name, Value value, boolean invert, boolean missingAsEmpty) {
  private static final Set<String> FIELDS =
      Set.of(
          "name",
          "exact_match",
          "safe_regex_match",
          "range_match",
          "present_match",
          "prefix_match",
          "suffix_match",
          "contains_match",
          "string_match",
          "invert_match",
          "treat_missing_header_as_empty");

  /** What a value must be. */
  public sealed interface Value {
    /** There, or not there. */
    record Present(boolean present) implements Value {}

    /** Text. */
    record Text(StringMatch match) implements Value {}

    /** An integer of at least {@code start} and below {@code end}. */
    record Range(long start, long end) implements Value {}
  }

  /** The compiled matcher. */
  @SuppressWarnings("deprecation") // Envoy still reads these fields, and so others write them.
  public static HeaderMatcher of(
      io.envoyproxy.envoy.config.route.v3.HeaderMatcher matcher, String path)
      throws FilterConfigException {
    SetFields.allow(matcher, path, FIELDS);
    Value value =
        switch (matcher.getHeaderMatchSpecifierCase()) {
          case EXACT_MATCH -> text(new StringMatch.Exact(matcher.getExactMatch(), false));
          case PREFIX_MATCH ->
              text(
                  new StringMatch.Prefix(
                      StringMatchers.notEmpty(matcher.getPrefixMatch(), path, "prefix_match"),
                      false));
          case SUFFIX_MATCH ->
              text(
                  new StringMatch.Suffix(
                      StringMatchers.notEmpty(matcher.getSuffixMatch(), path, "suffix_match"),
                      false));
          case CONTAINS_MATCH ->
              text(
                  new StringMatch.Contains(
                      StringMatchers.notEmpty(matcher.getContainsMatch(), path, "contains_match"),
                      false));
          case SAFE_REGEX_MATCH ->
              text(
                  StringMatchers.regex(
                      matcher.getSafeRegexMatch(), SetFields.at(path, "safe_regex_match")));
          case STRING_MATCH ->
              text(StringMatchers.of(matcher.getStringMatch(), SetFields.at(path, "string_match")));
          case RANGE_MATCH ->
              new Value.Range(matcher.getRangeMatch().getStart(), matcher.getRangeMatch().getEnd());
          case PRESENT_MATCH -> new Value.Present(matcher.getPresentMatch());
          case HEADERMATCHSPECIFIER_NOT_SET -> new Value.Present(true);
        };
    return new HeaderMatcher(
        HeaderNames.of(matcher.getName(), SetFields.at(path, "name")),
        value,
        matcher.getInvertMatch(),
        matcher.getTreatMissingHeaderAsEmpty());
  }

  private static Value text(StringMatch match) {
    return new Value.Text(match);
  }

  /** Whether these headers pass. */
  public boolean matches(HeaderMap headers) {
    boolean present = headers.contains(name);
    if (value instanceof Value.Present(boolean wanted)) {
      return (present || missingAsEmpty) == wanted != invert;
    }
    if (!present && !missingAsEmpty) {
      // The rule is ignored, and an ignored rule does not match, inverted or not.
      return false;
    }
    List<String> lines = headers.all(name);
    String joined = lines.size() == 1 ? lines.getFirst() : String.join(",", lines);
    return test(joined) != invert;
  }

  private boolean test(String text) {
    return switch (value) {
      case Value.Present(boolean wanted) -> wanted;
      case Value.Text(StringMatch match) -> match.matches(text);
      case Value.Range(long start, long end) -> {
        try {
          long number = Long.parseLong(text);
          yield number >= start && number < end;
        } catch (NumberFormatException notANumber) {
          yield false;
        }
      }
    };
  }
}
