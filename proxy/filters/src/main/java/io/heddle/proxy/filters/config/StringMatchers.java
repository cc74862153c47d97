package io.heddle.proxy.filters.config;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.xds.model.StringMatch;
import java.util.Set;

/** Reads {@code envoy.type.matcher.v3.StringMatcher}. */
public final class StringMatchers {
  private static final int MAX_REGEX = 1_024;

  private StringMatchers() {}

  /** The compiled matcher. */
  public static StringMatch of(StringMatcher matcher, String path) throws FilterConfigException {
    SetFields.allow(
        matcher,
        path,
        Set.of("exact", "prefix", "suffix", "contains", "safe_regex", "ignore_case"));
    boolean ignoreCase = matcher.getIgnoreCase();
    return switch (matcher.getMatchPatternCase()) {
      case EXACT -> new StringMatch.Exact(matcher.getExact(), ignoreCase);
      case PREFIX ->
          new StringMatch.Prefix(notEmpty(matcher.getPrefix(), path, "prefix"), ignoreCase);
      case SUFFIX ->
          new StringMatch.Suffix(notEmpty(matcher.getSuffix(), path, "suffix"), ignoreCase);
      case CONTAINS ->
          new StringMatch.Contains(notEmpty(matcher.getContains(), path, "contains"), ignoreCase);
      case SAFE_REGEX -> regex(matcher.getSafeRegex(), SetFields.at(path, "safe_regex"));
      case CUSTOM, MATCHPATTERN_NOT_SET ->
          throw new FilterConfigException(
              path, "no pattern", "exact, prefix, suffix, contains or safe_regex");
    };
  }

  static StringMatch regex(RegexMatcher matcher, String path) throws FilterConfigException {
    return new StringMatch.Regex(pattern(matcher, path));
  }

  /** A compiled expression of bounded size. */
  public static Pattern pattern(RegexMatcher matcher, String path) throws FilterConfigException {
    SetFields.allow(matcher, path, Set.of("regex", "google_re2"));
    String regex = notEmpty(matcher.getRegex(), path, "regex");
    // RE2/J writes counted repetitions out, so the text's length does not bound the program's.
    if (regex.length() > MAX_REGEX || regex.indexOf('{') >= 0) {
      throw new FilterConfigException(
          SetFields.at(path, "regex"),
          regex.length() > MAX_REGEX ? regex.length() + " characters" : regex,
          "at most " + MAX_REGEX + " characters and no counted repetition");
    }
    try {
      return Pattern.compile(regex);
    } catch (PatternSyntaxException e) {
      FilterConfigException refused =
          new FilterConfigException(
              SetFields.at(path, "regex"), regex, "RE2 syntax: " + e.getDescription());
      refused.initCause(e);
      throw refused;
    }
  }

  static String notEmpty(String value, String path, String field) throws FilterConfigException {
    if (value.isEmpty()) {
      throw new FilterConfigException(SetFields.at(path, field), "", "not empty");
    }
    return value;
  }
}
