package io.heddle.xds.model;

import com.google.re2j.Pattern;

/** A test of a string ({@code envoy.type.matcher.v3.StringMatcher}). */
public sealed interface StringMatch {

  record Exact(String value, boolean ignoreCase) implements StringMatch {
    @Override
    public boolean matches(String text) {
      return ignoreCase ? value.equalsIgnoreCase(text) : value.equals(text);
    }
  }

  record Prefix(String value, boolean ignoreCase) implements StringMatch {
    @Override
    public boolean matches(String text) {
      return text.regionMatches(ignoreCase, 0, value, 0, value.length());
    }
  }

  record Suffix(String value, boolean ignoreCase) implements StringMatch {
    @Override
    public boolean matches(String text) {
      int from = text.length() - value.length();
      return from >= 0 && text.regionMatches(ignoreCase, from, value, 0, value.length());
    }
  }

  record Contains(String value, boolean ignoreCase) implements StringMatch {
    @Override
    public boolean matches(String text) {
      for (int from = 0; from <= text.length() - value.length(); from++) {
        if (text.regionMatches(ignoreCase, from, value, 0, value.length())) {
          return true;
        }
      }
      return false;
    }
  }

  /** Matches the whole string; linear in its length. */
  record Regex(Pattern pattern) implements StringMatch {
    @Override
    public boolean matches(String text) {
      return pattern.matches(text);
    }
  }

  /** Whether the string passes. */
  boolean matches(String text);
}
