package io.heddle.control.core.store;

import java.nio.file.Path;

/**
 * How an {@link EmbeddedStore} is kept.
 *
 * @param directory its own; made with mode 0700 when it is not there
 * @param historyChanges how many changes of objects the history keeps, at least 1
 * @param historyBytes how many bytes the history keeps, at least 1 MiB
 * @param watchBacklog how many changes a slow watcher may fall behind before it is relisted
 * @param rewriteFromBytes from this size on, at least 64 KiB, the file is written anew when three
 *     quarters of it are dead
 */
public record EmbeddedStoreConfig(
    Path directory,
    int historyChanges,
    long historyBytes,
    int watchBacklog,
    long rewriteFromBytes) {
  public EmbeddedStoreConfig {
    check("historyChanges", historyChanges, 1);
    check("historyBytes", historyBytes, 1 << 20);
    check("watchBacklog", watchBacklog, 1);
    check("rewriteFromBytes", rewriteFromBytes, 1 << 16);
  }

  /** 10,000 changes and 64 MiB of history, a backlog of 16,384 changes, rewritten from 16 MiB. */
  public static EmbeddedStoreConfig of(Path directory) {
    return new EmbeddedStoreConfig(directory, 10_000, 64L << 20, 16_384, 16L << 20);
  }

  private static void check(String field, long value, long least) {
    if (value < least) {
      throw new IllegalArgumentException(field + ": " + value + " (expected: >= " + least + ")");
    }
  }
}
