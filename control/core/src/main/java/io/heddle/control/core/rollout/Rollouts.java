package io.heddle.control.core.rollout;

import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.store.Mutation;
import io.heddle.control.api.store.Revision;
import io.heddle.control.api.store.Store;
import io.heddle.control.api.store.StoreException;
import io.heddle.control.api.store.WriteContext;
import io.heddle.control.api.store.WriteResult;
import io.heddle.xds.server.LoadReports.Outcomes;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes rollouts through their stages.
 *
 * <p>A stage is over when every proxy that it has reached has accepted all that is different, and
 * the soak time has passed since. It ends in failure when one of them refuses something, when they
 * do not all accept in time, when none is there, or when the {@link Judge} finds harm. After the
 * last one the change is written as any other.
 *
 * <p>{@link #tick} does what is due; whoever starts this calls it a few times a second.
 */
public final class Rollouts {
  private static final Logger LOG = LoggerFactory.getLogger(Rollouts.class);
  private static final int MOST_CLUSTERS = 200;
  private static final String SELF = "rollout";
  private static final Duration TIMES_LAST = Duration.ofSeconds(15);

  /** What proxies report: how requests ended, by node id and cluster, summed since some start. */
  @FunctionalInterface
  public interface Loads {
    Map<String, Map<String, Outcomes>> byProxy();
  }

  private final Store store;
  private final Book book;
  private final Staging staging;
  private final Loads loads;
  private final InstantSource clock;

  /** Held by whoever takes a step. */
  private final ReentrantLock lock = new ReentrantLock();

  /** Held for reading by writers of objects, for writing by a rollout that begins. */
  private final ReentrantReadWriteLock gate = new ReentrantReadWriteLock();

  /** What was reported when the stage began; under {@code lock}. */
  private Map<String, Map<String, Outcomes>> before = Map.of();

  private volatile Staging.@Nullable State last;
  private volatile @Nullable Instant settled;

  /** Since when requests take too long; under {@code lock}. */
  private @Nullable Instant slow;

  private volatile Figures figures = Figures.NONE;

  /** Knows of no rollout before {@link #restore}. */
  public Rollouts(Store store, Staging staging, Loads loads, InstantSource clock) {
    this.store = store;
    this.book = new Book(store);
    this.staging = staging;
    this.loads = loads;
    this.clock = clock;
  }

  /**
   * Reads what was noted, and stages again what is under way. To be called before anything is
   * published, so that no proxy is shown for a moment what it was staged away from.
   */
  public void restore() {
    lock.lock();
    try {
      book.read();
      active()
          .ifPresent(rollout -> {
            Rollout now = rollout.goingOn(step(SELF, "", "the control plane was started again"));
            // The clocks of the stage begin anew; a phase stays what it was.
            Rollout kept = rollout.phase() == Rollout.Phase.RUNNING ? now : rollout;
            book.replace(kept);
            staging.propose(kept.change(), kept.selection());
          });
    } finally {
      lock.unlock();
    }
  }

  /** The rollout that is under way. */
  public Optional<Rollout> active() {
    return book.active();
  }

  /** Every rollout that is remembered, newest first. */
  public List<Rollout> all() {
    return book.all();
  }

  public Optional<Rollout> find(long id) {
    return book.find(id);
  }

  /** How one stands. */
  public RolloutStatus status(Rollout rollout) {
    Staging.State state = last;
    return !rollout.phase().active() || state == null
        ? RolloutStatus.ended(rollout)
        : new RolloutStatus(
            rollout,
            state.staged(),
            state.connected().size(),
            state.resources(),
            Optional.ofNullable(settled),
            figures);
  }

  /**
   * Runs a write of these objects, unless a rollout is about to change one of them; no rollout
   * begins meanwhile.
   */
  public <T> T writing(Collection<ObjectKey> keys, Supplier<T> write) throws RefusedException {
    gate.readLock().lock();
    try {
      Optional<Rollout> rollout = active();
      if (rollout.isPresent()) {
        Set<ObjectKey> held = new HashSet<>(rollout.get().objects());
        for (ObjectKey key : keys) {
          if (held.contains(key)) {
            throw new RefusedException(
                key.toString(),
                "rollout " + rollout.get().id() + " is changing it",
                "that this rollout has ended; see `heddle rollout status`");
          }
        }
      }
      return write.get();
    } finally {
      gate.readLock().unlock();
    }
  }

  /**
   * Begins a rollout.
   *
   * @param context who begins it, and how the change is named
   * @throws RefusedException where another is under way, nothing would change, an object is no
   *     longer as the caller saw it, or the first stage has no proxy
   */
  public Rollout start(RolloutPlan plan, List<Mutation> change, WriteContext context)
      throws RefusedException {
    lock.lock();
    gate.writeLock().lock();
    try {
      Optional<Rollout> other = active();
      if (other.isPresent()) {
        throw new RefusedException(
            "rollout",
            "rollout " + other.get().id() + " is under way",
            "one at a time: `heddle rollout abort`, or wait");
      }
      List<Proposal> proposals = proposals(change, context);
      if (proposals.isEmpty()) {
        throw new RefusedException(
            "rollout", "nothing would change", "an object that is different");
      }
      long id = book.nextId();
      Selection first = new Selection(plan.stages().subList(0, 1), String.valueOf(id), Set.of());
      List<Stage.Candidate> connected = staging.state().connected();
      Set<String> picked = first.picked(connected);
      if (connected.stream()
          .noneMatch(new Selection(first.stages(), first.salt(), picked)::includes)) {
        throw new RefusedException(
            "stages[0]",
            "no connected proxy is " + plan.stages().getFirst().selector(),
            "at least one; `heddle status` lists them");
      }
      Instant now = clock.instant();
      before = loads.byProxy();
      Rollout rollout =
          new Rollout(
              id,
              context.how(),
              plan,
              proposals,
              proposals.stream().map(Proposal::key).toList(),
              Rollout.Phase.RUNNING,
              0,
              now,
              picked,
              past(before),
              "",
              List.of(
                  new Rollout.Step(
                      now,
                      context.who(),
                      context.from(),
                      "started: stage " + plan.stages().getFirst().name())));
      book.keep(rollout);
      settled = null;
      slow = null;
      last = null;
      figures = Figures.NONE;
      staging.propose(proposals, rollout.selection());
      return rollout;
    } finally {
      gate.writeLock().unlock();
      lock.unlock();
    }
  }

  /** What the store would make of the change; what stays as it is is left out. */
  private List<Proposal> proposals(List<Mutation> change, WriteContext context)
      throws RefusedException {
    List<Proposal> proposals = new ArrayList<>();
    switch (store.write(change, context.trying(true))) {
      case WriteResult.Refused refused -> {
        WriteResult.Conflict first = refused.conflicts().getFirst();
        throw new RefusedException(first.key().toString(), first.offending(), first.expected());
      }
      case WriteResult.Applied applied -> {
        for (WriteResult.Outcome outcome : applied.outcomes()) {
          switch (outcome) {
            case WriteResult.Created created ->
                proposals.add(new Proposal.Put(created.now(), Revision.NONE));
            case WriteResult.Configured configured ->
                proposals.add(new Proposal.Put(configured.now(), version(configured.before())));
            case WriteResult.Deleted deleted ->
                proposals.add(new Proposal.Remove(deleted.key(), version(deleted.before())));
            case WriteResult.Unchanged _, WriteResult.NotFound _ -> {
              // nothing to bring to anybody
            }
          }
        }
      }
    }
    return proposals;
  }

  private static Revision version(ResourceObject object) {
    return new Revision(object.metadata().resourceVersion());
  }

  private static Map<String, Outcomes> past(Map<String, Map<String, Outcomes>> reported) {
    Map<String, Outcomes> sums = new HashMap<>();
    reported
        .values()
        .forEach(clusters ->
            clusters.forEach((cluster, sum) -> sums.merge(cluster, sum, Outcomes::plus)));
    return sums.entrySet().stream()
        .sorted(
            Comparator.comparingLong(
                (Map.Entry<String, Outcomes> entry) -> -Judge.total(entry.getValue())))
        .limit(MOST_CLUSTERS)
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  /** Stops a rollout where it is: no stage begins, but harm still ends it. */
  public Rollout pause(long id, WriteContext context) throws RefusedException {
    return step(
        id,
        "pause",
        Rollout.Phase.RUNNING,
        rollout -> {
          Rollout paused = rollout.with(Rollout.Phase.PAUSED, step(context, "paused"));
          book.keep(paused);
          return paused;
        });
  }

  /** Lets a rollout go on that was paused, or held because it did harm; the stage begins anew. */
  public Rollout resume(long id, WriteContext context) throws RefusedException {
    return step(
        id,
        "resume",
        Rollout.Phase.PAUSED,
        rollout -> {
          before = loads.byProxy();
          settled = null;
          slow = null;
          Rollout resumed = rollout.goingOn(step(context, "resumed"));
          book.keep(resumed);
          return resumed;
        });
  }

  /** Takes a rollout back: every proxy has the old configuration again. */
  public Rollout abort(long id, WriteContext context) throws RefusedException {
    return step(
        id,
        "abort",
        null,
        rollout -> {
          end(rollout.with(Rollout.Phase.ABORTED, step(context, "aborted")), Revision.NONE);
          return find(id).orElse(rollout);
        });
  }

  /** What is done with a rollout that is under way. */
  private interface Doing {
    Rollout with(Rollout rollout);
  }

  /**
   * @param needed the phase that it must be in; a paused one may also be held; null for any
   */
  private Rollout step(long id, String verb, Rollout.@Nullable Phase needed, Doing doing)
      throws RefusedException {
    lock.lock();
    try {
      Rollout rollout =
          book.find(id)
              .orElseThrow(() ->
                  new RefusedException(
                      "rollout " + id, "does not exist", "one of `heddle rollout history`"));
      boolean fits =
          needed == null
              || rollout.phase() == needed
              || (needed == Rollout.Phase.PAUSED && rollout.phase() == Rollout.Phase.HELD);
      if (!rollout.phase().active() || !fits) {
        throw new RefusedException(
            "rollout " + id,
            verb + ", but it is " + rollout.phase().word(),
            switch (verb) {
              case "pause" -> "one that is running";
              case "resume" -> "one that is paused or held";
              default -> "one that is under way";
            });
      }
      return doing.with(rollout);
    } finally {
      lock.unlock();
    }
  }

  /** Does what is due. */
  public void tick() {
    if (active().isEmpty()) {
      return;
    }
    lock.lock();
    try {
      Optional<Rollout> rollout = active();
      if (rollout.isPresent()) {
        Staging.State state = staging.state();
        last = state;
        if (state.done() && rollout.get().phase() != Rollout.Phase.HELD) {
          look(rollout.get(), state);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void look(Rollout rollout, Staging.State state) {
    Optional<String> refusal = refusal(state);
    if (refusal.isPresent()) {
      fail(rollout, refusal.get());
      return;
    }
    Set<String> staged = new HashSet<>();
    state.staged().forEach(one -> staged.add(one.proxy().id()));
    figures = Judge.compare(before, loads.byProxy(), staged, rollout.past());
    Instant now = clock.instant();
    Optional<String> harm =
        Judge.errors(figures, rollout.plan().limits()).or(() -> lasting(rollout, now));
    if (harm.isPresent()) {
      fail(rollout, harm.get());
      return;
    }
    Optional<String> waiting = waiting(rollout, state);
    if (waiting.isPresent()) {
      settled = null;
      slow = null;
      Duration waited = Duration.between(rollout.stageSince(), now);
      if (rollout.phase() == Rollout.Phase.RUNNING
          && waited.compareTo(rollout.plan().patience()) > 0) {
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
      advance(rollout, state);
    }
  }

  /** That times are long, once they have been for longer than one more report takes to come. */
  private Optional<String> lasting(Rollout rollout, Instant now) {
    Optional<String> longer = Judge.latency(figures, rollout.plan().limits());
    if (longer.isEmpty()) {
      slow = null;
      return longer;
    }
    Instant since = slow == null ? now : slow;
    slow = since;
    return now.isBefore(since.plus(TIMES_LAST)) ? Optional.empty() : longer;
  }

  private static Optional<String> refusal(Staging.State state) {
    for (Staging.Staged one : state.staged()) {
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

  private static Optional<String> waiting(Rollout rollout, Staging.State state) {
    long behind =
        state.staged().stream().filter(one -> one.answer() == Staging.Answer.BEHIND).count();
    if (behind > 0) {
      return Optional.of(behind + " of the staged proxies have not accepted the change");
    }
    Selection present =
        new Selection(List.of(rollout.present()), String.valueOf(rollout.id()), rollout.chosen());
    return state.staged().stream().anyMatch(one -> present.includes(one.proxy()))
        ? Optional.empty()
        : Optional.of("no connected proxy is of stage " + rollout.present().name());
  }

  private void advance(Rollout rollout, Staging.State state) {
    int next = rollout.stage() + 1;
    if (next == rollout.plan().stages().size()) {
      finish(rollout);
      return;
    }
    String passed =
        "stage %s passed with %d proxies, %d of them concerned; stage %s begins"
            .formatted(
                rollout.present().name(),
                state.staged().size(),
                state.staged().stream()
                    .filter(one -> one.answer() != Staging.Answer.UNCONCERNED)
                    .count(),
                rollout.plan().stages().get(next).name());
    Selection reached =
        new Selection(
            rollout.plan().stages().subList(0, next + 1),
            String.valueOf(rollout.id()),
            rollout.chosen());
    Rollout entered =
        rollout.entering(next, reached.picked(state.connected()), step(SELF, "", passed));
    if (book.tryKeep(entered)) {
      before = loads.byProxy();
      settled = null;
      slow = null;
      figures = Figures.NONE;
      staging.reach(entered.selection());
    }
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
        end(
            rollout.completed(
                written.get().token(),
                step(SELF, "", "completed: written as revision " + written.get())),
            written.get());
      }
    } catch (StoreException e) {
      LOG.error("rollout {} could not be written", rollout.id(), e);
      hold(rollout, "the change could not be written: " + e.getMessage());
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
        end(
            rollout.with(Rollout.Phase.ROLLED_BACK, step(SELF, "", "rolled back: " + reason)),
            Revision.NONE);
      }
    }
  }

  private void hold(Rollout rollout, String reason) {
    LOG.warn("rollout {} is held: {}", rollout.id(), reason);
    Rollout held = rollout.with(Rollout.Phase.HELD, step(SELF, "", "held: " + reason));
    if (!book.tryKeep(held)) {
      book.replace(held);
    }
  }

  /** Whatever becomes of the note, the proxies are not left where they are. */
  private void end(Rollout ended, Revision written) {
    if (!book.tryKeep(ended)) {
      book.replace(ended);
    }
    settled = null;
    slow = null;
    figures = Figures.NONE;
    staging.drop(written);
  }

  private Rollout.Step step(WriteContext context, String what) {
    return step(context.who(), context.from(), what);
  }

  private Rollout.Step step(String who, String from, String what) {
    return new Rollout.Step(clock.instant(), who, from, cut(what, 2_000));
  }

  private static String cut(String text, int most) {
    return text.length() > most ? text.substring(0, most) : text;
  }
}
