package io.heddle.control.core.store;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How an {@link EmbeddedStore} is kept.
 *
 * @param directory its own; made with mode 0700 when it is not there
 * @param historyChanges how many changes of objects the history keeps, at least 1
 * @param historyBytes how many bytes the history keeps, at least 1 MiB
 * @param watchBacklog how many changes a slow watcher may fall behind before it is relisted
 * @param rewriteFromBytes from this size on, at least 64 KiB, the file is written anew when three
 *     quarters of it are dead
 * @param historyAge how old a change grows in the history, at least a minute; older ones go with
 *     the next write
 */
public record EmbeddedStoreConfig(
    Path directory,
    int historyChanges,
    long historyBytes,
    int watchBacklog,
    long rewriteFromBytes,
    Duration historyAge) {
  private static final Duration QUARTER = Duration.ofDays(90);

  public EmbeddedStoreConfig {
    check("historyChanges", historyChanges, 1);
    check("historyBytes", historyBytes, 1 << 20);
    check("watchBacklog", watchBacklog, 1);
    check("rewriteFromBytes", rewriteFromBytes, 1 << 16);
    check("historyAge (seconds)", historyAge.toSeconds(), 60);
  }

  /** With a history that goes back 90 days. */
  EmbeddedStoreConfig(
      Path directory,
      int historyChanges,
      long historyBytes,
      int watchBacklog,
      long rewriteFromBytes) {
    this(directory, historyChanges, historyBytes, watchBacklog, rewriteFromBytes, QUARTER);
  }

  /** With a history of at most so many changes, none of them older. */
  public EmbeddedStoreConfig withHistory(int changes, Duration age) {
    return new EmbeddedStoreConfig(
        directory, changes, historyBytes, watchBacklog, rewriteFromBytes, age);
  }

  /** With a history of at most so many bytes. */
  public EmbeddedStoreConfig withHistoryBytes(long bytes) {
    return new EmbeddedStoreConfig(
        directory, historyChanges, bytes, watchBacklog, rewriteFromBytes, historyAge);
  }

  /**
   * 10,000 changes, 64 MiB and 90 days of history, a backlog of 16,384 changes, rewritten from 16
   * MiB.
   */
  public static EmbeddedStoreConfig of(Path directory) {
    return new EmbeddedStoreConfig(directory, 10_000, 64L << 20, 16_384, 16L << 20);
  }

  private static void check(String field, long value, long least) {
    if (value < least) {
      throw new IllegalArgumentException(field + ": " + value + " (expected: >= " + least + ")");
    }
  }
}
