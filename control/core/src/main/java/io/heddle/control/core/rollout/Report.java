package io.heddle.control.core.rollout;

import io.heddle.xds.server.LoadReports.Outcomes;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How a rollout stands at the proxies of one control plane.
 *
 * @param rollout its id; zero where this control plane follows none
 * @param stage the stage that its proxies are shown
 * @param done whether all is published that this takes
 * @param connected how many of its proxies could be staged
 * @param first of these the one that comes first in the rollout's order; empty where there is none
 * @param present whether a proxy of the present stage is among them
 * @param staged those that are staged
 * @param resources how many generated resources the change makes different
 * @param theirs how the requests of staged proxies ended since the stage began, by cluster
 * @param others and those of all others
 * @param settled since when everybody has accepted, as the one knows that takes the steps
 */
record Report(
    long rollout,
    int stage,
    boolean done,
    int connected,
    Optional<String> first,
    boolean present,
    List<Staging.Staged> staged,
    int resources,
    Map<String, Outcomes> theirs,
    Map<String, Outcomes> others,
    Optional<Instant> settled) {
  static final Report NONE =
      new Report(
          0,
          0,
          true,
          0,
          Optional.empty(),
          false,
          List.of(),
          0,
          Map.of(),
          Map.of(),
          Optional.empty());

  Report {
    staged = List.copyOf(staged);
    theirs = Map.copyOf(theirs);
    others = Map.copyOf(others);
  }

  /** Whether it is of that rollout in its present stage, and nothing is under way. */
  boolean follows(Rollout wanted) {
    return rollout == wanted.id() && stage == wanted.stage() && done;
  }
}
