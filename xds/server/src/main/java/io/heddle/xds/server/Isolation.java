package io.heddle.xds.server;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The search for one culprit among resources that were refused together.
 *
 * <p>Half of the suspects are tried at a time. What was refused is halved again and the other half
 * goes back to the pool; what was accepted is good, so that the culprit is among the others. A
 * culprit is named only once it was refused alone: about log2(n) + 1 trials.
 */
final class Isolation {
  private static final Pattern WORDS = Pattern.compile("[\\s,;:'\"()\\[\\]{}<>=]+");

  private List<String> suspects;
  private List<String> trial;

  private Isolation(List<String> suspects, List<String> trial) {
    this.suspects = suspects;
    this.trial = trial;
  }

  /** Begins with at least two suspects. */
  static Isolation of(List<String> refused, String message) {
    return new Isolation(List.copyOf(refused), aim(refused, message));
  }

  /** The names to be sent next; empty when the search is over. */
  List<String> trial() {
    return trial;
  }

  /** All that is under suspicion. */
  List<String> suspects() {
    return suspects;
  }

  void accepted() {
    suspects = without(suspects, trial);
    trial = half(suspects);
  }

  /** Narrows the search to what was refused and returns what is no longer under suspicion. */
  List<String> refused(List<String> tried, String message) {
    List<String> others = without(suspects, tried);
    suspects = List.copyOf(tried);
    trial = aim(suspects, message);
    return others;
  }

  private static List<String> aim(List<String> suspects, String message) {
    return namedIn(message, suspects).map(List::of).orElseGet(() -> half(suspects));
  }

  private static List<String> half(List<String> names) {
    return names.size() < 2 ? names : names.subList(0, names.size() / 2);
  }

  private static List<String> without(List<String> names, List<String> taken) {
    Set<String> out = new HashSet<>(taken);
    List<String> rest = new ArrayList<>();
    for (String name : names) {
      if (!out.contains(name)) {
        rest.add(name);
      }
    }
    return rest;
  }

  /** The one suspect that stands as a whole word in the message, if it is exactly one. */
  private static Optional<String> namedIn(String message, List<String> suspects) {
    Set<String> words = new HashSet<>();
    for (String word : WORDS.split(message, -1)) {
      words.add(word);
      words.add(word.replaceAll("[.!?]+$", ""));
    }
    String found = null;
    for (String name : suspects) {
      if (words.contains(name)) {
        if (found != null) {
          return Optional.empty();
        }
        found = name;
      }
    }
    return Optional.ofNullable(found);
  }
}
