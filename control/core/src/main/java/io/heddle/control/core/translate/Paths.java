package io.heddle.control.core.translate;

import io.envoyproxy.envoy.type.matcher.v3.RegexMatchAndSubstitute;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;

/** Path prefixes of the Gateway API: whole segments, a trailing slash means nothing. */
final class Paths {
  private static final String PLAIN =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_-~";

  private Paths() {}

  /** The prefix without its trailing slash; the root is empty. */
  static String prefix(String value) {
    int end = value.length();
    while (end > 0 && value.charAt(end - 1) == '/') {
      end--;
    }
    return value.substring(0, end);
  }

  /**
   * Whether replacing this prefix as text would leave two slashes or none, so that a regex must do
   * it.
   */
  static boolean replacementNeedsRegex(String prefix, String replacement) {
    return !prefix(prefix).isEmpty() && prefix(replacement).isEmpty();
  }

  /** The plain replacement: {@code /a} by {@code /b}, or the root by {@code /b/}. */
  static String plainReplacement(String prefix, String replacement) {
    return prefix(prefix).isEmpty() ? prefix(replacement) + "/" : prefix(replacement);
  }

  /** Takes a prefix away: {@code /a/x} and {@code /a} become {@code /x} and {@code /}. */
  static RegexMatchAndSubstitute removal(String prefix) {
    return substitute("^" + quoted(prefix(prefix)) + "/*", "/");
  }

  /** Replaces the whole path. */
  static RegexMatchAndSubstitute whole(String path) {
    return substitute("^/.*$", path.replace("\\", "\\\\"));
  }

  private static RegexMatchAndSubstitute substitute(String regex, String substitution) {
    return RegexMatchAndSubstitute.newBuilder()
        .setPattern(RegexMatcher.newBuilder().setRegex(regex))
        .setSubstitution(substitution)
        .build();
  }

  /** The text as a regular expression that matches nothing else. */
  static String quoted(String text) {
    StringBuilder out = new StringBuilder();
    text.codePoints()
        .forEach(c -> {
          if (c < 128 && PLAIN.indexOf(c) < 0) {
            out.append('\\');
          }
          out.appendCodePoint(c);
        });
    return out.toString();
  }
}
