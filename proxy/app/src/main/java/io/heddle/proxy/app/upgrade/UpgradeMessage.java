package io.heddle.proxy.app.upgrade;

import io.heddle.proxy.engine.OpenSocket;
import io.heddle.proxy.engine.stats.StatName;
import java.util.List;

/**
 * What two processes say to each other. On the wire a message is its length (32 bits), its type (8
 * bits) and its fields in the order of the record.
 *
 * <p>{@link Hello}, {@link Welcome} up to its version, and {@link Refused} keep their form for
 * ever; everything else belongs to the version that the two agree on.
 */
public sealed interface UpgradeMessage {
  /** The only version there is. */
  int VERSION = 1;

  /**
   * First, from the new process.
   *
   * @param oldest the oldest version that it speaks
   * @param newest the newest version that it speaks
   */
  record Hello(int oldest, int newest, long pid, String build) implements UpgradeMessage {}

  /**
   * The answer of the old one.
   *
   * @param epoch how often the first process has been replaced to become this one
   * @param firstStartMillis when that first process started, since the epoch of time
   * @param admin where the admin API listens; empty where it does not
   */
  record Welcome(
      int version,
      long pid,
      String build,
      int epoch,
      long firstStartMillis,
      String admin,
      List<OpenSocket> sockets)
      implements UpgradeMessage {
    public Welcome {
      sockets = List.copyOf(sockets);
    }
  }

  /** The other answer of the old one; then it closes. */
  record Refused(String reason) implements UpgradeMessage {}

  /** Asks for the descriptor of a socket; it comes alone, with one byte that means nothing. */
  record Take(int index) implements UpgradeMessage {}

  /** The new process is configured and accepts; the old one drains and goes. */
  record Ready(long drainMillis, long tunnelGraceMillis, long shutdownMillis)
      implements UpgradeMessage {}

  /** The old one accepts no more. */
  record Taken() implements UpgradeMessage {}

  /** What the old one has counted since it last said so. */
  record Stats(List<Stat> stats) implements UpgradeMessage {
    public Stats {
      stats = List.copyOf(stats);
    }
  }

  /** The new process ends by itself: the old one need not come back. */
  record Bye() implements UpgradeMessage {}

  /**
   * One number.
   *
   * @param counter whether {@code value} is what was added since; else it is the gauge's value
   */
  record Stat(StatName name, boolean counter, long value) {}
}
