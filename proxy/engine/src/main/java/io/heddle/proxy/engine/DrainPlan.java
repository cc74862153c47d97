package io.heddle.proxy.engine;

import java.time.Duration;

/**
 * How connections are brought to their end (Envoy's drain time and drain strategy).
 *
 * <p>For {@code over} every response decides anew whether it is the last of its connection: by
 * chance that grows with the time that has passed, or at once. Then idle connections are closed,
 * and what is under way has {@code grace} to end. Connections whose bytes have no requests in them
 * (TCP, upgraded ones) are left alone until {@code tunnelGrace} after {@code over}.
 *
 * @param over zero closes idle connections at once
 * @param strategy what responses do meanwhile
 * @param grace then the rest is cut off; {@link #UNLIMITED} never
 * @param tunnelGrace the same for connections without requests
 * @param listening what becomes of the sockets, where listeners are drained and not replaced
 */
public record DrainPlan(
    Duration over, Strategy strategy, Duration grace, Duration tunnelGrace, Listening listening) {

  /** A grace without end. */
  public static final Duration UNLIMITED = Duration.ofDays(36_500);

  /** Idle connections go at once, nothing is cut off. */
  public static final DrainPlan AT_ONCE = over(Duration.ZERO);

  /** When responses say that their connection ends. */
  public enum Strategy {
    /** The more probably the more of the drain time has passed. */
    GRADUAL,
    /** From the beginning. */
    IMMEDIATE,
    /** Not before the time is over. */
    AT_END
  }

  /** What becomes of listening sockets. */
  public enum Listening {
    /** They are closed first. */
    CLOSE_FIRST,
    /** They take connections for {@code over} and are closed then. */
    CLOSE_LAST,
    /** They take connections on. */
    KEEP,
    /** They stay open and take nothing: another process does, with descriptors of its own. */
    PAUSE
  }

  public DrainPlan {
    notNegative("over", over);
    notNegative("grace", grace);
    notNegative("tunnelGrace", tunnelGrace);
  }

  private static void notNegative(String name, Duration value) {
    if (value.isNegative()) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: >= 0)");
    }
  }

  /** Gradual, sockets first, nothing cut off. */
  public static DrainPlan over(Duration time) {
    return new DrainPlan(time, Strategy.GRADUAL, UNLIMITED, UNLIMITED, Listening.CLOSE_FIRST);
  }

  /** With this strategy. */
  public DrainPlan strategy(Strategy value) {
    return new DrainPlan(over, value, grace, tunnelGrace, listening);
  }

  /** With these graces. */
  public DrainPlan graces(Duration forRequests, Duration forTunnels) {
    return new DrainPlan(over, strategy, forRequests, forTunnels, listening);
  }

  /** With this treatment of sockets. */
  public DrainPlan listening(Listening value) {
    return new DrainPlan(over, strategy, grace, tunnelGrace, value);
  }
}
