package io.heddle.proxy.engine;

import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Listening sockets that another process has handed over and no listener has taken yet. Safe on
 * every thread.
 */
public final class InheritedSockets {
  private final List<Inherited> waiting;

  /**
   * One socket.
   *
   * @param socket what the other process says of it
   * @param descriptor ours, to be closed by whoever has it last
   */
  public record Inherited(OpenSocket socket, int descriptor) {}

  /** These sockets. */
  public InheritedSockets(List<Inherited> sockets) {
    waiting = new ArrayList<>(sockets);
  }

  /** None: the process is the first. */
  public static InheritedSockets none() {
    return new InheritedSockets(List.of());
  }

  /** Whether any is left. */
  public synchronized boolean isEmpty() {
    return waiting.isEmpty();
  }

  /**
   * The descriptor for this listener, which the caller owns from now on. A fixed address is looked
   * for under every name, a port of the system's choice only under the listener's own.
   *
   * @param configured the address as it is configured
   * @param chosenBySystem whether the port was left to the system
   */
  public synchronized Optional<Inherited> take(
      String listener, String configured, boolean chosenBySystem) {
    for (int i = 0; i < waiting.size(); i++) {
      OpenSocket socket = waiting.get(i).socket();
      if (socket.configured().equals(configured)
          && (!chosenBySystem || socket.listener().equals(listener))) {
        return Optional.of(waiting.remove(i));
      }
    }
    return Optional.empty();
  }

  /** Closes what no listener has taken; how many those were. */
  public synchronized int closeRest() {
    int count = waiting.size();
    for (Inherited left : waiting) {
      try {
        new FileDescriptor(left.descriptor()).close();
      } catch (IOException _) {
        // There is nothing that could be done about it, and nothing that depends on it.
      }
    }
    waiting.clear();
    return count;
  }
}
