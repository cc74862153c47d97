package io.heddle.proxy.api;

import java.util.function.Consumer;

/**
 * Host names that clients ask for and the addresses that DNS has for them, kept for as long as they
 * are asked for. Shared by clusters and filters. Safe on every thread.
 */
public interface NameCache extends AutoCloseable {
  /**
   * Asks for a name.
   *
   * @param authority a name or an address, with or without a port
   * @param defaultPort where the authority has none
   * @param then called once with {@link Answer#KNOWN} or a failure where the answer is not there
   *     yet, on some thread; not where anything else than {@link Waiting} is returned
   */
  Lookup look(String authority, int defaultPort, Consumer<Answer> then);

  /** Ends this use; the cache goes with its last use. */
  @Override
  void close();

  /** What there is at once. */
  sealed interface Lookup {
    /** The answer was there. */
    record Found(Answer answer) implements Lookup {}

    /** There is no room for another name. */
    enum Full implements Lookup {
      FULL
    }

    /** Too many wait already. */
    enum Busy implements Lookup {
      BUSY
    }
  }

  /** The answer is on its way. */
  non-sealed interface Waiting extends Lookup {
    /** It is not wanted any more; may come too late. */
    void cancel();
  }

  /**
   * What became of a name.
   *
   * @param failure why it has no address, in words joined by underscores; empty where it has one
   */
  record Answer(String failure) {
    /** It has an address. */
    public static final Answer KNOWN = new Answer("");

    /** Whether it has an address. */
    public boolean known() {
      return failure.isEmpty();
    }
  }
}
