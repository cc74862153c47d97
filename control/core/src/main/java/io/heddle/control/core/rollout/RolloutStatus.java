package io.heddle.control.core.rollout;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * How a rollout stands right now.
 *
 * @param staged the proxies that see the change, empty where nobody does any more
 * @param connected how many proxies could see it
 * @param resources how many generated resources are different
 * @param settled since when all of the staged proxies have accepted
 * @param figures how the requests of the present stage end
 * @param silent control planes whose proxies are not in this, because they did not say or do not
 *     show the present stage yet
 */
public record RolloutStatus(
    Rollout rollout,
    List<Staging.Staged> staged,
    int connected,
    int resources,
    Optional<Instant> settled,
    Figures figures,
    Set<String> silent) {
  public RolloutStatus {
    silent = Set.copyOf(silent);
    staged = List.copyOf(staged);
  }

  /** One that has ended: there is nothing beside what is durable. */
  static RolloutStatus ended(Rollout rollout) {
    return new RolloutStatus(rollout, List.of(), 0, 0, Optional.empty(), Figures.NONE, Set.of());
  }
}
