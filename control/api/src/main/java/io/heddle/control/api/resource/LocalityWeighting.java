package io.heddle.control.api.resource;

import java.util.Optional;

/**
 * How the localities of a Service share its requests, by its annotation {@value #ANNOTATION}: not
 * at all without it; with {@code load} each has the weight of its endpoints together, less where
 * proxies report that requests fail there or take long.
 */
public final class LocalityWeighting {
  public static final String ANNOTATION = "heddle.io/locality-weights";

  /** What can be read, for messages. */
  public static final String EXPECTED = "load";

  private LocalityWeighting() {}

  /** Whether a Service asks for it. */
  public static boolean byLoad(ResourceObject service) {
    return EXPECTED.equals(service.metadata().annotations().get(ANNOTATION));
  }

  /** What cannot be read. */
  public static Optional<String> problem(String text) {
    return text.equals(EXPECTED)
        ? Optional.empty()
        : Optional.of('"' + (text.length() > 100 ? text.substring(0, 100) + "..." : text) + '"');
  }
}
