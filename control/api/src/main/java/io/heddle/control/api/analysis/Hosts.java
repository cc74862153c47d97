package io.heddle.control.api.analysis;

import java.util.List;
import java.util.Locale;

/**
 * Compares host names as the Gateway API does; {@code *.x} stands for every name below {@code x}.
 */
final class Hosts {
  static final String ANY = "*";

  private Hosts() {}

  static String normal(String host) {
    return host.isEmpty() ? ANY : host.toLowerCase(Locale.ROOT);
  }

  /** Whether every name that the second stands for is one of the first. */
  static boolean covers(String wide, String narrow) {
    return wide.equals(ANY)
        || wide.equals(narrow)
        || (wide.startsWith("*.")
            && narrow.length() > wide.length() - 1
            && narrow.endsWith(wide.substring(1)));
  }

  /** Which of a route's names a listener takes, as narrow as both allow. */
  static List<String> common(String listener, List<String> route) {
    if (route.isEmpty()) {
      return List.of(listener);
    }
    return route.stream()
        .map(Hosts::normal)
        .filter(name -> covers(listener, name) || covers(name, listener))
        .map(name -> covers(listener, name) ? name : listener)
        .distinct()
        .toList();
  }
}
