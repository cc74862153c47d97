package io.heddle.control.core.translate;

import java.util.Locale;

/**
 * Hostnames of the Gateway API: exact, {@code *.suffix} for every name below, or {@code *}.
 *
 * @see <a href="https://gateway-api.sigs.k8s.io/reference/spec/#hostname">Gateway API, Hostname</a>
 */
final class Hostnames {
  static final String ANY = "*";

  private Hostnames() {}

  /** The form that is compared: lower case, and {@code *} for "not stated". */
  static String normal(String hostname) {
    return hostname.isEmpty() ? ANY : hostname.toLowerCase(Locale.ROOT);
  }

  /** Whether every host that {@code narrow} matches is matched by {@code wide}. */
  static boolean covers(String wide, String narrow) {
    if (wide.equals(ANY) || wide.equals(narrow)) {
      return true;
    }
    return wide.startsWith("*.") && !narrow.equals(ANY) && belowSuffix(wide, narrow);
  }

  private static boolean belowSuffix(String wide, String narrow) {
    String suffix = wide.substring(1);
    String name = narrow.startsWith("*.") ? narrow.substring(1) : narrow;
    return name.length() > suffix.length() && name.endsWith(suffix);
  }

  /**
   * What both match, or the empty text. Of two such names one covers the other, or they are apart.
   */
  static String intersection(String one, String other) {
    if (covers(one, other)) {
      return other;
    }
    return covers(other, one) ? one : "";
  }

  /**
   * Orders from the most to the least specific, as the Gateway API demands: more characters in a
   * name without wildcard first, then more characters.
   */
  static int compareSpecific(String one, String other) {
    int exact = Integer.compare(exactLength(other), exactLength(one));
    return exact != 0 ? exact : Integer.compare(anyLength(other), anyLength(one));
  }

  private static int exactLength(String hostname) {
    return hostname.startsWith(ANY) ? 0 : hostname.length();
  }

  private static int anyLength(String hostname) {
    return hostname.equals(ANY) ? 0 : hostname.length();
  }
}
