package io.heddle.xds.client;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Saves changes at most once in an interval, off the client's thread. Owned by the client's thread;
 * only the saving itself runs on {@code io}.
 *
 * <p>The interval grows with what a save costs, up to a second, so that a large configuration under
 * steady change does not keep the disk busy.
 */
final class LastGoodWriter {
  private static final Logger LOG = LoggerFactory.getLogger(LastGoodWriter.class);
  private static final long INTERVAL_NANOS = Duration.ofMillis(200).toNanos();
  private static final long LONGEST_INTERVAL_NANOS = Duration.ofSeconds(1).toNanos();
  private static final int COST_FACTOR = 5;

  private final LastGoodStore store;
  private final XdsScheduler scheduler;
  private final Executor io;
  private final Supplier<LastGood> current;

  private boolean dirty;
  private boolean saving;
  private boolean urgent;
  private boolean saved;
  private boolean closed;
  private boolean failing;
  private long lastStart;
  private long interval = INTERVAL_NANOS;
  private XdsScheduler.@Nullable Timer timer;

  LastGoodWriter(
      LastGoodStore store, XdsScheduler scheduler, Executor io, Supplier<LastGood> current) {
    this.store = store;
    this.scheduler = scheduler;
    this.io = io;
    this.current = current;
  }

  /** Something was accepted or removed; it will be saved within the interval. */
  void changed() {
    dirty = true;
    if (saving || timer != null || closed) {
      return;
    }
    long wait = saved ? lastStart + interval - scheduler.nanoTime() : 0;
    if (wait <= 0) {
      saveNow();
    } else {
      timer =
          scheduler.schedule(
              () -> {
                timer = null;
                saveIfDirty();
              },
              Duration.ofNanos(wait));
    }
  }

  /** What has changed is saved without waiting for the interval. */
  void saveAtOnce() {
    if (dirty && saving) {
      urgent = true;
    } else {
      saveIfDirty();
    }
  }

  private void saveIfDirty() {
    if (dirty && !saving && !closed) {
      saveNow();
    }
  }

  /** The last save; {@code done} runs on {@code io} after it. Nothing is saved afterwards. */
  void close(Runnable done) {
    boolean last = dirty;
    closed = true;
    if (timer != null) {
      timer.cancel();
    }
    LastGood snapshot = current.get();
    io.execute(() -> {
      if (last) {
        save(snapshot);
      }
      done.run();
    });
  }

  private void saveNow() {
    dirty = false;
    saving = true;
    urgent = false;
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
    lastStart = scheduler.nanoTime();
    LastGood snapshot = current.get();
    io.execute(() -> {
      long begun = scheduler.nanoTime();
      boolean fine = save(snapshot);
      long cost = scheduler.nanoTime() - begun;
      scheduler.execute(() -> afterSave(fine, cost));
    });
  }

  private void afterSave(boolean fine, long cost) {
    saving = false;
    saved = true;
    interval = Math.clamp(COST_FACTOR * cost, INTERVAL_NANOS, LONGEST_INTERVAL_NANOS);
    if (!fine) {
      interval = LONGEST_INTERVAL_NANOS;
      changed();
    } else if (dirty && urgent) {
      saveIfDirty();
    } else if (dirty) {
      changed();
    }
  }

  private boolean save(LastGood snapshot) {
    try {
      store.save(snapshot);
      failing = false;
      return true;
    } catch (IOException | RuntimeException e) {
      if (!failing) {
        LOG.warn("Cannot keep the last good configuration in {}: {}", store.file(), e.toString());
      }
      failing = true;
      return false;
    }
  }
}
