package io.heddle.proxy.engine.loop;

import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * All deadlines of an event loop, to the millisecond: four wheels of 64 slots, the finest of 1 ms.
 *
 * <p>Putting a deadline off only writes its time: it stays in its slot and is moved when the slot
 * comes round. A timeout that every request arms and disarms thus costs two stores a request.
 *
 * <p>Owned by one event loop.
 */
public final class DeadlineWheel {
  private static final int LEVELS = 4;
  private static final long SPAN = 1L << (6 * LEVELS);
  private static final long NANOS_PER_TICK = 1_000_000;

  /** Told when the wheel must be turned earlier than was asked for before. */
  @FunctionalInterface
  public interface Waker {
    /** {@link #turn} is wanted after this many nanoseconds. */
    void wakeAfter(long nanos);
  }

  private final LongSupplier nanoTime;
  private final Waker waker;
  private final long origin;
  private final @Nullable Deadline[] heads = new Deadline[LEVELS * 64];
  private final long[] occupied = new long[LEVELS];
  private long now;
  private long wakeTick = Long.MAX_VALUE;
  private boolean turning;

  /** An empty wheel. */
  public DeadlineWheel(LongSupplier nanoTime, Waker waker) {
    this.nanoTime = nanoTime;
    this.waker = waker;
    this.origin = nanoTime.getAsLong();
  }

  /** Makes this deadline due after {@code nanos}, whatever it was before. */
  public void arm(Deadline deadline, long nanos) {
    armAt(deadline, nanoTime.getAsLong(), nanos);
  }

  /** As {@link #arm}, where the caller knows the time already. */
  public void armAt(Deadline deadline, long nowNanos, long nanos) {
    long due = (nowNanos - origin + Math.max(0, nanos) + NANOS_PER_TICK - 1) / NANOS_PER_TICK;
    deadline.due = due;
    if (deadline.slot >= 0) {
      if (deadline.slotTick <= due) {
        return;
      }
      unlink(deadline);
    }
    insert(deadline, Math.max(due, now + 1));
    if (!turning && deadline.slotTick < wakeTick) {
      wake(deadline.slotTick);
    }
  }

  /** It is due no more. It stays in its slot, and so in memory, until that comes round. */
  public void disarm(Deadline deadline) {
    deadline.due = Deadline.NEVER;
  }

  /** It is due no more, and forgotten. */
  public void remove(Deadline deadline) {
    deadline.due = Deadline.NEVER;
    if (deadline.slot >= 0) {
      unlink(deadline);
    }
  }

  /** Lets happen what is due by now, and asks to be woken for what is not. */
  public void turn() {
    long target = (nanoTime.getAsLong() - origin) / NANOS_PER_TICK;
    wakeTick = Long.MAX_VALUE;
    turning = true;
    try {
      long next = nextTick();
      while (next <= target) {
        now = next;
        cascade();
        fire();
        next = nextTick();
      }
      now = Math.max(now, target);
    } finally {
      turning = false;
      long next = nextTick();
      if (next != Long.MAX_VALUE) {
        wake(next);
      }
    }
  }

  private void wake(long tick) {
    wakeTick = tick;
    waker.wakeAfter(Math.max(0, tick * NANOS_PER_TICK - (nanoTime.getAsLong() - origin)));
  }

  private void insert(Deadline deadline, long tick) {
    long delta = tick - now;
    long slotTick = delta >= SPAN ? now + SPAN - 1 : tick;
    int level = delta < 64 ? 0 : delta < 4096 ? 1 : delta < 262_144 ? 2 : 3;
    int slot = level * 64 + (int) ((slotTick >>> (6 * level)) & 63);
    // A coarse slot comes round at its start, where its deadlines move to finer ones.
    deadline.slotTick = level == 0 ? slotTick : slotTick >>> (6 * level) << (6 * level);
    deadline.slot = slot;
    deadline.previous = null;
    Deadline head = heads[slot];
    deadline.next = head;
    if (head != null) {
      head.previous = deadline;
    }
    heads[slot] = deadline;
    occupied[level] |= 1L << (slot & 63);
  }

  private void unlink(Deadline deadline) {
    Deadline previous = deadline.previous;
    Deadline next = deadline.next;
    if (previous != null) {
      previous.next = next;
    } else {
      heads[deadline.slot] = next;
      if (next == null) {
        occupied[deadline.slot >> 6] &= ~(1L << (deadline.slot & 63));
      }
    }
    if (next != null) {
      next.previous = previous;
    }
    deadline.previous = null;
    deadline.next = null;
    deadline.slot = -1;
  }

  private long nextTick() {
    long earliest = Long.MAX_VALUE;
    for (int level = 0; level < LEVELS; level++) {
      if (occupied[level] != 0) {
        long position = now >>> (6 * level);
        long ahead = Long.rotateRight(occupied[level], (int) ((position + 1) & 63));
        long tick = (position + 1 + Long.numberOfTrailingZeros(ahead)) << (6 * level);
        earliest = Math.min(earliest, tick);
      }
    }
    return earliest;
  }

  private void cascade() {
    for (int level = LEVELS - 1; level > 0; level--) {
      if ((now & ((1L << (6 * level)) - 1)) != 0) {
        continue;
      }
      int slot = level * 64 + (int) ((now >>> (6 * level)) & 63);
      Deadline deadline = heads[slot];
      while (deadline != null) {
        unlink(deadline);
        if (deadline.due != Deadline.NEVER) {
          insert(deadline, Math.max(deadline.due, now));
        }
        deadline = heads[slot];
      }
    }
  }

  private void fire() {
    int slot = (int) (now & 63);
    Deadline deadline = heads[slot];
    while (deadline != null) {
      unlink(deadline);
      if (deadline.due <= now) {
        deadline.due = Deadline.NEVER;
        deadline.expired();
      } else if (deadline.due != Deadline.NEVER) {
        insert(deadline, deadline.due);
      }
      deadline = heads[slot];
    }
  }
}
