package io.heddle.control.core.rollout;

import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.store.Mutation;
import io.heddle.control.api.store.Revision;
import io.heddle.control.api.store.Store;
import io.heddle.control.api.store.WriteContext;
import io.heddle.control.api.store.WriteResult;
import io.heddle.xds.server.LoadReports.Outcomes;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes rollouts through their stages.
 *
 * <p>What is noted of a rollout in the store is what counts. Where several control planes share the
 * store, each brings its own proxies to what is noted ({@link Follower}) and says how they stand,
 * and one takes the steps; whoever notes a step does so only where nobody noted another first.
 *
 * <p>{@link #tick} does what is due; whoever starts this calls it a few times a second.
 */
public final class Rollouts {
  private static final Logger LOG = LoggerFactory.getLogger(Rollouts.class);
  private static final int TRIES = 10;

  /** What proxies report: how requests ended, by node id and cluster, summed since some start. */
  @FunctionalInterface
  public interface Loads {
    Map<String, Map<String, Outcomes>> byProxy();
  }

  private final Store store;
  private final Book book;
  private final Follower follower;
  private final Conductor conductor;
  private final Replicas replicas;
  private final InstantSource clock;

  /** Held by whoever takes a step; never while the others are asked. */
  private final ReentrantLock lock = new ReentrantLock();

  /** Held for reading by writers of objects, for writing by a rollout that begins. */
  private final ReentrantReadWriteLock gate = new ReentrantReadWriteLock();

  /** When the others are asked again; of the thread that ticks. */
  private Instant nextLook = Instant.MIN;

  /** Of the only control plane that has the store. Knows of no rollout before {@link #restore}. */
  public Rollouts(Store store, Staging staging, Loads loads, InstantSource clock) {
    this(store, staging, loads, clock, Replicas.ALONE);
  }

  /** Knows of no rollout before {@link #restore}. */
  public Rollouts(
      Store store, Staging staging, Loads loads, InstantSource clock, Replicas replicas) {
    this.store = store;
    this.book = new Book(store);
    this.follower = new Follower(staging, loads);
    this.conductor = new Conductor(store, book, replicas, clock);
    this.replicas = replicas;
    this.clock = clock;
  }

  /**
   * Reads what was noted, and stages again what is under way. To be called before anything is
   * published, so that no proxy is shown for a moment what it was staged away from.
   */
  public void restore() {
    lock.lock();
    try {
      book.refresh();
      if (!shared()) {
        // The clocks of the stage begin anew; a phase stays what it was.
        active()
            .filter(rollout -> rollout.phase() == Rollout.Phase.RUNNING)
            .ifPresent(rollout ->
                book.replace(
                    rollout.goingOn(Conductor.own(clock, "the control plane was started again"))));
      }
      follower.follow(book);
    } finally {
      lock.unlock();
    }
  }

  private boolean shared() {
    return replicas.shared();
  }

  private void refresh() {
    if (shared()) {
      book.refresh();
    }
  }

  /** The rollout that is under way. */
  public Optional<Rollout> active() {
    return book.active();
  }

  /** Every rollout that is remembered, newest first. */
  public List<Rollout> all() {
    refresh();
    return book.all();
  }

  public Optional<Rollout> find(long id) {
    refresh();
    return book.find(id);
  }

  /** How one stands. May wait for the other control planes. */
  public RolloutStatus status(Rollout rollout) {
    if (!rollout.phase().active()) {
      return RolloutStatus.ended(rollout);
    }
    Survey survey = survey(rollout);
    return new RolloutStatus(
        rollout,
        survey.staged(),
        survey.connected(),
        survey.resources(),
        survey.settled(),
        survey.figures(),
        shared() ? survey.silent() : Set.of());
  }

  /** How it stands at the proxies of all control planes; not to be called under the lock. */
  private Survey survey(Rollout rollout) {
    List<Exchange.Named> reports = new ArrayList<>();
    Set<String> silent = new HashSet<>();
    if (shared()) {
      Replicas.Answers answers = replicas.ask(Exchange.write(Exchange.Question.Standing.STANDING));
      silent.addAll(answers.silent());
      for (String text : answers.texts()) {
        try {
          reports.add(Exchange.report(text));
        } catch (IllegalArgumentException e) {
          LOG.warn("what another control plane says of its proxies is not understood", e);
          silent.add("one of another version");
        }
      }
    }
    reports.add(new Exchange.Named(replicas.self(), report()));
    return Survey.of(rollout, reports, silent);
  }

  private Report report() {
    lock.lock();
    try {
      refresh();
      follower.follow(book);
      return follower.report(active().flatMap(conductor::settled));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Answers what {@link Replicas#ask} asks, at another control plane.
   *
   * @throws IllegalArgumentException where it is no such question
   */
  public String answer(String question) {
    return switch (Exchange.question(question)) {
      case Exchange.Question.Standing _ -> Exchange.write(replicas.self(), report());
      case Exchange.Question.Beginning beginning -> Exchange.write(candidates(beginning));
    };
  }

  private Candidates candidates(Exchange.Question.Beginning beginning) {
    lock.lock();
    try {
      return follower.candidates(beginning.first(), beginning.rollout());
    } finally {
      lock.unlock();
    }
  }

  /** Ends a write of another rollout's object, from within the store. */
  private static final class HeldException extends RuntimeException {
    private static final long serialVersionUID = 1;
    final transient RefusedException refused;

    HeldException(RefusedException refused) {
      super(refused);
      this.refused = refused;
    }
  }

  /**
   * Runs a write of these objects, unless a rollout is about to change one of them; no rollout
   * begins meanwhile.
   *
   * @param write is given what the store asks before it commits
   */
  public <T> T writing(Collection<ObjectKey> keys, Function<Runnable, T> write)
      throws RefusedException {
    gate.readLock().lock();
    try {
      return write.apply(() -> check(keys));
    } catch (HeldException e) {
      throw e.refused;
    } finally {
      gate.readLock().unlock();
    }
  }

  private void check(Collection<ObjectKey> keys) {
    refresh();
    Optional<Rollout> rollout = active();
    if (rollout.isPresent()) {
      Set<ObjectKey> held = new HashSet<>(rollout.get().objects());
      for (ObjectKey key : keys) {
        if (held.contains(key)) {
          throw new HeldException(
              new RefusedException(
                  key.toString(),
                  "rollout " + rollout.get().id() + " is changing it",
                  "that this rollout has ended; see `heddle rollout status`"));
        }
      }
    }
  }

  /**
   * Begins a rollout.
   *
   * @param context who begins it, and how the change is named
   * @throws RefusedException where another is under way, nothing would change, an object is no
   *     longer as the caller saw it, the first stage has no proxy, or another control plane does
   *     not say which proxies it has
   */
  public Rollout start(RolloutPlan plan, List<Mutation> change, WriteContext context)
      throws RefusedException {
    for (int i = 0; i < TRIES; i++) {
      refresh();
      refuseSecond();
      long id = book.nextId();
      Candidates candidates = candidates(plan.stages().getFirst(), id);
      Optional<Rollout> begun =
          begin(id, plan, change, context, candidates, replicas.leads() ? replicas.self() : "");
      if (begun.isPresent()) {
        return begun.get();
      }
    }
    throw new RefusedException(
        "rollout", "the store is written by others all the time", "that you try again");
  }

  private void refuseSecond() throws RefusedException {
    Optional<Rollout> other = active();
    if (other.isPresent()) {
      throw new RefusedException(
          "rollout",
          "rollout " + other.get().id() + " is under way",
          "one at a time: `heddle rollout abort`, or wait");
    }
  }

  /** Of the proxies of all control planes. */
  private Candidates candidates(Stage first, long id) throws RefusedException {
    Exchange.Question.Beginning question = new Exchange.Question.Beginning(first, id);
    List<Candidates> all = new ArrayList<>();
    all.add(candidates(question));
    if (shared()) {
      Replicas.Answers answers = replicas.ask(Exchange.write(question));
      if (!answers.silent().isEmpty()) {
        throw new RefusedException(
            "rollout",
            "no answer of the control planes " + String.join(", ", answers.silent()),
            "that every one says which proxies it has; try again, one that ended is forgotten"
                + " soon");
      }
      try {
        answers.texts().forEach(text -> all.add(Exchange.candidates(text)));
      } catch (IllegalArgumentException e) {
        throw new RefusedException(
            "rollout",
            "another control plane cannot be understood: " + e.getMessage(),
            "control planes of one version");
      }
    }
    return Candidates.sum(all, id);
  }

  /** Empty where somebody else wrote or began something meanwhile. */
  private Optional<Rollout> begin(
      long id,
      RolloutPlan plan,
      List<Mutation> change,
      WriteContext context,
      Candidates candidates,
      String leader)
      throws RefusedException {
    lock.lock();
    gate.writeLock().lock();
    try {
      refuseSecond();
      Draft draft = draft(change, context);
      if (draft.proposals().isEmpty()) {
        throw new RefusedException(
            "rollout", "nothing would change", "an object that is different");
      }
      Stage first = plan.stages().getFirst();
      Set<String> picked = Candidates.picked(first, candidates.first(), id, Set.of());
      if (!candidates.included() && picked.isEmpty()) {
        throw new RefusedException(
            "stages[0]",
            "no connected proxy is " + first.selector(),
            "at least one; `heddle status` lists them");
      }
      Instant now = clock.instant();
      Rollout rollout =
          new Rollout(
              id,
              context.how(),
              plan,
              draft.proposals(),
              draft.proposals().stream().map(Proposal::key).toList(),
              Rollout.Phase.RUNNING,
              0,
              now,
              picked,
              candidates.past(),
              "",
              List.of(
                  new Rollout.Step(
                      now, context.who(), context.from(), "started: stage " + first.name())),
              leader);
      if (!book.begin(rollout, draft.at())) {
        return Optional.empty();
      }
      follower.follow(book);
      return Optional.of(rollout);
    } finally {
      gate.writeLock().unlock();
      lock.unlock();
    }
  }

  /**
   * What the store would make of a change; what stays as it is is left out.
   *
   * @param at the state in which it would
   */
  private record Draft(List<Proposal> proposals, Revision at) {}

  private Draft draft(List<Mutation> change, WriteContext context) throws RefusedException {
    List<Proposal> proposals = new ArrayList<>();
    Revision at = Revision.NONE;
    switch (store.write(change, context.trying(true))) {
      case WriteResult.Refused refused -> {
        WriteResult.Conflict first = refused.conflicts().getFirst();
        throw new RefusedException(first.key().toString(), first.offending(), first.expected());
      }
      case WriteResult.Applied applied -> {
        at = applied.revision();
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
    return new Draft(proposals, at);
  }

  private static Revision version(ResourceObject object) {
    return new Revision(object.metadata().resourceVersion());
  }

  /** Stops a rollout where it is: no stage begins, but harm still ends it. */
  public Rollout pause(long id, WriteContext context) throws RefusedException {
    return step(
        id,
        "pause",
        Rollout.Phase.RUNNING,
        rollout -> rollout.with(Rollout.Phase.PAUSED, step(context, "paused")));
  }

  /** Lets a rollout go on that was paused, or held because it did harm; the stage begins anew. */
  public Rollout resume(long id, WriteContext context) throws RefusedException {
    return step(
        id, "resume", Rollout.Phase.PAUSED, rollout -> rollout.goingOn(step(context, "resumed")));
  }

  /** Takes a rollout back: every proxy has the old configuration again. */
  public Rollout abort(long id, WriteContext context) throws RefusedException {
    return step(
        id,
        "abort",
        null,
        rollout -> rollout.with(Rollout.Phase.ABORTED, step(context, "aborted")));
  }

  /** What becomes of a rollout that is under way. */
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
      for (int i = 0; i < TRIES; i++) {
        refresh();
        Rollout rollout = fit(id, verb, needed);
        Rollout now = doing.with(rollout);
        boolean noted =
            (now.phase().active() || shared())
                ? book.keep(rollout, now)
                : conductor.ended(rollout, now);
        if (noted) {
          follower.follow(book);
          return now;
        }
      }
      throw new RefusedException(
          "rollout " + id, "is changed by others all the time", "that you try again");
    } finally {
      lock.unlock();
    }
  }

  private Rollout fit(long id, String verb, Rollout.@Nullable Phase needed)
      throws RefusedException {
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
    return rollout;
  }

  /** Does what is due. */
  public void tick() {
    if (!shared() && active().isEmpty()) {
      return;
    }
    lock.lock();
    try {
      refresh();
      follower.follow(book);
    } finally {
      lock.unlock();
    }
    Instant now = clock.instant();
    Optional<Rollout> active = active();
    if (active.isEmpty() || now.isBefore(nextLook)) {
      return;
    }
    nextLook = now.plus(replicas.pace());
    if (!replicas.leads()) {
      return;
    }
    Rollout rollout = active.get();
    Survey survey = survey(rollout);
    lock.lock();
    try {
      if (book.find(rollout.id()).filter(rollout::equals).isPresent()) {
        conductor.take(rollout, survey);
        follower.follow(book);
      }
    } finally {
      lock.unlock();
    }
  }

  private Rollout.Step step(WriteContext context, String what) {
    return Conductor.step(clock, context.who(), context.from(), what);
  }
}
