package io.heddle.control.api.document;

import io.heddle.control.api.resource.Kind;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * What the fields of a kind are for, from {@code fields.txt}: a line is {@code PATH = TEXT}. Of the
 * lines whose path ends a field's own (whole names; {@code KIND.spec…} first of all) the longest
 * one counts, so that what many kinds share is said once. Confined to one thread.
 */
final class FieldDocs {
  private static final String FILE = "fields.txt";

  private final Map<String, String> texts;
  private final String kind;
  private final Set<String> used;

  private FieldDocs(Map<String, String> texts, String kind, Set<String> used) {
    this.texts = texts;
    this.kind = kind;
    this.used = used;
  }

  static FieldDocs of(Kind kind) {
    return new FieldDocs(read(), kind.kindName(), new HashSet<>());
  }

  /** What the kind as a whole is for. */
  String ofKind() {
    return find(kind);
  }

  /** The text about a field; empty where nobody wrote one, which a test does not let pass. */
  String of(String path) {
    String text = find(kind + "." + path);
    for (String rest = path; text.isEmpty() && !rest.isEmpty(); ) {
      text = find(rest);
      int dot = rest.indexOf('.');
      rest = dot < 0 ? "" : rest.substring(dot + 1);
    }
    return text;
  }

  /** The lines that were asked for. */
  Set<String> used() {
    return used;
  }

  private String find(String key) {
    String text = texts.get(key);
    if (text == null) {
      return "";
    }
    used.add(key);
    return text;
  }

  /** Every line of the file, by its path. */
  static Map<String, String> read() {
    Map<String, String> all = new HashMap<>();
    try (InputStream in = FieldDocs.class.getResourceAsStream(FILE);
        BufferedReader lines =
            new BufferedReader(
                new InputStreamReader(Objects.requireNonNull(in, FILE), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        int sign = line.indexOf(" = ");
        if (sign > 0 && !line.startsWith("#")) {
          if (all.put(line.substring(0, sign), line.substring(sign + 3)) != null) {
            throw new IllegalStateException(FILE + ": " + line + " (expected: each path once)");
          }
        }
      }
      return all;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
