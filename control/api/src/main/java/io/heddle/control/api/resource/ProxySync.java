package io.heddle.control.api.resource;

import java.util.List;

/**
 * How many of the proxies that an object concerns run its current generation.
 *
 * @param behind those that have not answered yet
 * @param rejectedBy the first few of the {@code rejected}, with what they said
 */
public record ProxySync(int inSync, int behind, int rejected, List<RejectedProxy> rejectedBy) {
  public static final ProxySync NONE = new ProxySync(0, 0, 0, List.of());

  public ProxySync {
    rejectedBy = List.copyOf(rejectedBy);
    if (inSync < 0 || behind < 0 || rejected < rejectedBy.size()) {
      throw new IllegalArgumentException(
          "inSync %d, behind %d, rejected %d of which %d named (expected: none negative)"
              .formatted(inSync, behind, rejected, rejectedBy.size()));
    }
  }

  /**
   * A proxy that refused.
   *
   * @param proxy its node id
   * @param resource the xDS resource that it refused
   * @param message its own words
   */
  public record RejectedProxy(String proxy, String resource, String message) {}
}
