package io.heddle.control.core.rollout;

import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.store.Mutation;
import io.heddle.control.api.store.Revision;
import io.heddle.control.api.store.Store;
import io.heddle.control.api.store.StoreException;
import io.heddle.control.api.store.WriteContext;
import io.heddle.control.api.store.WriteResult;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the steps of a rollout, at the one control plane that does.
 *
 * <p>A stage is over when every proxy that it has reached has accepted all that is different, and
 * the soak time has passed since. It ends in failure when one of them refuses something, when they
 * do not all accept in time, when none is there, or when the {@link Judge} finds harm. After the
 * last one the change is written as any other.
 *
 * <p>Used under the lock of {@link Rollouts}.
 */
final class Conductor {
  private static final Logger LOG = LoggerFactory.getLogger(Conductor.class);
  private static final String SELF = "rollout";
  private static final Duration TIMES_LAST = Duration.ofSeconds(15);

  private final Store store;
  private final Book book;
  private final Replicas replicas;
  private final InstantSource clock;

  /** Where a rollout stands: what was seen of another place says nothing of this one. */
  private record Position(long id, int stage, Instant since) {
    static Position of(Rollout rollout) {
      return new Position(rollout.id(), rollout.stage(), rollout.stageSince());
    }
  }

  /** What the fields below are about. */
  private @Nullable Position position;

  /** Since when all have accepted. */
  private @Nullable Instant settled;

  /** Since when requests take too long. */
  private @Nullable Instant slow;

  Conductor(Store store, Book book, Replicas replicas, InstantSource clock) {
    this.store = store;
    this.book = book;
    this.replicas = replicas;
    this.clock = clock;
  }

  /** Since when all have accepted, where this control plane has seen it. */
  Optional<Instant> settled(Rollout rollout) {
    return Position.of(rollout).equals(position) ? Optional.ofNullable(settled) : Optional.empty();
  }

  /** A step, where one is due. */
  void take(Rollout rollout, Survey survey) {
    if (!rollout.leader().equals(replicas.self())) {
      lead(rollout);
      return;
    }
    if (!Position.of(rollout).equals(position)) {
      position = Position.of(rollout);
      settled = null;
      slow = null;
    }
    if (rollout.phase() != Rollout.Phase.HELD) {
      look(rollout, survey);
    }
  }

  /** This control plane takes the steps from here on; it knows nothing of the present stage. */
  private void lead(Rollout rollout) {
    Rollout led = rollout.ledBy(replicas.self());
    if (!rollout.leader().isEmpty() && rollout.phase() == Rollout.Phase.RUNNING) {
      led =
          led.goingOn(
              own(
                  clock,
                  "control plane %s goes on in place of %s: stage %s begins anew"
                      .formatted(replicas.self(), rollout.leader(), rollout.present().name())));
    }
    Book.Kept _ = book.tryKeep(rollout, led);
  }

  private void look(Rollout rollout, Survey survey) {
    Optional<String> refusal = refusal(survey.staged());
    if (refusal.isPresent()) {
      fail(rollout, refusal.get());
      return;
    }
    Instant now = clock.instant();
    Duration waited = Duration.between(rollout.stageSince(), now);
    boolean late =
        rollout.phase() == Rollout.Phase.RUNNING && waited.compareTo(rollout.plan().patience()) > 0;
    if (!survey.whole()) {
      if (late && replicas.shared()) {
        fail(
            rollout,
            "nothing is known of the proxies of control plane %s after %d s"
                .formatted(String.join(", ", survey.silent()), waited.toSeconds()));
      }
      return;
    }
    Optional<String> harm =
        Judge.errors(survey.figures(), rollout.plan().limits())
            .or(() -> lasting(rollout, survey.figures(), now));
    if (harm.isPresent()) {
      fail(rollout, harm.get());
      return;
    }
    Optional<String> waiting = waiting(rollout, survey);
    if (waiting.isPresent()) {
      settled = null;
      slow = null;
      if (late) {
        fail(rollout, waiting.get() + " after " + waited.toSeconds() + " s");
      }
      return;
    }
    Instant since = settled;
    if (since == null) {
      since = now;
      settled = now;
    }
    if (rollout.phase() == Rollout.Phase.RUNNING
        && slow == null
        && !now.isBefore(since.plus(rollout.plan().soak()))) {
      advance(rollout, survey);
    }
  }

  /** That times are long, once they have been for longer than one more report takes to come. */
  private Optional<String> lasting(Rollout rollout, Figures figures, Instant now) {
    Optional<String> longer = Judge.latency(figures, rollout.plan().limits());
    if (longer.isEmpty()) {
      slow = null;
      return longer;
    }
    Instant since = slow == null ? now : slow;
    slow = since;
    return now.isBefore(since.plus(TIMES_LAST)) ? Optional.empty() : longer;
  }

