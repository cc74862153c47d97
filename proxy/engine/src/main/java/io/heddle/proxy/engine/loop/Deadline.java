package io.heddle.proxy.engine.loop;

import org.jspecify.annotations.Nullable;

/** Something that happens at a time unless it is put off. Owned by one event loop. */
public abstract class Deadline {
  static final long NEVER = Long.MAX_VALUE;

  /** When it is due, in ticks; later than {@link #slotTick} where it was put off since. */
  long due = NEVER;

  long slotTick;
  int slot = -1;
  @Nullable Deadline previous;
  @Nullable Deadline next;

  /** The time has come. Called at most once an arming. */
  protected abstract void expired();

  /** Whether it is due some time. */
  public final boolean armed() {
    return due != NEVER;
  }
}
