package io.heddle.proxy.engine.stats;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/** The cells of one event loop. Written by that loop only; read by every thread. */
public final class LoopStats {
  private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(long[].class);

  final int index;
  private volatile long[] cells = new long[512];

  LoopStats(int index) {
    this.index = index;
  }

  /** Adds to a counter or gauge; on the owning loop. */
  public void add(ScalarStat stat, long amount) {
    long[] now = cells;
    int id = stat.id;
    if (id >= now.length) {
      now = grow(id);
    }
    CELL.setOpaque(now, id, now[id] + amount);
  }

  /** Adds one to a counter or gauge; on the owning loop. */
  public void increment(ScalarStat stat) {
    add(stat, 1);
  }

  private long[] grow(int id) {
    long[] grown = Arrays.copyOf(cells, Math.max(id + 1, cells.length * 2));
    cells = grown;
    return grown;
  }

  long read(int id) {
    long[] now = cells;
    return id < now.length ? (long) CELL.getOpaque(now, id) : 0;
  }
}