  private static Optional<String> refusal(List<Staging.Staged> staged) {
    for (Staging.Staged one : staged) {
      if (one.answer() == Staging.Answer.REJECTED) {
        String objects =
            one.objects().stream().map(ObjectKey::toString).collect(Collectors.joining(", "));
        return Optional.of(
            "proxy %s refuses %s %s%s: %s"
                .formatted(
                    one.proxy().id(),
                    one.type(),
                    one.resource(),
                    objects.isEmpty() ? "" : " (" + objects + ")",
                    one.message()));
      }
    }
    return Optional.empty();
  }

  private static Optional<String> waiting(Rollout rollout, Survey survey) {
    long behind =
        survey.staged().stream().filter(one -> one.answer() == Staging.Answer.BEHIND).count();
    if (behind > 0) {
      return Optional.of(behind + " of the staged proxies have not accepted the change");
    }
    return survey.present()
        ? Optional.empty()
        : Optional.of("no connected proxy is of stage " + rollout.present().name());
  }

  private void advance(Rollout rollout, Survey survey) {
    int next = rollout.stage() + 1;
    if (next == rollout.plan().stages().size()) {
      finish(rollout);
      return;
    }
    Stage stage = rollout.plan().stages().get(next);
    String passed =
        "stage %s passed with %d proxies, %d of them concerned; stage %s begins"
            .formatted(
                rollout.present().name(),
                survey.staged().size(),
                survey.staged().stream()
                    .filter(one -> one.answer() != Staging.Answer.UNCONCERNED)
                    .count(),
                stage.name());
    Set<String> picked = Candidates.picked(stage, survey.first(), rollout.id(), rollout.chosen());
    Book.Kept _ = book.tryKeep(rollout, rollout.entering(next, picked, own(clock, passed)));
  }

  /** The change becomes what everybody sees. */
  private void finish(Rollout rollout) {
    Rollout.Step began = rollout.steps().getFirst();
    WriteContext context =
        WriteContext.of(began.who(), began.from())
            .by(cut("rollout " + rollout.id() + ": " + rollout.what(), 512));
    try {
      Optional<Revision> written = write(rollout, context);
      if (written.isPresent()) {
        boolean _ =
            ended(
                rollout,
                rollout.completed(
                    written.get().token(),
                    own(clock, "completed: written as revision " + written.get())));
      }
    } catch (StoreException e) {
      LOG.error("rollout {} could not be written", rollout.id(), e);
      if (!replicas.shared()) { // else it is tried again, by whoever reaches the shared store
        hold(rollout, "the change could not be written: " + e.getMessage());
      }
    }
  }

  private Optional<Revision> write(Rollout rollout, WriteContext context) {
    List<Mutation> mutations = rollout.change().stream().map(Proposal::mutation).toList();
    switch (store.write(mutations, context)) {
      case WriteResult.Applied applied -> {
        return Optional.of(applied.revision());
      }
      case WriteResult.Refused refused -> {
        // The process may have ended between this write and the note of it.
        if (written(rollout)) {
          return Optional.of(store.revision());
        }
        WriteResult.Conflict first = refused.conflicts().getFirst();
        hold(
            rollout,
            "the change could not be written: %s: %s (expected: %s)"
                .formatted(first.key(), first.offending(), first.expected()));
        return Optional.empty();
      }
    }
  }

  private boolean written(Rollout rollout) {
    return rollout.change().stream()
        .allMatch(proposal ->
            switch (proposal) {
              case Proposal.Put put ->
                  store
                      .get(put.key())
                      .filter(now -> now.spec().equals(put.object().spec()))
                      .filter(
                          now -> now.metadata().labels().equals(put.object().metadata().labels()))
                      .isPresent();
              case Proposal.Remove remove -> store.get(remove.key()).isEmpty();
            });
  }

  private void fail(Rollout rollout, String reason) {
    switch (rollout.plan().onFailure()) {
      case HOLD -> hold(rollout, reason);
      case ROLLBACK -> {
        LOG.warn("rollout {} is rolled back: {}", rollout.id(), reason);
        boolean _ =
            ended(
                rollout,
                rollout.with(Rollout.Phase.ROLLED_BACK, own(clock, "rolled back: " + reason)));
      }
    }
  }

  private void hold(Rollout rollout, String reason) {
    LOG.warn("rollout {} is held: {}", rollout.id(), reason);
    boolean _ = ended(rollout, rollout.with(Rollout.Phase.HELD, own(clock, "held: " + reason)));
  }

  /**
   * Notes that it ended, or is held. Where this is the only control plane the proxies are not left
   * where they are, whatever becomes of the note; of several the one that can note it does.
   */
  boolean ended(Rollout before, Rollout now) {
    return switch (book.tryKeep(before, now)) {
      case DURABLE -> true;
      case OVERTAKEN -> false;
      case FAILED -> {
        if (!replicas.shared()) {
          book.replace(now);
        }
        yield !replicas.shared();
      }
    };
  }

  /** A step that nobody asked for. */
  static Rollout.Step own(InstantSource clock, String what) {
    return step(clock, SELF, "", what);
  }

  static Rollout.Step step(InstantSource clock, String who, String from, String what) {
    return new Rollout.Step(clock.instant(), who, from, cut(what, 2_000));
  }

  private static String cut(String text, int most) {
    return text.length() > most ? text.substring(0, most) : text;
  }
}
