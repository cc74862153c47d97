package io.heddle.xds.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One thing broken on purpose in one source file, to see that a test of its rule turns red. */
record RuleMutation(int rule, String what, String file, List<Hunk> hunks) {
  static final int RULES = 39;

  /** A text, in which white space does not count, and what takes its place. */
  record Hunk(String before, String after) {
    private Pattern pattern() {
      StringBuilder pattern = new StringBuilder();
      for (String word : before.split("\\s+", -1)) {
        pattern.append(pattern.isEmpty() ? "" : "\\s+").append(parts(word));
      }
      return Pattern.compile(pattern.toString());
    }

    /** The formatter may break a line behind an opening bracket and before a dot. */
    private static String parts(String word) {
      StringBuilder parts = new StringBuilder();
      Matcher part = Pattern.compile("\\(|\\.|[^(.]+").matcher(word);
      while (part.find()) {
        parts.append(part.group().equals(".") ? "\\s*" : "").append(Pattern.quote(part.group()));
        parts.append(part.group().equals("(") ? "\\s*" : "");
      }
      return parts.toString();
    }

    int countIn(String source) {
      return (int) pattern().matcher(source).results().count();
    }

    String in(String source) {
      return pattern().matcher(source).replaceFirst(Matcher.quoteReplacement(after));
    }
  }

  static List<RuleMutation> all() {
    List<RuleMutation> all = new ArrayList<>();
    String heading = "";
    String file = "";
    String before = "";
    List<Hunk> hunks = new ArrayList<>();
    for (String line : (lines() + "\n## ").lines().toList()) {
      if (line.startsWith("## ")) {
        if (!hunks.isEmpty()) {
          all.add(of(heading, file, hunks));
        }
        heading = line.substring(3);
        hunks = new ArrayList<>();
      } else if (line.startsWith("file ")) {
        file = line.substring(5).strip();
      } else if (line.startsWith("- ")) {
        before = line.substring(2).strip();
      } else if (line.startsWith("+ ")) {
        hunks.add(new Hunk(before, line.substring(2).strip()));
      }
    }
    return List.copyOf(all);
  }

  private static RuleMutation of(String heading, String file, List<Hunk> hunks) {
    int space = heading.indexOf(' ');
    return new RuleMutation(
        Integer.parseInt(heading.substring(0, space)),
        heading.substring(space + 1).strip(),
        file,
        List.copyOf(hunks));
  }

  private static String lines() {
    try (InputStream in = RuleMutation.class.getResourceAsStream("rule-mutations.txt")) {
      if (in == null) {
        throw new IllegalStateException("rule-mutations.txt (expected: beside the classes)");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** How the tests of the rule begin. */
  String prefix() {
    return "rule%02d_".formatted(rule).toLowerCase(Locale.ROOT);
  }

  /** The mutated source. */
  String in(Path sources) throws IOException {
    String source = Files.readString(sources.resolve(file));
    for (Hunk hunk : hunks) {
      source = hunk.in(source);
    }
    return source;
  }

  @Override
  public String toString() {
    return "%02d %s (%s)".formatted(rule, what, file);
  }
}
