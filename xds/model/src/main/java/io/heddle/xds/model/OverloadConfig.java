package io.heddle.xds.model;

import java.time.Duration;
import java.util.List;

/**
 * What a proxy does without when something runs short ({@code
 * envoy.config.overload.v3.OverloadManager}). What guards the proxy's own memory holds beside it.
 *
 * @param refreshInterval how often the monitors look; at least 1 ms
 * @param monitors by distinct names
 * @param rules what follows; of several rules for an action the strongest counts
 * @param heaviestFrom bytes that a stream must hold to be reset for its weight, a power of two
 */
public record OverloadConfig(
    Duration refreshInterval, List<Monitor> monitors, List<Rule> rules, long heaviestFrom) {
  /** As often as Envoy looks. */
  public static final Duration REFRESH = Duration.ofSeconds(1);

  /** Least weight of a stream that is reset, where nothing is said. */
  public static final long HEAVIEST_FROM = 1 << 16;

  /** Nothing is watched. */
  public static final OverloadConfig NONE =
      new OverloadConfig(REFRESH, List.of(), List.of(), HEAVIEST_FROM);

  public OverloadConfig {
    monitors = List.copyOf(monitors);
    rules = List.copyOf(rules);
  }

  /** Says how much of something is used: 0 for nothing, 1 for all. */
  public sealed interface Monitor {
    String name();

    /** Memory that is in use, as a share of a number of bytes. */
    record FixedHeap(String name, long maxBytes) implements Monitor {}

    /** Memory of the control group, as a share of its limit or, where given, of fewer bytes. */
    record CgroupMemory(String name, long maxBytes) implements Monitor {}

    /** A number that somebody writes into a file. */
    record InjectedResource(String name, String file) implements Monitor {}

    /** Downstream connections of the process, of which there are never more than this. */
    record DownstreamConnections(String name, long most) implements Monitor {}

    /** Processor time, of the machine or of the control group. */
    record CpuUtilization(String name, boolean container) implements Monitor {}

    /** How long work waits for its event loop, as a share of a time. */
    record EventLoopDelay(String name, Duration most) implements Monitor {}
  }

  /** What can be done; named as in Envoy. */
  public enum Action {
    SHRINK_HEAP("envoy.overload_actions.shrink_heap"),
    STOP_ACCEPTING_CONNECTIONS("envoy.overload_actions.stop_accepting_connections"),
    REJECT_INCOMING_CONNECTIONS("envoy.overload_actions.reject_incoming_connections"),
    STOP_ACCEPTING_REQUESTS("envoy.overload_actions.stop_accepting_requests"),
    DISABLE_HTTP_KEEPALIVE("envoy.overload_actions.disable_http_keepalive"),
    RESET_HIGH_MEMORY_STREAM("envoy.overload_actions.reset_high_memory_stream");

    private final String envoyName;

    Action(String envoyName) {
      this.envoyName = envoyName;
    }

    /** Its name in a configuration and in statistics. */
    public String envoyName() {
      return envoyName;
    }
  }

  /** An action, and what sets it off: the strongest of the triggers counts. */
  public record Rule(Action action, List<Trigger> triggers) {
    public Rule {
      triggers = List.copyOf(triggers);
    }
  }

  /**
   * How strong an action becomes: not at all up to one pressure, fully from another.
   *
   * @param monitor whose pressure counts
   * @param from the pressure, 0 to 1, from which it begins
   * @param full the pressure from which it is full; the same as {@code from} for a threshold
   */
  public record Trigger(String monitor, double from, double full) {
    /** From 0, not at all, to 1, fully. */
    public double strength(double pressure) {
      if (pressure >= full) {
        return 1;
      }
      return pressure <= from ? 0 : (pressure - from) / (full - from);
    }
  }
}
