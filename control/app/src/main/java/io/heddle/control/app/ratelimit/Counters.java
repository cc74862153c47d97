package io.heddle.control.app.ratelimit;

import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Counts in sliding windows: what was admitted in the last whole window counts as if spread evenly
 * over it, and of that the part which the window that ends now still covers. Two numbers a counter
 * are all that is kept. Safe on every thread.
 *
 * <p>No window that begins with a multiple of its length admits more than the limit, and a steady
 * stream beyond the limit is admitted at exactly that rate. A window between two of those can see
 * more where the requests of the earlier one came at its end: up to twice the limit, in the worst
 * case that somebody contrives.
 */
interface Counters extends AutoCloseable {
  /**
   * Takes from each of these counters what is asked, if it is there.
   *
   * @return in the same order; fails where the counters cannot be reached
   */
  CompletionStage<List<Taken>> take(List<Ask> asks);

  @Override
  void close();

  /**
   * What is asked of one counter.
   *
   * @param hits to take, all or none; zero only asks whether there is room
   * @param lease to take beside, as much of it as there is, where the hits are admitted
   */
  record Ask(String key, long limit, long windowMillis, long hits, long lease) {}

  /**
   * What was taken.
   *
   * @param remaining how much is left of the limit
   * @param leased at most what was asked for
   * @param resetMillis until the window ends
   */
  record Taken(boolean admitted, long remaining, long leased, long resetMillis) {}

  /** The part of a limit that one lease may be: a tenth, and so none of a small one. */
  static long largestLease(long limit) {
    return limit / 10;
  }
}
