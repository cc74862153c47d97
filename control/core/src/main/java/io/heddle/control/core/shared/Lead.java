package io.heddle.control.core.shared;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which of several control planes does what only one should: the one whose name stands in a key
 * that goes with its presence.
 *
 * <p>Two may believe for a moment that they lead, when one was cut off: whatever a leader writes
 * must be under a condition that fails then. Any thread; may wait for the shared store.
 */
public final class Lead {
  /** How long an answer is good. */
  static final Duration FRESH = Duration.ofSeconds(1);

  private static final Logger LOG = LoggerFactory.getLogger(Lead.class);

  private final SharedKeys keys;
  private final String key;
  private final String self;
  private final LongSupplier lease;
  private final LongSupplier nanoTime;
  private boolean held;
  private long lookedAt;
  private boolean looked;

  /**
   * A lead that nobody was asked for yet.
   *
   * @param lease that goes when this control plane is no longer heard; zero while there is none
   */
  public Lead(SharedKeys keys, String key, String self, LongSupplier lease, LongSupplier nanoTime) {
    this.keys = keys;
    this.key = key;
    this.self = self;
    this.lease = lease;
    this.nanoTime = nanoTime;
  }

  /** Whether this one leads, as of a second ago at most; where nobody does, it does from now on. */
  public synchronized boolean held() {
    long now = nanoTime.getAsLong();
    if (!looked || now - lookedAt >= FRESH.toNanos()) {
      boolean before = held;
      held = look();
      looked = true;
      lookedAt = now;
      if (held != before) {
        LOG.info("{}: {}", key, held ? "this control plane leads" : "another control plane leads");
      }
    }
    return held;
  }

  private boolean look() {
    try {
      Optional<SharedKeys.Entry> entry = keys.get(key);
      if (entry.isPresent()) {
        return entry.get().value().toStringUtf8().equals(self);
      }
      long with = lease.getAsLong();
      return with != 0
          && keys.commit(
                  List.of(SharedKeys.Condition.absent(key)),
                  List.of(
                      new SharedKeys.Put(
                          key, com.google.protobuf.ByteString.copyFromUtf8(self), with)))
              != 0;
    } catch (SharedKeysException e) {
      LOG.debug("{}: nobody can say who leads", key, e);
      return false;
    }
  }
}
