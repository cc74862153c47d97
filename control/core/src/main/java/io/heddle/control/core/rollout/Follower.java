package io.heddle.control.core.rollout;

import io.heddle.control.api.store.Revision;
import io.heddle.xds.server.LoadReports.Outcomes;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Shows the proxies of this control plane what is noted of the rollout that is under way, and
 * reports how they stand. Used by one thread at a time.
 */
final class Follower {
  private final Staging staging;
  private final Rollouts.Loads loads;

  /** What the proxies are shown, as it was noted when they were. */
  private @Nullable Rollout shown;

  /** What was reported when the stage began. */
  private Map<String, Map<String, Outcomes>> before = Map.of();

  Follower(Staging staging, Rollouts.Loads loads) {
    this.staging = staging;
    this.loads = loads;
  }

  /**
   * Brings them to what is noted, as far as what was asked before is done: the end of one rollout
   * is published before another begins.
   */
  void follow(Book book) {
    Rollout last = shown;
    Optional<Rollout> active = book.active();
    if (last != null && active.filter(one -> one.id() == last.id()).isEmpty()) {
      String written = book.find(last.id()).map(Rollout::revision).orElse("");
      staging.drop(written.isEmpty() ? Revision.NONE : new Revision(written));
      shown = null;
    }
    if (active.isPresent()) {
      show(active.get());
    }
  }

  private void show(Rollout now) {
    Rollout last = shown;
    if (last == null) {
      if (!staging.state().done()) {
        return; // looked at again in a moment
      }
      before = loads.byProxy();
      staging.propose(now.change(), now.selection());
    } else {
      if (now.stage() != last.stage() || !now.stageSince().equals(last.stageSince())) {
        before = loads.byProxy();
      }
      if (now.stage() != last.stage()) {
        staging.reach(now.selection());
      }
    }
    shown = now;
  }

  /**
   * How they stand. May wait for the xDS shards.
   *
   * @param settled since when all have accepted, where this control plane knows
   */
  Report report(Optional<Instant> settled) {
    Rollout now = shown;
    if (now == null) {
      return Report.NONE;
    }
    Staging.State state = staging.state();
    Set<String> ids = new HashSet<>();
    state.staged().forEach(one -> ids.add(one.proxy().id()));
    Judge.Sums sums = Judge.since(before, loads.byProxy(), ids);
    Selection present =
        new Selection(List.of(now.present()), String.valueOf(now.id()), now.chosen());
    return new Report(
        now.id(),
        now.stage(),
        state.done(),
        state.connected().size(),
        Survey.first(state.connected().stream().map(Stage.Candidate::id).toList(), now.id()),
        state.staged().stream().anyMatch(one -> present.includes(one.proxy())),
        state.staged(),
        state.resources(),
        sums.theirs(),
        sums.others(),
        settled);
  }

  /** What this control plane knows before a rollout begins. */
  Candidates candidates(Stage first, long rollout) {
    return Candidates.of(staging.state().connected(), loads.byProxy(), first, rollout);
  }
}
