package io.heddle.control.core.registry;

import io.heddle.control.api.registry.Isolation;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Decides whether leases that run out are believed. When more than a share of all instances goes
 * within one window, the likelier cause is that their heartbeats do not reach this control plane:
 * to take them out of the mesh would turn its own isolation into everybody's outage.
 *
 * <p>An episode ends when a share of the instances that it held has come back, which shows that
 * instances can reach us; what has not come back by then gets one more grace and then goes. An
 * operator may end it before. Guarded by the registry's lock.
 */
final class MassExpiryGuard {
  private final LeaseConfig config;

  /** When believed expiries happened, within the last window. */
  private final Deque<Long> recent = new ArrayDeque<>();

  private boolean isolated;
  private int heldInEpisode;
  private int returnedInEpisode;
  private long episodes;

  MassExpiryGuard(LeaseConfig config) {
    this.config = config;
  }

  /**
   * Whether leases that ran out now are to be held back.
   *
   * @param due how many ran out now
   * @param soon how many others fell silent and run out within the window
   * @param all how many instances there are, those included
   */
  boolean holdsBack(long now, int due, int soon, int all) {
    long window = config.massWindow().toNanos();
    while (!recent.isEmpty() && now - recent.peekFirst() > window) {
      recent.removeFirst();
    }
    if (isolated) {
      return true;
    }
    int gone = due + soon + recent.size();
    if (gone < config.massLeast() || gone <= config.massShare() * (all + recent.size())) {
      return false;
    }
    isolated = true;
    episodes++;
    heldInEpisode = 0;
    returnedInEpisode = 0;
    return true;
  }

  void believed(long now) {
    recent.addLast(now);
  }

  void held() {
    heldInEpisode++;
  }

  /** A held instance came back; true when that ends the episode. */
  boolean returned() {
    returnedInEpisode++;
    if (isolated && returnedInEpisode >= Math.ceil(config.recoveredShare() * heldInEpisode)) {
      end();
      return true;
    }
    return false;
  }

  void end() {
    isolated = false;
  }

  boolean isolated() {
    return isolated;
  }

  Isolation snapshot(int held) {
    return new Isolation(isolated, held, episodes);
  }
}
