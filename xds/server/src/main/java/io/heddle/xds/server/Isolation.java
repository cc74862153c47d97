package io.heddle.xds.server;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The search for culprits among resources that were refused together.
 *
 * <p>What the client names is left out first, so that one response serves all that is good. Where
 * it names nothing, half of the suspects are tried at a time: what was refused is halved again and
 * the other half goes back to the pool; what was accepted is good, so that the culprit is among the
 * others. Only what was refused alone is a culprit: about log2(n) + 1 trials.
 *
 * <p>A careful search is for responses whose omissions delete what the client may hold. It looks
 * for the few to leave out instead of the few to send: half of the suspects are missing at first,
 * then a quarter, an eighth, and so on. That finds one culprit; if there are more, none of it is
 * accepted, and the search goes on like any other.
 */
final class Isolation {
  private static final Pattern WORDS = Pattern.compile("[\\s,;:'\"()\\[\\]{}<>=]+");

  private final Set<String> named = new HashSet<>();
  private List<String> suspects;
  private List<String> trial = List.of();

  private boolean careful;

  /** In a careful search: the unnamed that may be the culprit, and those of them left out. */
  private List<String> window;

  private List<String> omitted = List.of();

  private Isolation(List<String> suspects, String message, boolean careful) {
    this.suspects = suspects;
    this.window = suspects;
    Set<String> names = namedIn(message, suspects);
    this.careful = careful && narrow(names);
    if (!this.careful) {
      named.addAll(names);
      trial = aim();
    }
  }

  /** Begins with at least two suspects. */
  static Isolation of(List<String> refused, String message, boolean careful) {
    return new Isolation(List.copyOf(refused), message, careful);
  }

  /** The names to be sent next; empty when the search is over. */
  List<String> trial() {
    return trial;
  }

  /** All that is under suspicion. */
  List<String> suspects() {
    return suspects;
  }

  /** What was tried is good: who is to blame is among the others. */
  void accepted() {
    suspects = without(suspects, trial);
    window = without(suspects, named);
    omitted = List.of();
    careful = careful && narrow(Set.of());
    if (!careful) {
      trial = aim();
    }
  }

  /** Narrows the search to what was refused and returns what is no longer under suspicion. */
  List<String> refused(List<String> tried, String message) {
    Set<String> names = namedIn(message, tried);
    if (careful && narrow(names)) {
      return List.of();
    }
    careful = false;
    List<String> others = without(suspects, tried);
    suspects = List.copyOf(tried);
    named.clear();
    named.addAll(names);
    trial = aim();
    return others;
  }

  /** All that is not named; if nothing is, a half; if everything is, one after the other. */
  private List<String> aim() {
    List<String> unnamed = without(suspects, named);
    if (unnamed.isEmpty()) {
      return suspects.subList(0, Math.min(1, suspects.size()));
    }
    return unnamed.size() < suspects.size()
        ? unnamed
        : suspects.subList(0, (suspects.size() + 1) / 2);
  }

  /** Chooses what is to be left out; false where a careful search has come to its end. */
  private boolean narrow(Set<String> names) {
    if (names.isEmpty()) {
      window = without(window, omitted);
      omitted = window.subList(window.size() / 2, window.size());
    } else {
      named.addAll(names);
      window = without(suspects, named);
      omitted = List.of();
    }
    trial = without(without(suspects, named), omitted);
    return !window.isEmpty() && !trial.isEmpty();
  }

  private static List<String> without(List<String> names, Collection<String> taken) {
    if (taken.isEmpty()) {
      return names;
    }
    Set<String> out = new HashSet<>(taken);
    List<String> rest = new ArrayList<>();
    for (String name : names) {
      if (!out.contains(name)) {
        rest.add(name);
      }
    }
    return rest;
  }

  /** The suspects that stand as whole words in the message. */
  private static Set<String> namedIn(String message, List<String> suspects) {
    Set<String> words = new HashSet<>();
    for (String word : WORDS.split(message, -1)) {
      words.add(word);
      words.add(word.replaceAll("[.!?]+$", ""));
    }
    Set<String> found = new LinkedHashSet<>();
    for (String name : suspects) {
      if (words.contains(name)) {
        found.add(name);
      }
    }
    return found;
  }
}
