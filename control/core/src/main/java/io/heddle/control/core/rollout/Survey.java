package io.heddle.control.core.rollout;

import io.heddle.xds.server.LoadReports.Outcomes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How a rollout stands at the proxies of all control planes.
 *
 * @param silent control planes that did not say, or whose proxies do not see the present stage yet
 * @param first the connected proxy that comes first in the rollout's order
 * @param present whether a proxy of the present stage is there
 * @param staged a proxy that moves between two control planes counts once
 */
record Survey(
    Set<String> silent,
    int connected,
    Optional<String> first,
    boolean present,
    List<Staging.Staged> staged,
    int resources,
    Figures figures,
    Optional<Instant> settled) {
  Survey {
    silent = Set.copyOf(silent);
    staged = List.copyOf(staged);
  }

  /** Whether every control plane said how its proxies stand. */
  boolean whole() {
    return silent.isEmpty();
  }

  /**
   * Sums up what control planes say.
   *
   * @param silent those that said nothing
   */
  static Survey of(Rollout rollout, List<Exchange.Named> reports, Set<String> silent) {
    Set<String> missing = new TreeSet<>(silent);
    Map<String, Staging.Staged> staged = new TreeMap<>();
    Map<String, Outcomes> theirs = new HashMap<>();
    Map<String, Outcomes> others = new HashMap<>();
    List<String> firsts = new ArrayList<>();
    int connected = 0;
    int resources = 0;
    boolean present = false;
    Optional<Instant> settled = Optional.empty();
    for (Exchange.Named named : reports) {
      Report report = named.report();
      if (!report.follows(rollout)) {
        missing.add(named.from());
        continue;
      }
      connected += report.connected();
      resources = Math.max(resources, report.resources());
      present |= report.present();
      report.first().ifPresent(firsts::add);
      report
          .staged()
          .forEach(
              one -> staged.merge(one.proxy().id(), one, (a, b) -> worse(a) > worse(b) ? a : b));
      report.theirs().forEach((cluster, sum) -> theirs.merge(cluster, sum, Outcomes::plus));
      report.others().forEach((cluster, sum) -> others.merge(cluster, sum, Outcomes::plus));
      settled = settled.or(report::settled);
    }
    return new Survey(
        missing,
        connected,
        first(firsts, rollout.id()),
        present,
        List.copyOf(staged.values()),
        resources,
        Judge.compare(theirs, others, rollout.past()),
        settled);
  }

  /** The one that comes first in the order of a rollout. */
  static Optional<String> first(List<String> ids, long rollout) {
    String salt = String.valueOf(rollout);
    return ids.stream()
        .min(
            Comparator.<String>comparingInt(id -> Stage.bucket(id, salt))
                .thenComparing(Comparator.naturalOrder()));
  }

  private static int worse(Staging.Staged staged) {
    return switch (staged.answer()) {
      case UNCONCERNED -> 0;
      case IN_SYNC -> 1;
      case BEHIND -> 2;
      case REJECTED -> 3;
    };
  }
}
