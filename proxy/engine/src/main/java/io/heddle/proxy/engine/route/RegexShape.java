package io.heddle.proxy.engine.route;

/**
 * Literal text that every match of a regex has: at its beginning, at its end, and anywhere. Most
 * paths are told from most regexes by it, long before the regex is run. Empty where nothing is
 * certain; never wrong.
 */
record RegexShape(String prefix, String suffix, String within) {
  private static final RegexShape NOTHING = new RegexShape("", "", "");

  /** Reads a regex in RE2 syntax that compiles. */
  static RegexShape of(String regex) {
    // Half a character would be taken for one.
    return regex.chars().anyMatch(c -> Character.isSurrogate((char) c))
        ? NOTHING
        : new Reader(regex).read();
  }

  /** Whether the text from 0 to {@code end} has what every match has, apart from the prefix. */
  boolean admits(String path, int end) {
    if (end < suffix.length() || !path.startsWith(suffix, end - suffix.length())) {
      return false;
    }
    if (within.isEmpty()) {
      return true;
    }
    int at = path.indexOf(within);
    return at >= 0 && at + within.length() <= end;
  }

  /** Walks the regex once; groups, classes and all that repeats end a run of literal text. */
  private static final class Reader {
    private final String regex;
    private final StringBuilder run = new StringBuilder();
    private String prefix = "";
    private String longest = "";
    private boolean first = true;
    private int at;

    Reader(String regex) {
      this.regex = regex;
    }

    RegexShape read() {
      if (regex.startsWith("^")) {
        at = 1;
      }
      while (at < regex.length()) {
        char c = regex.charAt(at);
        switch (c) {
          case '|', '^' -> {
            return NOTHING;
          }
          case '(' -> {
            if (!group()) {
              return NOTHING;
            }
            repeats();
            cut();
          }
          case '[' -> {
            if (!characterClass()) {
              return NOTHING;
            }
            repeats();
            cut();
          }
          case '.' -> {
            at++;
            repeats();
            cut();
          }
          case '$' -> {
            if (at != regex.length() - 1) {
              return NOTHING;
            }
            at++;
          }
          case '\\' -> {
            if (!escape()) {
              return NOTHING;
            }
          }
          default -> {
            at++;
            literal(c);
          }
        }
      }
      String suffix = run.toString();
      cut();
      return new RegexShape(prefix, suffix, longest);
    }

    /** One character, unless it repeats. */
    private void literal(char c) {
      if (repeats()) {
        cut();
      } else {
        run.append(c);
      }
    }

    /** Skips what says how often the atom before it occurs, and says whether there was any. */
    private boolean repeats() {
      boolean any = false;
      while (at < regex.length()) {
        char c = regex.charAt(at);
        if (c == '*' || c == '+' || c == '?') {
          at++;
        } else if (c == '{' && counted()) {
          at = regex.indexOf('}', at) + 1;
        } else {
          return any;
        }
        any = true;
      }
      return any;
    }

    /** Whether a repetition in braces begins here; other braces are characters. */
    private boolean counted() {
      int close = regex.indexOf('}', at);
      if (close < 0 || close == at + 1) {
        return false;
      }
      for (int i = at + 1; i < close; i++) {
        char c = regex.charAt(i);
        if ((c < '0' || c > '9') && c != ',') {
          return false;
        }
      }
      return true;
    }

    private void cut() {
      if (first) {
        prefix = run.toString();
        first = false;
      }
      if (run.length() > longest.length()) {
        longest = run.toString();
      }
      run.setLength(0);
    }

    private boolean escape() {
      if (at + 1 >= regex.length()) {
        return false;
      }
      char c = regex.charAt(at + 1);
      boolean letter = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (!letter) {
        at += 2;
        literal(c);
        return true;
      }
      if ("dDwWsS".indexOf(c) < 0) {
        return false;
      }
      at += 2;
      repeats();
      cut();
      return true;
    }

    /** Skips a class; false where it is of a kind that is not understood here. */
    private boolean characterClass() {
      int i = at + 1;
      if (i < regex.length() && regex.charAt(i) == '^') {
        i++;
      }
      if (i < regex.length() && regex.charAt(i) == ']') {
        i++;
      }
      while (i < regex.length() && regex.charAt(i) != ']') {
        char c = regex.charAt(i);
        if (c == '[' || (c == '\\' && i + 1 < regex.length() && regex.charAt(i + 1) == 'Q')) {
          return false;
        }
        i += c == '\\' ? 2 : 1;
      }
      at = i + 1;
      return at <= regex.length();
    }

    /** Skips a group; false where its flags may reach further than it. */
    private boolean group() {
      if (regex.startsWith("(?", at)
          && !regex.startsWith("(?:", at)
          && !regex.startsWith("(?P<", at)) {
        return false;
      }
      int depth = 0;
      while (at < regex.length()) {
        char c = regex.charAt(at);
        if (c == '\\') {
          if (at + 1 < regex.length() && regex.charAt(at + 1) == 'Q') {
            return false;
          }
          at += 2;
        } else if (c == '[') {
          if (!characterClass()) {
            return false;
          }
        } else {
          depth += c == '(' ? 1 : c == ')' ? -1 : 0;
          at++;
          if (depth == 0) {
            return true;
          }
        }
      }
      return false;
    }
  }
}
