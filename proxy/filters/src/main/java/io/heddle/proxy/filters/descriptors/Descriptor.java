package io.heddle.proxy.filters.descriptors;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a rule says of a request ({@code envoy.extensions.common.ratelimit.v3.RateLimitDescriptor}).
 *
 * @param entries not empty, in order
 * @param hits how much it counts; empty for what the whole request counts, which is 1 unless told
 * @param limit in the place of the one that the service has
 */
public record Descriptor(List<Entry> entries, OptionalLong hits, Optional<OtherLimit> limit) {
  /** Copies. */
  public Descriptor {
    entries = List.copyOf(entries);
  }

  /** One pair. */
  public record Entry(String key, String value) {}

  /**
   * A limit that a filter has found for this request.
   *
   * @param unit the number of {@code envoy.type.v3.RateLimitUnit}
   */
  public record OtherLimit(long requestsPerUnit, int unit) {}
}
