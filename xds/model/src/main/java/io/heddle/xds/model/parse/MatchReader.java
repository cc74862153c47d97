package io.heddle.xds.model.parse;

import com.google.protobuf.BoolValue;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.QueryParameterMatcher;
import io.envoyproxy.envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatchAndSubstitute;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import io.heddle.xds.model.Fraction;
import io.heddle.xds.model.RegexReplacement;
import io.heddle.xds.model.RouteMatch;
import io.heddle.xds.model.RouteMatch.HeaderMatch;
import io.heddle.xds.model.RouteMatch.HeaderValueMatch;
import io.heddle.xds.model.RouteMatch.PathMatch;
import io.heddle.xds.model.RouteMatch.QueryParameterMatch;
import io.heddle.xds.model.RouteMatch.QueryValueMatch;
import io.heddle.xds.model.StringMatch;
import io.heddle.xds.model.UriTemplate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Reads what requests are matched against. */
@SuppressWarnings("deprecation") // Envoy still reads these fields, and so others write them.
final class MatchReader {

  /** The longest regex, in characters; a program grows with it. */
  private static final int LONGEST_REGEX = 4096;

  private static final Pattern NOTHING = Pattern.compile("");

  private static final String TEMPLATE =
      "envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig";

  private final Findings findings;
  private final ValueReader values;

  MatchReader(Findings findings) {
    this.findings = findings;
    this.values = new ValueReader(findings, this);
  }

  RouteMatch route(io.envoyproxy.envoy.config.route.v3.RouteMatch match, Path path) {
    Set<String> methods = Set.of();
    List<HeaderMatch> headers = new ArrayList<>();
    for (int i = 0; i < match.getHeadersCount(); i++) {
      HeaderMatch header = header(match.getHeaders(i), path.at("headers", i));
      Set<String> listed = methods.isEmpty() ? methodsOf(header) : Set.of();
      if (listed.isEmpty()) {
        headers.add(header);
      } else {
        methods = listed;
      }
    }
    List<QueryParameterMatch> query = new ArrayList<>();
    for (int i = 0; i < match.getQueryParametersCount(); i++) {
      query.add(query(match.getQueryParameters(i), path.at("query_parameters", i)));
    }
    boolean caseSensitive = !match.hasCaseSensitive() || match.getCaseSensitive().getValue();
    return new RouteMatch(
        path(match, path),
        caseSensitive,
        methods,
        headers,
        query,
        fraction(match.hasRuntimeFraction(), match.getRuntimeFraction(), path),
        conditions(match, path));
  }

  /** Headers alone, whatever the path. */
  RouteMatch headers(List<HeaderMatcher> matchers, Path path) {
    return route(
        io.envoyproxy.envoy.config.route.v3.RouteMatch.newBuilder()
            .setPrefix("")
            .addAllHeaders(matchers)
            .build(),
        path);
  }

  private RouteMatch.Conditions conditions(
      io.envoyproxy.envoy.config.route.v3.RouteMatch match, Path path) {
    List<RouteMatch.MetadataMatch> metadata = new ArrayList<>();
    for (int i = 0; i < match.getDynamicMetadataCount(); i++) {
      metadata.add(values.metadata(match.getDynamicMetadata(i), path.at("dynamic_metadata", i)));
    }
    List<RouteMatch.FilterStateMatch> filterState = new ArrayList<>();
    for (int i = 0; i < match.getFilterStateCount(); i++) {
      filterState.add(values.filterState(match.getFilterState(i), path.at("filter_state", i)));
    }
    return new RouteMatch.Conditions(
        match.hasGrpc(),
        certificate(match.getTlsContext().hasPresented(), match.getTlsContext().getPresented()),
        certificate(match.getTlsContext().hasValidated(), match.getTlsContext().getValidated()),
        metadata,
        filterState,
        match.getRuntimeFraction().getRuntimeKey());
  }

  private static RouteMatch.Certificate certificate(boolean set, BoolValue value) {
    return !set
        ? RouteMatch.Certificate.ANY
        : value.getValue() ? RouteMatch.Certificate.YES : RouteMatch.Certificate.NO;
  }

  private PathMatch template(TypedExtensionConfig policy, Path path) {
    Path here = path.field("typed_config");
    if (!ExtensionReader.typeName(policy.getTypedConfig()).equals(TEMPLATE)) {
      findings.error(here, policy.getTypedConfig().getTypeUrl(), Findings.TYPE_PREFIX + TEMPLATE);
      return new PathMatch.Prefix("");
    }
    return findings
        .unpack(policy.getTypedConfig(), TEMPLATE, UriTemplateMatchConfig.parser(), here)
        .<PathMatch>map(config -> {
          try {
            return new PathMatch.Template(UriTemplate.parse(config.getPathTemplate()));
          } catch (IllegalArgumentException malformed) {
            findings.error(
                here.field("path_template"),
                config.getPathTemplate(),
                String.valueOf(malformed.getMessage()));
            return new PathMatch.Prefix("");
          }
        })
        .orElse(new PathMatch.Prefix(""));
  }

