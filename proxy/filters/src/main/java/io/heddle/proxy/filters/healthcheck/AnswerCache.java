package io.heddle.proxy.filters.healthcheck;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The service's last answer, for as long as it is believed. Safe on every thread. */
final class AnswerCache {
  private final long nanos;
  private volatile @Nullable Answer last;

  /**
   * What the service said.
   *
   * @param degraded whether it called itself degraded
   * @param untilNanos monotonic time from which on it is asked again
   */
  record Answer(int status, boolean degraded, long untilNanos) {}

  AnswerCache(long nanos) {
    this.nanos = nanos;
  }

  Optional<Answer> fresh(long nowNanos) {
    Answer kept = last;
    return kept != null && kept.untilNanos() - nowNanos > 0 ? Optional.of(kept) : Optional.empty();
  }

  void keep(int status, boolean degraded, long nowNanos) {
    if (nanos > 0) {
      last = new Answer(status, degraded, nowNanos + nanos);
    }
  }
}
