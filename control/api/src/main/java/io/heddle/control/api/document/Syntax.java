package io.heddle.control.api.document;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.function.Predicate;

/**
 * How a text may look, with the words that say so. Kubernetes' and the Gateway API's own rules.
 *
 * @param expected completes "expected: "
 * @param pattern a regular expression that every such text matches whole, for schemas; empty where
 *     only the rule says it
 * @param most the most characters; zero where only the rule says it
 */
record Syntax(String expected, Predicate<String> rule, String pattern, int most) {
  private static final String LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
  private static final String DOMAIN = LABEL + "(\\." + LABEL + ")*";
  private static final String QUALIFIED = "[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?";

  private Syntax(String expected, Predicate<String> rule) {
    this(expected, rule, "", 0);
  }

  static final Syntax ANY = new Syntax("a text", _ -> true);
  static final Syntax DNS_LABEL =
      matching("1 to 63 lower-case letters, digits and '-' (RFC 1123 label)", LABEL, 63);
  static final Syntax DNS_NAME =
      matching("1 to 253 lower-case letters, digits, '-' and '.' (RFC 1123 name)", DOMAIN, 253);
  static final Syntax HOSTNAME = hostname("a host name, not an IP address", DOMAIN);
  static final Syntax WILDCARD_HOSTNAME =
      hostname(
          "a host name, or one that begins with \"*.\"; not an IP address", "(\\*\\.)?" + DOMAIN);
  static final Syntax LABEL_NAME =
      new Syntax(
          "[prefix/]name of at most 63 letters, digits, '-', '_' and '.'", Syntax::isLabelName);
  static final Syntax LABEL_VALUE =
      matching("at most 63 letters, digits, '-', '_' and '.'", "(" + QUALIFIED + ")?", 63);
  static final Syntax HEADER_NAME =
      matching("a header name of at most 256 characters", "[A-Za-z0-9!#$%&'*+\\-.^_`|~]+", 256);
  static final Syntax HEADER_VALUE =
      new Syntax(
          "1 to 4096 characters without control characters",
          text ->
              !text.isEmpty()
                  && text.length() <= 4096
                  && text.chars().noneMatch(c -> (c < 0x20 && c != '\t') || c == 0x7f));
  static final Syntax PATH = new Syntax("an absolute path in normal form", Syntax::isPath);

  /** What may replace a prefix: the Gateway API lets it be empty, which means the root. */
  static final Syntax PATH_OR_EMPTY =
      new Syntax(
          "an absolute path in normal form, or an empty text",
          text -> text.isEmpty() || isPath(text));

  static final Syntax METHOD =
      matching(
          "one of GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH",
          "GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH",
          8);
  static final Syntax DURATION =
      matching("a duration such as 500ms, 10s or 1h30m", "([0-9]{1,5}(h|m|s|ms)){1,4}", 32);

  /** A method, or all of them. */
  static final Syntax METHOD_OR_ANY =
      matching(
          "one of GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH, *",
          "GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|\\*",
          8);

  /** An origin as the Gateway API's CORS filter writes it. */
  static final Syntax ORIGIN =
      matching(
          "*, or http(s)://HOST[:PORT] where * stands for any part of the host",
          "\\*|https?://(\\*|(\\*\\.)?([A-Za-z0-9_-]+\\.)*[A-Za-z0-9_-]+)(:([0-9]{1,5}))?",
          253);

  static final Syntax GRPC_SERVICE =
      matching(
          "a gRPC service such as shop.v1.Catalog",
          "\\.?[A-Za-z_][A-Za-z_0-9]*(\\.[A-Za-z_][A-Za-z_0-9]*)*",
          1024);
  static final Syntax GRPC_METHOD =
      matching("a gRPC method such as ListBooks", "[A-Za-z_][A-Za-z_0-9]*", 1024);

  /** A name of a cookie or header that holds a session. */
  static final Syntax TOKEN =
      matching("1 to 128 letters, digits, '-' and '_'", "[A-Za-z0-9_-]+", 128);

  static final Syntax ADDRESS =
      new Syntax(
          "an IP address or a host name", text -> IpAddress.isLiteral(text) || isDomain(text));
  static final Syntax IP_ADDRESS = new Syntax("an IP address", IpAddress::isLiteral);

  static Syntax matching(String expected, String pattern, int most) {
    Pattern compiled = Pattern.compile(pattern);
    return new Syntax(
        expected, text -> text.length() <= most && compiled.matcher(text).matches(), pattern, most);
  }

  /** A text of bounded length that is not empty. */
  static Syntax upTo(int most) {
    return new Syntax(
        "1 to " + most + " characters",
        text -> !text.isEmpty() && text.length() <= most,
        "[^\\x00]+",
        most);
  }

  /** A regular expression of bounded length, in RE2's syntax. */
  static Syntax regex(int most) {
    return new Syntax(
        "a regular expression (RE2) of 1 to " + most + " characters",
        text -> !text.isEmpty() && text.length() <= most && compiles(text),
        "",
        most);
  }

  boolean admits(String text) {
    return rule.test(text);
  }

  private static Syntax hostname(String expected, String pattern) {
    Syntax shape = matching(expected, pattern, 253);
    return new Syntax(
        expected, text -> shape.admits(text) && !IpAddress.isLiteral(text), pattern, 253);
  }

  private static boolean isDomain(String text) {
    return DNS_NAME.admits(text);
  }

  private static boolean isLabelName(String text) {
    int slash = text.indexOf('/');
    String name = text.substring(slash + 1);
    return (slash < 0 || isDomain(text.substring(0, slash)))
        && !name.isEmpty()
        && LABEL_VALUE.admits(name);
  }

  /** The rules of the Gateway API for path values of the types Exact and PathPrefix. */
  private static boolean isPath(String text) {
    if (text.length() > 1024 || !text.startsWith("/")) {
      return false;
    }
    for (String part : new String[] {"//", "/./", "/../", "%2f", "%2F", "#", "?"}) {
      if (text.contains(part)) {
        return false;
      }
    }
    return !text.endsWith("/.") && !text.endsWith("/..") && hasPathCharacters(text);
  }

  private static boolean hasPathCharacters(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '%') {
        if (i + 2 >= text.length()
            || Character.digit(text.charAt(i + 1), 16) < 0
            || Character.digit(text.charAt(i + 2), 16) < 0) {
          return false;
        }
      } else if (c >= 0x7f
          || (!Character.isLetterOrDigit(c) && "/-._~!$&'()*+,;=:@".indexOf(c) < 0)) {
        return false;
      }
    }
    return true;
  }

  private static boolean compiles(String regex) {
    try {
      return Pattern.compile(regex).groupCount() >= 0;
    } catch (PatternSyntaxException _) {
      return false; // the caller names the text and what was expected
    }
  }
}
