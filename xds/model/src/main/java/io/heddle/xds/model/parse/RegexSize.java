package io.heddle.xds.model.parse;

/**
 * Estimates how large a regex becomes when its counted repetitions are written out.
 *
 * <p>RE2/J writes them out without a bound: fifteen characters can ask for a million instructions.
 * So the size is estimated before anything is compiled: one for each character or class, multiplied
 * by the counts round it. What is malformed is left to the compiler to name.
 */
final class RegexSize {

  /** The most that is compiled. */
  static final int MOST = 10_000;

  private static final int DEEPEST = 200;

  private final String regex;
  private int at;

  private RegexSize(String regex) {
    this.regex = regex;
  }

  /** The size, or anything above {@link #MOST} where it is larger or nested too deeply. */
  static long of(String regex) {
    return new RegexSize(regex).sequence(0);
  }

  private long sequence(int depth) {
    if (depth > DEEPEST) {
      at = regex.length();
      return MOST + 1L;
    }
    long total = 0;
    while (at < regex.length() && regex.charAt(at) != ')') {
      total += repeated(atom(depth));
      total = Math.min(total, MOST + 1L);
    }
    return total;
  }

  private long atom(int depth) {
    char c = regex.charAt(at++);
    switch (c) {
      case '(' -> {
        long inner = sequence(depth + 1);
        at++;
        return inner + 2;
      }
      case '[' -> skipClass();
      case '\\' -> {
        if (at < regex.length() && regex.charAt(at) == 'Q') {
          return quoted();
        }
        skipEscape();
      }
      default -> {}
    }
    return 1;
  }

  private void skipEscape() {
    char escaped = at < regex.length() ? regex.charAt(at) : ' ';
    at++;
    boolean braced =
        (escaped == 'p' || escaped == 'P' || escaped == 'x')
            && at < regex.length()
            && regex.charAt(at) == '{';
    if (braced) {
      int end = regex.indexOf('}', at);
      at = end < 0 ? regex.length() : end + 1;
    }
  }

  private long quoted() {
    int end = regex.indexOf("\\E", at);
    int size = (end < 0 ? regex.length() : end) - at;
    at = end < 0 ? regex.length() : end + 2;
    return Math.max(1, size);
  }

  private void skipClass() {
    if (at < regex.length() && regex.charAt(at) == '^') {
      at++;
    }
    // A bracket that comes first is one of the class.
    for (boolean first = true; at < regex.length(); first = false) {
      char c = regex.charAt(at);
      if (c == ']' && !first) {
        at++;
        return;
      }
      if (c == '\\') {
        at++;
        skipEscape();
      } else if (regex.startsWith("[:", at) && regex.indexOf(":]", at) > 0) {
        at = regex.indexOf(":]", at) + 2;
      } else {
        at++;
      }
    }
  }

  /** The size of an atom with the repetitions that follow it. */
  private long repeated(long size) {
    long result = size;
    while (at < regex.length()) {
      char c = regex.charAt(at);
      if (c == '*' || c == '+' || c == '?') {
        at++;
        result++;
      } else if (c == '{') {
        int end = regex.indexOf('}', at);
        long count = end < 0 ? 0 : count(regex.substring(at + 1, end));
        if (count == 0) {
          break;
        }
        at = end + 1;
        result = Math.min(result * count, MOST + 1L);
      } else {
        break;
      }
    }
    return result;
  }

  /**
   * The higher bound of {@code n}, {@code n,} or {@code n,m}, at least 1; zero if it is neither.
   */
  private static long count(String bounds) {
    long highest = 1;
    long current = 0;
    int digits = 0;
    for (int i = 0; i < bounds.length(); i++) {
      char c = bounds.charAt(i);
      if (c >= '0' && c <= '9' && digits < 6) {
        current = current * 10 + (c - '0');
        digits++;
      } else if (c == ',' && digits > 0) {
        highest = Math.max(highest, current + 1);
        current = 0;
        digits = 0;
      } else {
        return 0;
      }
    }
    return bounds.isEmpty() ? 0 : Math.max(highest, current);
  }
}
