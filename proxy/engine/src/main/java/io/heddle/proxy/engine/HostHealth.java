package io.heddle.proxy.engine;

import java.util.Collection;
import java.util.List;

/**
 * How a host is.
 *
 * @param flags in their order; none where it is well
 * @param successRate percent of its answers in the last interval of outlier detection, or -1
 * @param localSuccessRate percent of attempts that got an answer in it, or -1
 */
public record HostHealth(List<HostFlag> flags, double successRate, double localSuccessRate) {
  public HostHealth {
    flags = List.copyOf(flags);
  }

  /** With flags in whatever order. */
  public HostHealth(Collection<HostFlag> flags, double successRate, double localSuccessRate) {
    this(flags.stream().sorted().toList(), successRate, localSuccessRate);
  }
}
