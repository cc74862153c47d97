package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.engine.health.CheckState.Failure;

/** Asks one host, again and again. On its loop. */
interface HostProbe {
  /** Asks; the {@link Listener} is told, maybe before this returns. */
  void ask();

  /** There is no answer in time: it is not waited for any more. */
  void giveUp();

  /** The host is not asked any more. */
  void close();

  /** Who wants to know. */
  interface Listener {
    /** The host is well. */
    void well(boolean degraded);

    /**
     * It is not.
     *
     * @param repeatable whether only several such answers decide
     * @param leaveOut whether it asks not to count at all
     */
    void unwell(Failure failure, boolean repeatable, boolean leaveOut);
  }
}