  private PathMatch path(io.envoyproxy.envoy.config.route.v3.RouteMatch match, Path path) {
    return switch (match.getPathSpecifierCase()) {
      case PREFIX -> new PathMatch.Prefix(match.getPrefix());
      case PATH -> new PathMatch.Exact(match.getPath());
      case SAFE_REGEX -> new PathMatch.Regex(regex(match.getSafeRegex(), path.field("safe_regex")));
      case PATH_SEPARATED_PREFIX -> {
        String prefix = match.getPathSeparatedPrefix();
        boolean wellFormed =
            prefix.length() > 1
                && prefix.startsWith("/")
                && !prefix.endsWith("/")
                && prefix.indexOf('?') < 0
                && prefix.indexOf('#') < 0;
        if (!wellFormed) {
          findings.error(
              path.field("path_separated_prefix"),
              prefix.isEmpty() ? "an empty string" : prefix,
              "a path that begins with a slash, does not end with one, and has no query");
        }
        yield new PathMatch.PathSeparatedPrefix(prefix);
      }
      case CONNECT_MATCHER -> PathMatch.Connect.CONNECT;
      case PATH_MATCH_POLICY ->
          template(match.getPathMatchPolicy(), path.field("path_match_policy"));
      case PATHSPECIFIER_NOT_SET -> {
        findings.error(
            path,
            "no path",
            "prefix, path, safe_regex, path_separated_prefix, path_match_policy or"
                + " connect_matcher");
        yield new PathMatch.Prefix("");
      }
    };
  }

  HeaderMatch header(HeaderMatcher matcher, Path path) {
    String name = matcher.getName();
    if (name.startsWith(":") && HeaderReader.isToken(name.substring(1))) {
      name = name.toLowerCase(Locale.ROOT);
    } else {
      name = HeaderReader.name(name, path.field("name"), findings);
    }
    return new HeaderMatch(
        name,
        value(matcher, path),
        matcher.getInvertMatch(),
        matcher.getTreatMissingHeaderAsEmpty());
  }

  private HeaderValueMatch value(HeaderMatcher matcher, Path path) {
    return switch (matcher.getHeaderMatchSpecifierCase()) {
      case EXACT_MATCH ->
          // An empty exact match is how presence was once asked for.
          matcher.getExactMatch().isEmpty()
              ? new HeaderValueMatch.Present(true)
              : text(new StringMatch.Exact(matcher.getExactMatch(), false));
      case PREFIX_MATCH ->
          text(
              new StringMatch.Prefix(
                  findings.required(matcher.getPrefixMatch(), path.field("prefix_match")), false));
      case SUFFIX_MATCH ->
          text(
              new StringMatch.Suffix(
                  findings.required(matcher.getSuffixMatch(), path.field("suffix_match")), false));
      case CONTAINS_MATCH ->
          text(
              new StringMatch.Contains(
                  findings.required(matcher.getContainsMatch(), path.field("contains_match")),
                  false));
      case SAFE_REGEX_MATCH ->
          text(
              new StringMatch.Regex(
                  regex(matcher.getSafeRegexMatch(), path.field("safe_regex_match"))));
      case STRING_MATCH -> text(string(matcher.getStringMatch(), path.field("string_match")));
      case RANGE_MATCH -> {
        long start = matcher.getRangeMatch().getStart();
        long end = matcher.getRangeMatch().getEnd();
        if (start >= end) {
          findings.error(path.field("range_match"), start + " to " + end, "a start before the end");
        }
        yield new HeaderValueMatch.Range(start, end);
      }
      case PRESENT_MATCH -> new HeaderValueMatch.Present(matcher.getPresentMatch());
      case HEADERMATCHSPECIFIER_NOT_SET -> new HeaderValueMatch.Present(true);
    };
  }

  private static HeaderValueMatch text(StringMatch match) {
    return new HeaderValueMatch.Text(match);
  }

  private QueryParameterMatch query(QueryParameterMatcher matcher, Path path) {
    findings.required(matcher.getName(), path.field("name"));
    QueryValueMatch value =
        switch (matcher.getQueryParameterMatchSpecifierCase()) {
          case STRING_MATCH ->
              new QueryValueMatch.Text(
                  string(matcher.getStringMatch(), path.field("string_match")));
          case PRESENT_MATCH -> new QueryValueMatch.Present(matcher.getPresentMatch());
          case QUERYPARAMETERMATCHSPECIFIER_NOT_SET -> new QueryValueMatch.Present(true);
        };
    return new QueryParameterMatch(matcher.getName(), value);
  }

