package io.heddle.control.api.resource;

import java.util.List;

/**
 * What a request must look like; all parts together (Gateway API {@code HTTPRouteMatch}).
 *
 * @param headers up to 16; names are compared without case
 * @param queryParams up to 16; names are compared exactly
 * @param method empty: any
 */
public record HttpMatch(
    PathMatch path, List<ValueMatch> headers, List<ValueMatch> queryParams, String method) {
  /** The default of the Gateway API: every path below {@code /}. */
  public static final HttpMatch EVERYTHING =
      new HttpMatch(new PathMatch(PathMatchType.PATH_PREFIX, "/"), List.of(), List.of(), "");

  public HttpMatch {
    headers = List.copyOf(headers);
    queryParams = List.copyOf(queryParams);
  }

  /**
   * A prefix matches whole path segments: {@code /a} matches {@code /a} and {@code /a/b}, not
   * {@code /ab}.
   */
  public record PathMatch(PathMatchType type, String value) {}

  /** A header or query parameter; a regular expression (RE2) must match the whole value. */
  public record ValueMatch(ValueMatchType type, String name, String value) {}

  /** {@code path.type}. */
  public enum PathMatchType {
    EXACT("Exact"),
    PATH_PREFIX("PathPrefix"),
    REGULAR_EXPRESSION("RegularExpression");

    private final String text;

    PathMatchType(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }

  /** {@code headers[].type} and {@code queryParams[].type}. */
  public enum ValueMatchType {
    EXACT("Exact"),
    REGULAR_EXPRESSION("RegularExpression");

    private final String text;

    ValueMatchType(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }
}
