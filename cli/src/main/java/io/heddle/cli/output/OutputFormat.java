package io.heddle.cli.output;

/** What {@code -o} takes; the constants are spelled as users write them. */
@SuppressWarnings("MemberName")
public enum OutputFormat {
  table,
  json,
  yaml
}