  StringMatch string(StringMatcher matcher, Path path) {
    boolean ignoreCase = matcher.getIgnoreCase();
    return switch (matcher.getMatchPatternCase()) {
      case EXACT -> new StringMatch.Exact(matcher.getExact(), ignoreCase);
      case PREFIX ->
          new StringMatch.Prefix(
              findings.required(matcher.getPrefix(), path.field("prefix")), ignoreCase);
      case SUFFIX ->
          new StringMatch.Suffix(
              findings.required(matcher.getSuffix(), path.field("suffix")), ignoreCase);
      case CONTAINS ->
          new StringMatch.Contains(
              findings.required(matcher.getContains(), path.field("contains")), ignoreCase);
      case SAFE_REGEX ->
          // As with Envoy, ignore_case says nothing about a regex.
          new StringMatch.Regex(regex(matcher.getSafeRegex(), path.field("safe_regex")));
      case CUSTOM -> new StringMatch.Exact("", false);
      case MATCHPATTERN_NOT_SET -> {
        findings.error(path, "no pattern", "exact, prefix, suffix, contains or safe_regex");
        yield new StringMatch.Exact("", false);
      }
    };
  }

  Pattern regex(RegexMatcher matcher, Path path) {
    String regex = matcher.getRegex();
    if (regex.isEmpty() || regex.length() > LONGEST_REGEX) {
      findings.error(
          path.field("regex"),
          regex.length() + " characters",
          "a regex of 1 to " + LONGEST_REGEX + " characters");
      return NOTHING;
    }
    if (RegexSize.of(regex) > RegexSize.MOST) {
      findings.error(
          path.field("regex"),
          regex,
          "a regex of at most " + RegexSize.MOST + " characters with its repetitions written out");
      return NOTHING;
    }
    try {
      return Pattern.compile(regex);
    } catch (PatternSyntaxException e) {
      findings.error(path.field("regex"), regex, "a regex in RE2 syntax: " + e.getDescription());
      return NOTHING;
    }
  }

  /** The pattern and the replacement, having checked that the groups exist. */
  Rewrite rewrite(RegexMatchAndSubstitute rewrite, Path path) {
    Pattern pattern = regex(rewrite.getPattern(), path.field("pattern"));
    RegexReplacement replacement = new RegexReplacement(rewrite.getSubstitution());
    int highest = replacement.highestGroup();
    if (highest < 0 || highest > pattern.groupCount()) {
      findings.error(
          path.field("substitution"),
          rewrite.getSubstitution(),
          "backslashes before a backslash or a group from 0 to " + pattern.groupCount());
      return new Rewrite(pattern, new RegexReplacement(""));
    }
    return new Rewrite(pattern, replacement);
  }

  /** A checked regex rewrite. */
  record Rewrite(Pattern pattern, RegexReplacement replacement) {}

  Fraction fraction(boolean set, RuntimeFractionalPercent percent, Path path) {
    return share(set, percent, path.field("runtime_fraction"));
  }

  /** A share that operators may change; {@code path} is its own. */
  Fraction share(boolean set, RuntimeFractionalPercent percent, Path path) {
    if (!set) {
      return Fraction.ALL;
    }
    Path here = path.field("default_value");
    if (!percent.hasDefaultValue()) {
      findings.error(here, "nothing", "the share that holds without runtime");
      return Fraction.ALL;
    }
    FractionalPercent share = percent.getDefaultValue();
    Optional<Integer> denominator =
        switch (share.getDenominator()) {
          case HUNDRED -> Optional.of(100);
          case TEN_THOUSAND -> Optional.of(10_000);
          case MILLION -> Optional.of(1_000_000);
          case UNRECOGNIZED -> Optional.empty();
        };
    if (denominator.isEmpty()) {
      findings.error(
          here.field("denominator"),
          Integer.toString(share.getDenominatorValue()),
          "HUNDRED, TEN_THOUSAND or MILLION");
      return Fraction.ALL;
    }
    return new Fraction(Integer.toUnsignedLong(share.getNumerator()), denominator.get());
  }

  /** The methods that a match on {@code :method} lists; empty if it does more than that. */
  private static Set<String> methodsOf(HeaderMatch header) {
    if (!header.name().equals(":method") || header.invert()) {
      return Set.of();
    }
    if (!(header.match() instanceof HeaderValueMatch.Text(StringMatch match))) {
      return Set.of();
    }
    return switch (match) {
      case StringMatch.Exact exact when !exact.ignoreCase() -> Set.of(exact.value());
      case StringMatch.Regex regex -> alternatives(regex.pattern().pattern());
      case StringMatch.Exact _,
          StringMatch.Prefix _,
          StringMatch.Suffix _,
          StringMatch.Contains _ ->
          Set.of();
    };
  }

  /** {@code GET|POST}, also in brackets, as a set; empty for any other regex. */
  private static Set<String> alternatives(String regex) {
    String list = regex;
    if (list.startsWith("(") && list.endsWith(")")) {
      list = list.substring(1, list.length() - 1);
    }
    Set<String> methods = new TreeSet<>();
    int from = 0;
    for (int i = 0; i <= list.length(); i++) {
      if (i == list.length() || list.charAt(i) == '|') {
        methods.add(list.substring(from, i));
        from = i + 1;
      } else if (list.charAt(i) < 'A' || list.charAt(i) > 'Z') {
        return Set.of();
      }
    }
    return methods.contains("") ? Set.of() : methods;
  }
}
