package io.heddle.xds.server;

import java.util.List;

/**
 * How one connected proxy stands to a set of resource versions.
 *
 * @param concerned how many of them the proxy sees and is subscribed to
 * @param behind those that it has neither accepted nor refused
 * @param rejections those that it refused, also where it refuses so much that the search for the
 *     culprits was given up: then the message says so
 */
public record ProxySync(
    NodeInfo node, int concerned, List<ResourceVersion> behind, List<Rejection> rejections) {

  /** The three answers that a status gives. */
  public enum State {
    /** All accepted. */
    IN_SYNC,
    /** Something is still to be accepted, nothing was refused. */
    BEHIND,
    /** Something was refused. */
    REJECTED
  }

  /** Copies the lists. */
  public ProxySync {
    behind = List.copyOf(behind);
    rejections = List.copyOf(rejections);
  }

  /** The answer in one word. */
  public State state() {
    if (!rejections.isEmpty()) {
      return State.REJECTED;
    }
    return behind.isEmpty() ? State.IN_SYNC : State.BEHIND;
  }
}
