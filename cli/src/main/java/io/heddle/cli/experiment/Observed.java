package io.heddle.cli.experiment;

import java.util.List;
import java.util.Map;

/**
 * What was seen of a run.
 *
 * @param loads by their names
 * @param services what reached each instance, by {@code SERVICE-N}
 */
record Observed(Phases phases, Map<String, Series> loads, Map<String, List<Sample>> services) {
  Observed {
    loads = Map.copyOf(loads);
    services = Map.copyOf(services);
  }

  /**
   * An instance in a slice.
   *
   * @param at the slice's beginning, in seconds
   * @param perSecond requests that reached it
   * @param busy on how many it worked at the slice's end, or had waiting
   */
  record Sample(double at, double perSecond, int busy) {}

  Series load(String name) {
    Series series = loads.get(name);
    if (series == null) {
      throw new IllegalArgumentException(name + " (expected: one of " + loads.keySet() + ")");
    }
    return series;
  }

  /** The most that an instance had before it in a window. */
  int mostBusy(String instance, Window window) {
    int most = 0;
    for (Sample sample : samples(instance, window)) {
      most = Math.max(most, sample.busy());
    }
    return most;
  }

  /** Requests a second that reached an instance in a window. */
  double perSecond(String instance, Window window) {
    List<Sample> samples = samples(instance, window);
    double sum = 0;
    for (Sample sample : samples) {
      sum += sample.perSecond();
    }
    return samples.isEmpty() ? 0 : sum / samples.size();
  }

  private List<Sample> samples(String instance, Window window) {
    double from = window.from().toNanos() / 1e9;
    double to = window.to().toNanos() / 1e9;
    return services.getOrDefault(instance, List.of()).stream()
        .filter(sample -> sample.at() >= from && sample.at() < to)
        .toList();
  }
}
