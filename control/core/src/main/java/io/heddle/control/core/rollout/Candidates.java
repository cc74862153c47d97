package io.heddle.control.core.rollout;

import io.heddle.xds.server.LoadReports.Outcomes;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What one control plane knows before a rollout begins.
 *
 * @param included whether the first stage has one of its proxies
 * @param first of its connected proxies the one that comes first in the rollout's order
 * @param past how requests ended that its proxies reported, by cluster
 */
record Candidates(boolean included, Optional<String> first, Map<String, Outcomes> past) {
  private static final int MOST_CLUSTERS = 200;

  Candidates {
    past = Map.copyOf(past);
  }

  /** Of the proxies that are connected here. */
  static Candidates of(
      List<Stage.Candidate> connected,
      Map<String, Map<String, Outcomes>> reported,
      Stage stage,
      long rollout) {
    String salt = String.valueOf(rollout);
    Map<String, Outcomes> sums = new HashMap<>();
    reported
        .values()
        .forEach(clusters ->
            clusters.forEach((cluster, sum) -> sums.merge(cluster, sum, Outcomes::plus)));
    return new Candidates(
        connected.stream().anyMatch(one -> stage.includes(one, salt)),
        Survey.first(connected.stream().map(Stage.Candidate::id).toList(), rollout),
        busiest(sums));
  }

  /** Of the proxies of all. */
  static Candidates sum(List<Candidates> all, long rollout) {
    Map<String, Outcomes> sums = new HashMap<>();
    all.forEach(
        one -> one.past().forEach((cluster, sum) -> sums.merge(cluster, sum, Outcomes::plus)));
    return new Candidates(
        all.stream().anyMatch(Candidates::included),
        Survey.first(
            all.stream().flatMap(one -> one.first().stream()).collect(Collectors.toList()),
            rollout),
        busiest(sums));
  }

  private static Map<String, Outcomes> busiest(Map<String, Outcomes> sums) {
    return sums.entrySet().stream()
        .sorted(
            Comparator.comparingLong(
                (Map.Entry<String, Outcomes> entry) -> -Judge.total(entry.getValue())))
        .limit(MOST_CLUSTERS)
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  /**
   * Who is of a stage beside those that its selector names: a share may be so small that nobody is
   * of it; then the one who would be next.
   *
   * @param before who was picked already
   */
  static Set<String> picked(Stage stage, Optional<String> first, long rollout, Set<String> before) {
    Set<String> picked = new HashSet<>(before);
    if (stage instanceof Stage.Percent share) {
      // Whoever is of a share is before those who are not.
      first
          .filter(id -> Stage.bucket(id, String.valueOf(rollout)) >= share.share())
          .ifPresent(picked::add);
    }
    return picked;
  }
}
