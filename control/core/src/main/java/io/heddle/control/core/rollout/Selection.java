package io.heddle.control.core.rollout;

import java.util.List;
import java.util.Set;

/**
 * The proxies that the stages so far have reached.
 *
 * @param stages those that were begun; the last one is the present one
 * @param salt of the rollout's hash
 * @param chosen proxies that were picked beside, because nobody was of a share
 */
public record Selection(List<Stage> stages, String salt, Set<String> chosen) {
  public Selection {
    stages = List.copyOf(stages);
    chosen = Set.copyOf(chosen);
  }

  /** Whether a proxy is shown the new configuration. */
  public boolean includes(Stage.Candidate proxy) {
    if (chosen.contains(proxy.id())) {
      return true;
    }
    for (Stage stage : stages) {
      if (stage.includes(proxy, salt)) {
        return true;
      }
    }
    return false;
  }

  /** Whether every proxy is included, even one that refuses something already. */
  public boolean everyone() {
    return stages.stream().anyMatch(Stage.All.class::isInstance);
  }
}
