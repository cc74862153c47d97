package io.heddle.xds.model.parse;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which fields of a message exclude each other, from {@code oneofs.txt}: a message and the fields
 * of one choice on each line. Encoded messages cannot hold two of them; a document can, and the
 * last would silently win.
 */
final class Oneofs {
  private static final Map<String, List<Set<String>>> CHOICES = load();

  private Oneofs() {}

  /** The field among those given that excludes this one; null where none does. */
  static @Nullable String rival(String message, String field, Set<String> given) {
    for (Set<String> choice : CHOICES.getOrDefault(message, List.of())) {
      if (choice.contains(field)) {
        for (String other : choice) {
          if (!other.equals(field) && given.contains(other)) {
            return other;
          }
        }
      }
    }
    return null;
  }

  /** The choices of a message, as far as they are known here. */
  static Map<String, List<Set<String>>> all() {
    return CHOICES;
  }

  private static Map<String, List<Set<String>>> load() {
    try (InputStream in = Oneofs.class.getResourceAsStream("oneofs.txt")) {
      if (in == null) {
        throw new IllegalStateException("oneofs.txt is missing from the jar");
      }
      Map<String, List<Set<String>>> choices = new HashMap<>();
      BufferedReader lines =
          new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII));
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.startsWith("#")) {
          List<String> words = List.of(line.split(" "));
          choices
              .computeIfAbsent(words.getFirst(), _ -> new ArrayList<>())
              .add(Set.copyOf(words.subList(1, words.size())));
        }
      }
      return choices;
    } catch (IOException e) {
      throw new UncheckedIOException("oneofs.txt cannot be read", e);
    }
  }
}
