package io.heddle.control.api.resource;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Finds kinds by the names that users and documents give them. */
public final class Kinds {
  private static final Map<String, Kind> BY_WORD = byWord();

  private Kinds() {}

  private static Map<String, Kind> byWord() {
    Map<String, Kind> words = new TreeMap<>();
    for (Kind kind : Kind.values()) {
      words.put(kind.singular(), kind);
      words.put(kind.plural(), kind);
      for (String word : kind.shortNames()) {
        words.put(word, kind);
        words.put(word + "s", kind);
      }
      if (!kind.group().isEmpty()) {
        words.put(kind.plural() + "." + kind.group(), kind);
        words.put(kind.singular() + "." + kind.group(), kind);
      }
    }
    return Map.copyOf(words);
  }

  public static List<Kind> all() {
    return List.of(Kind.values());
  }

  /**
   * What a user's word means: singular, plural, short name or {@code plural.group}, in any case, as
   * kubectl reads it ({@code svc}, {@code HTTPRoutes}, {@code gateways.gateway.networking.k8s.io}).
   */
  public static Optional<Kind> ofWord(String word) {
    return Optional.ofNullable(BY_WORD.get(word.toLowerCase(Locale.ROOT)));
  }

  /** The kind that a document's {@code apiVersion} and {@code kind} name exactly. */
  public static Optional<Kind> ofDocument(String apiVersion, String kindName) {
    for (Kind kind : Kind.values()) {
      if (kind.kindName().equals(kindName)
          && (kind.apiVersion().equals(apiVersion) || kind.alsoRead().contains(apiVersion))) {
        return Optional.of(kind);
      }
    }
    return Optional.empty();
  }
}
