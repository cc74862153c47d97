package io.heddle.control.app;

import java.net.URI;
import java.util.Optional;

/**
 * Keeps web pages away from an API that trusts its network.
 *
 * <p>A browser on this machine reaches loopback for any page that it shows. A page of another
 * origin gives itself away by {@code Origin}; one that has its own name resolve to 127.0.0.1 by
 * {@code Host}.
 */
final class CallerCheck {
  private final boolean loopback;

  /**
   * @param loopback whether the API is bound to loopback, and so has no other name
   */
  CallerCheck(boolean loopback) {
    this.loopback = loopback;
  }

  /** What is wrong with a request, if anything. */
  Optional<String> problem(String host, Optional<String> origin) {
    if (loopback && !isLocal(nameOf(host))) {
      return Optional.of("Host names another machine (expected: localhost or a loopback address)");
    }
    if (origin.isPresent() && !sameHost(origin.get(), host)) {
      return Optional.of("Origin is another site (expected: none, or this API's own)");
    }
    return Optional.empty();
  }

  private static boolean sameHost(String origin, String host) {
    try {
      String authority = URI.create(origin).getRawAuthority();
      return authority != null && authority.equalsIgnoreCase(host);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static String nameOf(String host) {
    int bracket = host.indexOf(']');
    int colon = host.lastIndexOf(':');
    return colon > bracket ? host.substring(0, colon) : host;
  }

  private static boolean isLocal(String name) {
    return name.equalsIgnoreCase("localhost")
        || name.equals("[::1]")
        || name.matches("127(?:\\.\\d{1,3}){3}");
  }
}
