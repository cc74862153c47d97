package io.heddle.proxy.filters.localratelimit;

import io.heddle.proxy.filters.descriptors.Descriptor;
import io.heddle.proxy.filters.descriptors.Descriptor.Entry;
import io.heddle.proxy.filters.localratelimit.LocalLimits.Limit;
import io.heddle.proxy.filters.tokenbucket.BucketSize;
import io.heddle.proxy.filters.tokenbucket.TokenBucket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The buckets of a configuration, shared by the event loops without a lock.
 *
 * <p>A request takes from the bucket of each of its descriptors, the one that fills most slowly
 * first, and stops at the first that has too little; what it took from those before is not given
 * back. Then comes the default bucket: always, or only where no descriptor had one.
 */
final class LocalLimiter {
  private final @Nullable TokenBucket byDefault;
  private final Map<List<Entry>, TokenBucket> exact = new HashMap<>();
  private final List<DynamicBuckets> dynamic = new ArrayList<>();
  private final boolean defaultAlways;

  /**
   * What becomes of a request.
   *
   * @param shown the bucket that headers tell of; null for none
   */
  record Verdict(boolean admitted, @Nullable TokenBucket shown) {
    private static final Verdict UNLIMITED = new Verdict(true, null);
  }

  /** A bucket and what is to be taken from it. */
  private record Wanted(TokenBucket bucket, double tokens) {}

  LocalLimiter(
      Optional<BucketSize> byDefault,
      List<Limit> limits,
      boolean defaultAlways,
      int mostDynamic,
      long nowNanos) {
    this.byDefault = byDefault.map(size -> new TokenBucket(size, nowNanos)).orElse(null);
    this.defaultAlways = defaultAlways;
    for (Limit limit : limits) {
      if (limit.wildcard()) {
        dynamic.add(new DynamicBuckets(limit.entries(), limit.size(), mostDynamic));
      } else {
        exact.put(limit.entries(), new TokenBucket(limit.size(), nowNanos));
      }
    }
  }

  /**
   * Decides on a request.
   *
   * @param sharers how many proxies share the limit, so that each token counts as so many
   */
  Verdict decide(List<Descriptor> descriptors, long nowNanos, long sharers) {
    List<Wanted> wanted = List.of();
    for (int i = 0; i < descriptors.size(); i++) {
      Descriptor descriptor = descriptors.get(i);
      TokenBucket bucket = find(descriptor.entries(), nowNanos);
      if (bucket != null) {
        wanted = wanted.isEmpty() ? new ArrayList<>(2) : wanted;
        insert(wanted, new Wanted(bucket, (double) descriptor.hits().orElse(1)));
      }
    }
    for (int i = 0; i < wanted.size(); i++) {
      Wanted one = wanted.get(i);
      if (!one.bucket().tryTake(nowNanos, cost(one.bucket(), one.tokens(), sharers))) {
        return new Verdict(false, one.bucket());
      }
    }
    TokenBucket last = byDefault;
    if (last != null && (wanted.isEmpty() || defaultAlways)) {
      if (!last.tryTake(nowNanos, cost(last, 1, sharers))) {
        return new Verdict(false, last);
      }
      if (wanted.isEmpty()) {
        return new Verdict(true, last);
      }
    }
    return wanted.isEmpty() ? Verdict.UNLIMITED : new Verdict(true, wanted.getFirst().bucket());
  }

  /** A bucket smaller than the number of those who share it still gives each its turn. */
  private static double cost(TokenBucket bucket, double tokens, long sharers) {
    return sharers <= 1
        ? tokens
        : Math.max(tokens, Math.min(tokens * sharers, (double) bucket.size().max()));
  }

  private @Nullable TokenBucket find(List<Entry> entries, long nowNanos) {
    TokenBucket bucket = exact.get(entries);
    for (int i = 0; bucket == null && i < dynamic.size(); i++) {
      DynamicBuckets buckets = dynamic.get(i);
      if (buckets.covers(entries)) {
        bucket = buckets.of(entries, nowNanos);
      }
    }
    return bucket;
  }

  /** Keeps the slowest first, and equal ones in the order of the request. */
  private static void insert(List<Wanted> sorted, Wanted one) {
    double rate = one.bucket().size().perSecond();
    int at = sorted.size();
    while (at > 0 && sorted.get(at - 1).bucket().size().perSecond() > rate) {
      at--;
    }
    sorted.add(at, one);
  }
}
