package io.heddle.control.core.rollout;

import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.store.Revision;
import java.util.List;

/**
 * Shows the staged proxies the configuration of a change, and the others that without it. For any
 * thread; what is asked for is done soon, in order.
 */
public interface Staging {
  /** There is a change, and these proxies see it. */
  void propose(List<Proposal> change, Selection staged);

  /** More proxies see it; whoever saw it goes on seeing it. */
  void reach(Selection staged);

  /**
   * There is no change any more.
   *
   * @param written where it was written, the state from which on everybody sees it anyway; {@link
   *     Revision#NONE} where it was taken back
   */
  void drop(Revision written);

  /** How the proxies stand. May wait for the xDS shards. */
  State state();

  /**
   * How the proxies stand.
   *
   * @param done whether all that was asked for is done
   * @param connected every connected proxy that can be staged now
   * @param staged those of the connected ones that are
   * @param resources how many generated resources the change makes different
   */
  record State(boolean done, List<Stage.Candidate> connected, List<Staged> staged, int resources) {
    public State {
      connected = List.copyOf(connected);
      staged = List.copyOf(staged);
    }
  }

  /** What a staged proxy says to the change. */
  enum Answer {
    /** It accepted all of it that it sees. */
    IN_SYNC,
    /** Something is still to be accepted. */
    BEHIND,
    /** It refused something. */
    REJECTED,
    /** Nothing that it sees is different. */
    UNCONCERNED
  }

  /**
   * A staged proxy.
   *
   * @param type of the resource that it refuses, else empty
   * @param resource its name
   * @param message what the proxy says of it
   * @param objects of the change, which that resource embodies
   */
  record Staged(
      Stage.Candidate proxy,
      Answer answer,
      String type,
      String resource,
      String message,
      List<ObjectKey> objects) {
    public Staged {
      objects = List.copyOf(objects);
    }

    /** One that refuses nothing. */
    public static Staged of(Stage.Candidate proxy, Answer answer) {
      return new Staged(proxy, answer, "", "", "", List.of());
    }
  }
}
