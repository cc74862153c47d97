package io.heddle.xds.model;

import com.google.re2j.Pattern;
import java.util.List;
import java.util.Set;

/**
 * What a request must be to take a route ({@code envoy.config.route.v3.RouteMatch}): all must hold.
 *
 * @param path matched against the path without its query
 * @param caseSensitive whether the path's case matters; a regex says so itself
 * @param methods the methods that match, any when empty; taken from an exact {@code :method} match
 *     or from a regex that only lists methods, which is then not in {@code headers}
 * @param headers names in lower case; pseudo-headers other than the method too
 * @param fraction the share of requests that match; {@link Fraction#ALL} by default
 */
public record RouteMatch(
    PathMatch path,
    boolean caseSensitive,
    Set<String> methods,
    List<HeaderMatch> headers,
    List<QueryParameterMatch> queryParameters,
    Fraction fraction) {

  public RouteMatch {
    methods = Set.copyOf(methods);
    headers = List.copyOf(headers);
    queryParameters = List.copyOf(queryParameters);
  }

  /** What the path must be. */
  public sealed interface PathMatch {
    /** Begins with {@code prefix}. */
    record Prefix(String prefix) implements PathMatch {}

    /** Is exactly {@code path}. */
    record Exact(String path) implements PathMatch {}

    /** Is {@code prefix}, or begins with it and a slash; it does not end in one itself. */
    record PathSeparatedPrefix(String prefix) implements PathMatch {}

    /** Matches as a whole. */
    record Regex(Pattern pattern) implements PathMatch {}
  }

  /**
   * A header that must match.
   *
   * @param name in lower case
   * @param invert whether the result is turned round; an absent header never matches a value, so
   *     inverted it does
   * @param missingAsEmpty whether an absent header is matched as the empty string
   */
  public record HeaderMatch(
      String name, HeaderValueMatch match, boolean invert, boolean missingAsEmpty) {}

  /** What a header's value must be. */
  public sealed interface HeaderValueMatch {
    /** There, or with {@code false} not there. */
    record Present(boolean present) implements HeaderValueMatch {}

    record Text(StringMatch match) implements HeaderValueMatch {}

    /** A decimal integer from {@code start} to before {@code end}. */
    record Range(long start, long end) implements HeaderValueMatch {}
  }

  /** A query parameter that must match. */
  public record QueryParameterMatch(String name, QueryValueMatch match) {}

  /** What a query parameter's value must be. */
  public sealed interface QueryValueMatch {
    /** There, or with {@code false} not there. */
    record Present(boolean present) implements QueryValueMatch {}

    record Text(StringMatch match) implements QueryValueMatch {}
  }
}
