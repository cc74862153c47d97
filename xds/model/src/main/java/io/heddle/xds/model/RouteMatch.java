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
 * @param conditions what else must hold
 */
public record RouteMatch(
    PathMatch path,
    boolean caseSensitive,
    Set<String> methods,
    List<HeaderMatch> headers,
    List<QueryParameterMatch> queryParameters,
    Fraction fraction,
    Conditions conditions) {

  public RouteMatch {
    methods = Set.copyOf(methods);
    headers = List.copyOf(headers);
    queryParameters = List.copyOf(queryParameters);
  }

  /** A match without further conditions. */
  public RouteMatch(
      PathMatch path,
      boolean caseSensitive,
      Set<String> methods,
      List<HeaderMatch> headers,
      List<QueryParameterMatch> queryParameters,
      Fraction fraction) {
    this(path, caseSensitive, methods, headers, queryParameters, fraction, Conditions.NOTHING_MORE);
  }

  /**
   * What few routes ask for.
   *
   * @param grpc whether only gRPC requests match
   * @param metadata dynamic metadata that must match
   * @param filterState filter state that must match, as text
   * @param runtimeKey where runtime may override the fraction; empty for none
   */
  public record Conditions(
      boolean grpc,
      Certificate presented,
      Certificate validated,
      List<MetadataMatch> metadata,
      List<FilterStateMatch> filterState,
      String runtimeKey) {
    /** Asks for nothing. */
    public static final Conditions NOTHING_MORE =
        new Conditions(false, Certificate.ANY, Certificate.ANY, List.of(), List.of(), "");

    public Conditions {
      metadata = List.copyOf(metadata);
      filterState = List.copyOf(filterState);
    }
  }

  /** What of a client's certificate must be so. */
  public enum Certificate {
    ANY,
    YES,
    NO
  }

  /** A value of dynamic metadata that must match, or with {@code invert} must not. */
  public record MetadataMatch(
      String namespace, List<String> path, ValueMatch match, boolean invert) {
    public MetadataMatch {
      path = List.copyOf(path);
    }
  }

  /** A value of filter state that must be there and match. */
  public record FilterStateMatch(String key, StringMatch match) {}

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

    /** Is what the template stands for. */
    record Template(UriTemplate template) implements PathMatch {}

    /** Any path, but a CONNECT request. */
    enum Connect implements PathMatch {
      CONNECT
    }
  }

  /**
   * A header that must match.
   *
   * @param name in lower case
   * @param invert whether the result is turned round; a test of the value of an absent header
   *     fails, inverted or not
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
