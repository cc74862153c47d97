package io.heddle.control.core.rollout;

import io.heddle.control.api.resource.ObjectKey;
import io.heddle.xds.server.LoadReports.Outcomes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * One rollout, as far as it is durable.
 *
 * @param id counts up
 * @param what how the change was named, such as {@code canary.yaml}
 * @param change the objects with their new states; without those states once it has ended
 * @param objects the objects that it changes
 * @param stage the index of the present stage
 * @param stageSince when that began, or went on
 * @param chosen proxies that were picked beside the stages
 * @param past how requests ended before, by cluster
 * @param revision the write that completed it, else empty
 * @param steps what happened, oldest first
 * @param leader what people call the control plane that takes its steps, where several share the
 *     store; empty before one does, and where there is one
 */
public record Rollout(
    long id,
    String what,
    RolloutPlan plan,
    List<Proposal> change,
    List<ObjectKey> objects,
    Phase phase,
    int stage,
    Instant stageSince,
    Set<String> chosen,
    Map<String, Outcomes> past,
    String revision,
    List<Step> steps,
    String leader) {
  private static final int MOST_STEPS = 200;

  /** How a rollout stands. */
  public enum Phase {
    /** Goes on by itself. */
    RUNNING,
    /** Somebody stopped it; the proxies stay where they are. */
    PAUSED,
    /** It did harm, and waits for somebody to decide. */
    HELD,
    /** The change is written and every proxy has it. */
    COMPLETED,
    /** It did harm and was taken back. */
    ROLLED_BACK,
    /** Somebody took it back. */
    ABORTED;

    /** As users read it. */
    public String word() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Whether two configurations are shown. */
    public boolean active() {
      return this == RUNNING || this == PAUSED || this == HELD;
    }
  }

  /**
   * Something that happened.
   *
   * @param who whose doing it was: a token, {@code loopback}, or {@code rollout} for itself
   * @param from the address of who it was
   */
  public record Step(Instant at, String who, String from, String what) {}

  public Rollout {
    change = List.copyOf(change);
    objects = List.copyOf(objects);
    chosen = Set.copyOf(chosen);
    past = Map.copyOf(past);
    steps = List.copyOf(steps);
  }

  /** The stage that it is in. */
  public Stage present() {
    return plan.stages().get(stage);
  }

  /** Whom the stages so far have reached. */
  public Selection selection() {
    return new Selection(plan.stages().subList(0, stage + 1), String.valueOf(id), chosen);
  }

  /** Why it stands where it stands. */
  public String reason() {
    return steps.isEmpty() ? "" : steps.getLast().what();
  }

  Rollout with(Phase next, Step step) {
    return copy(next, stage, stageSince, chosen, revision, step);
  }

  Rollout entering(int next, Set<String> picked, Step step) {
    return copy(phase, next, step.at(), picked, revision, step);
  }

  Rollout goingOn(Step step) {
    return copy(Phase.RUNNING, stage, step.at(), chosen, revision, step);
  }

  Rollout completed(String written, Step step) {
    return copy(Phase.COMPLETED, stage, stageSince, chosen, written, step);
  }

  /** Its steps are taken by another control plane, and nothing else is different. */
  Rollout ledBy(String name) {
    return new Rollout(
        id,
        what,
        plan,
        change,
        objects,
        phase,
        stage,
        stageSince,
        chosen,
        past,
        revision,
        steps,
        name);
  }

  private Rollout copy(
      Phase nextPhase,
      int nextStage,
      Instant since,
      Set<String> picked,
      String written,
      Step step) {
    List<Step> all = new ArrayList<>(steps);
    if (all.size() >= MOST_STEPS) {
      all.remove(1); // the first one says who began it
    }
    all.add(step);
    return new Rollout(
        id,
        what,
        plan,
        nextPhase.active() ? change : List.of(),
        objects,
        nextPhase,
        nextStage,
        since,
        picked,
        past,
        written,
        all,
        leader);
  }
}
