package io.heddle.proxy.filters.localratelimit;

import io.envoyproxy.envoy.extensions.common.ratelimit.v3.LocalRateLimitDescriptor;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.filters.config.SetFields;
import io.heddle.proxy.filters.descriptors.Descriptor.Entry;
import io.heddle.proxy.filters.tokenbucket.BucketSize;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The buckets of a configuration before there are any: {@link LocalLimiter} is made from it, once
 * for the process or once for each connection. Immutable, and equal only to itself.
 */
final class LocalLimits {
  private static final int MOST_DESCRIPTORS = 10_000;
  private static final int MOST_ENTRIES = 64;
  private static final long DEFAULT_DYNAMIC = 20;
  private static final long MOST_DYNAMIC = 1_000_000;

  private final Optional<BucketSize> byDefault;
  private final List<Limit> limits;
  private final boolean defaultAlways;
  private final int mostDynamic;

  /**
   * The bucket of requests with this descriptor.
   *
   * @param wildcard whether values are empty, and there is a bucket for each value that comes
   */
  record Limit(List<Entry> entries, boolean wildcard, BucketSize size) {}

  private LocalLimits(
      Optional<BucketSize> byDefault, List<Limit> limits, boolean defaultAlways, int mostDynamic) {
    this.byDefault = byDefault;
    this.limits = List.copyOf(limits);
    this.defaultAlways = defaultAlways;
    this.mostDynamic = mostDynamic;
  }

  static LocalLimits of(LocalRateLimit message) throws FilterConfigException {
    if (message.getDescriptorsCount() > MOST_DESCRIPTORS) {
      throw new FilterConfigException(
          "descriptors",
          message.getDescriptorsCount() + " descriptors",
          "at most " + MOST_DESCRIPTORS);
    }
    List<Limit> limits = new ArrayList<>(message.getDescriptorsCount());
    Set<List<Entry>> seen = new HashSet<>();
    for (int i = 0; i < message.getDescriptorsCount(); i++) {
      String path = SetFields.at("", "descriptors", i);
      Limit limit = limit(message.getDescriptors(i), path);
      if (!seen.add(limit.entries())) {
        throw new FilterConfigException(
            SetFields.at(path, "entries"), limit.entries().toString(), "entries used once");
      }
      limits.add(limit);
    }
    long most =
        message.hasMaxDynamicDescriptors()
            ? Integer.toUnsignedLong(message.getMaxDynamicDescriptors().getValue())
            : DEFAULT_DYNAMIC;
    if (most < 1 || most > MOST_DYNAMIC) {
      throw new FilterConfigException(
          "max_dynamic_descriptors", Long.toString(most), "1 to " + MOST_DYNAMIC);
    }
    return new LocalLimits(
        message.hasTokenBucket()
            ? Optional.of(BucketSize.of(message.getTokenBucket(), "token_bucket"))
            : Optional.empty(),
        limits,
        !message.hasAlwaysConsumeDefaultTokenBucket()
            || message.getAlwaysConsumeDefaultTokenBucket().getValue(),
        (int) most);
  }

  private static Limit limit(LocalRateLimitDescriptor message, String path)
      throws FilterConfigException {
    SetFields.allow(message, path, Set.of("entries", "token_bucket"));
    if (message.getEntriesCount() == 0 || message.getEntriesCount() > MOST_ENTRIES) {
      throw new FilterConfigException(
          SetFields.at(path, "entries"),
          message.getEntriesCount() + " entries",
          "1 to " + MOST_ENTRIES);
    }
    boolean wildcard = false;
    List<Entry> entries = new ArrayList<>(message.getEntriesCount());
    for (int i = 0; i < message.getEntriesCount(); i++) {
      RateLimitDescriptor.Entry entry = message.getEntries(i);
      if (entry.getKey().isEmpty()) {
        throw new FilterConfigException(SetFields.at(path, "entries", i) + ".key", "", "not empty");
      }
      wildcard |= entry.getValue().isEmpty();
      entries.add(new Entry(entry.getKey(), entry.getValue()));
    }
    if (!message.hasTokenBucket()) {
      throw new FilterConfigException(
          SetFields.at(path, "token_bucket"), "not set", "a token bucket");
    }
    return new Limit(
        List.copyOf(entries),
        wildcard,
        BucketSize.of(message.getTokenBucket(), SetFields.at(path, "token_bucket")));
  }

  /** Whether requests are told apart. */
  boolean hasDescriptors() {
    return !limits.isEmpty();
  }

  /** Full buckets. */
  LocalLimiter fill(long nowNanos) {
    return new LocalLimiter(byDefault, limits, defaultAlways, mostDynamic, nowNanos);
  }
}
