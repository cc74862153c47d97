package io.heddle.xds.model;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;

/**
 * The substitution of a regex rewrite, in RE2's notation: {@code \1} to {@code \9} for a group,
 * {@code \0} for the whole match, {@code \\} for a backslash.
 */
public record RegexReplacement(String substitution) {

  /** The highest group that the substitution names, or why it is malformed as -1. */
  public int highestGroup() {
    int highest = 0;
    for (int i = 0; i < substitution.length(); i++) {
      if (substitution.charAt(i) == '\\') {
        i++;
        if (i == substitution.length()) {
          return -1;
        }
        char c = substitution.charAt(i);
        if (c >= '0' && c <= '9') {
          highest = Math.max(highest, c - '0');
        } else if (c != '\\') {
          return -1;
        }
      }
    }
    return highest;
  }

  /** The text with every match of the pattern replaced. */
  public String replaceAll(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    StringBuilder out = new StringBuilder();
    int copied = 0;
    while (matcher.find()) {
      out.append(text, copied, matcher.start());
      appendTo(out, matcher);
      copied = matcher.end();
    }
    return copied == 0 && out.isEmpty() ? text : out.append(text, copied, text.length()).toString();
  }

  private void appendTo(StringBuilder out, Matcher matcher) {
    for (int i = 0; i < substitution.length(); i++) {
      char c = substitution.charAt(i);
      if (c != '\\') {
        out.append(c);
        continue;
      }
      char escaped = substitution.charAt(++i);
      if (escaped == '\\') {
        out.append('\\');
      } else {
        String group = matcher.group(escaped - '0');
        out.append(group == null ? "" : group);
      }
    }
  }
}
