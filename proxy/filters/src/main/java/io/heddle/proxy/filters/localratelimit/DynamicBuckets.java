package io.heddle.proxy.filters.localratelimit;

import io.heddle.proxy.filters.descriptors.Descriptor.Entry;
import io.heddle.proxy.filters.tokenbucket.BucketSize;
import io.heddle.proxy.filters.tokenbucket.TokenBucket;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Buckets of a descriptor with empty values: one for each value that comes, no more than a number,
 * beyond which the one that was unused for longest goes. Shared by the event loops without a lock.
 *
 * <p>With up to {@value #LOOKED_AT} buckets that is exact; with more, the longest unused of that
 * many, in turn, goes, so that a client which makes values up costs each request no more than that.
 */
final class DynamicBuckets {
  private static final int LOOKED_AT = 32;

  private final List<Entry> pattern;
  private final BucketSize size;
  private final ConcurrentHashMap<List<Entry>, Slot> byEntries = new ConcurrentHashMap<>();
  private final AtomicReferenceArray<@Nullable Slot> slots;
  private final AtomicInteger hand = new AtomicInteger();

  /** A bucket and when it was last asked for; a loop that sees an older time does no harm. */
  private static final class Slot {
    final List<Entry> entries;
    final TokenBucket bucket;
    volatile long usedNanos;

    Slot(List<Entry> entries, TokenBucket bucket, long nowNanos) {
      this.entries = entries;
      this.bucket = bucket;
      this.usedNanos = nowNanos;
    }
  }

  DynamicBuckets(List<Entry> pattern, BucketSize size, int most) {
    this.pattern = pattern;
    this.size = size;
    this.slots = new AtomicReferenceArray<>(most);
  }

  /** Whether these entries are of the pattern. */
  boolean covers(List<Entry> entries) {
    if (entries.size() != pattern.size()) {
      return false;
    }
    for (int i = 0; i < entries.size(); i++) {
      Entry wanted = pattern.get(i);
      Entry given = entries.get(i);
      if (!wanted.key().equals(given.key())
          || (!wanted.value().isEmpty() && !wanted.value().equals(given.value()))) {
        return false;
      }
    }
    return true;
  }

  /** Their bucket, which is full where they are new or were forgotten. */
  TokenBucket of(List<Entry> entries, long nowNanos) {
    Slot known = byEntries.get(entries);
    if (known != null) {
      known.usedNanos = nowNanos;
      return known.bucket;
    }
    Slot made = new Slot(entries, new TokenBucket(size, nowNanos), nowNanos);
    Slot other = byEntries.putIfAbsent(entries, made);
    if (other != null) {
      return other.bucket;
    }
    place(made);
    return made.bucket;
  }

  int count() {
    return byEntries.size();
  }

  /** Puts it where nothing is, or in the place of the one unused for longest. */
  private void place(Slot made) {
    int length = slots.length();
    while (true) {
      int from = Math.floorMod(hand.getAndIncrement(), length);
      int at = from;
      Slot oldest = slots.get(from);
      for (int i = 1; oldest != null && i < Math.min(LOOKED_AT, length); i++) {
        int next = (from + i) % length;
        Slot slot = slots.get(next);
        if (slot == null || slot.usedNanos - oldest.usedNanos < 0) {
          oldest = slot;
          at = next;
        }
      }
      if (slots.compareAndSet(at, oldest, made)) {
        if (oldest != null) {
          byEntries.remove(oldest.entries, oldest);
        }
        return;
      }
    }
  }
}
