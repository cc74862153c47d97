package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.ResetReason;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.engine.cluster.Cluster;
import io.heddle.proxy.engine.cluster.Host;
import io.heddle.proxy.engine.cluster.Priority;
import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.route.CompiledHedge;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The attempts of a request that are under way beside the one of its {@link UpstreamRequest}. The
 * first good answer counts, and whoever is still under way is given up then; a bad one counts only
 * where nobody else is left. Each is one of the cluster's retries. Owned by the exchange's loop.
 */
// Identity is meant.
@SuppressWarnings("ReferenceEquality")
final class Hedges {
  /** So often another host is looked for. */
  private static final int CHOICES = 3;

  private final UpstreamRequest main;
  private final Retries retries;
  private final CompiledHedge policy;
  private final boolean onPerTryTimeout;
  private final List<HedgedAttempt> alive = new ArrayList<>(1);

  /** The one whose answer was taken; its retry is given back at the end. */
  private @Nullable HedgedAttempt winner;

  private @Nullable Deadline later;
  private boolean begun;

  /** Whether the time of the first attempt is known. */
  private boolean watched;

  private boolean over;
  private int started;

  Hedges(UpstreamRequest main, Retries retries, CompiledHedge policy, boolean onPerTryTimeout) {
    this.main = main;
    this.retries = retries;
    this.policy = policy;
    this.onPerTryTimeout = onPerTryTimeout;
  }

  /** Whether an attempt that takes too long goes on beside the next. */
  boolean onPerTryTimeout() {
    return onPerTryTimeout;
  }

  /** Whether some may still begin by themselves. */
  boolean toBegin() {
    return !begun && !over;
  }

  /** Whether any is under way. */
  boolean any() {
    return !alive.isEmpty();
  }

  private Worker worker() {
    return main.exchange.worker;
  }

  /** How many were begun. */
  int started() {
    return started;
  }

  /** The request is whole, and its first attempt begun. */
  void sent() {
    if (!toBegin()) {
      return;
    }
    begun = true;
    if (!Forwarding.repeatable(main.exchange.request)) {
      return;
    }
    int besides = policy.besides(worker().random());
    for (int i = 0; i < besides && !over; i++) {
      var _ = start();
    }
    long delay = policy.delayNanos(worker().index());
    if (delay >= 0 && !over) {
      Deadline timer =
          new Deadline() {
            @Override
            protected void expired() {
              worker().batch(() -> tookLong());
            }
          };
      later = timer;
      worker().wheel().arm(timer, delay);
    }
  }

  private void tookLong() {
    if (!over) {
      var _ = start();
    }
  }

  /** Begins one more; whether there is one. */
  boolean start() {
    Cluster to = main.cluster();
    HeldRequest body = over || to == null ? null : retries.copy();
    if (to == null || body == null) {
      return false;
    }
    Priority priority = to.priority(main.priority());
    if (!priority.tryRetry()) {
      to.stats().hedgeOverflowed(worker().stats());
      body.release();
      return false;
    }
    Host there = priority.requests().tryAcquire() ? other(to) : null;
    if (there == null) {
      to.stats().hedgeOverflowed(worker().stats());
      priority.retryEnded();
      body.release();
      return false;
    }
    HedgedAttempt made = new HedgedAttempt(main, this, priority);
    alive.add(made);
    started++;
    to.stats().hedged(worker().stats());
    made.begin(to, there, body, main.oneMoreAttempt());
    return true;
  }

  /** A host, another one where there is one; null, with the request given back, for none. */
  private @Nullable Host other(Cluster of) {
    Host there = null;
    for (int i = 0; i < CHOICES; i++) {
      there = of.choose(worker(), Forwarding.balanceContext(main.exchange, of, main.priority()));
      if (there == null || !busy(there)) {
        break;
      }
    }
    if (there == null) {
      of.priority(main.priority()).requests().release();
    }
    return there;
  }

  private boolean busy(Host host) {
    if (host == main.host()) {
      return true;
    }
    for (HedgedAttempt each : alive) {
      if (each.host() == host) {
        return true;
      }
    }
    return false;
  }

  // --- what attempts tell ---

  /** The answer of the first attempt, which is not over; whether it is passed over. */
  boolean passesOver(ResponseHead head, boolean whole) {
    watched();
    if (alive.isEmpty()) {
      return false;
    }
    if (!retries.bad(head)) {
      cancel();
      return false;
    }
    int status = head.status();
    passed(main, head);
    if (whole) {
      main.passOver(status);
    } else {
      main.endAttempt(ResetReason.FILTER, status);
    }
    return true;
  }

  /** An answer of one beside it. */
  void answered(HedgedAttempt of, ResponseHead head, boolean whole) {
    boolean bad = retries.bad(head);
    alive.remove(of);
    if (bad && (main.underWay() || !alive.isEmpty())) {
      int status = head.status();
      passed(of, head);
      of.passOver(whole, status);
      return;
    }
    if (main.underWay()) {
      watched();
      main.endAttempt(ResetReason.FILTER, 0);
    }
    cancel();
    winner = of;
    Cluster cluster = of.cluster();
    if (!bad && cluster != null) {
      cluster.stats().hedgeWon(worker().stats());
    }
    main.adopt(of);
    main.onHead(head, whole);
  }

  /** One beside the first has ended; whether it was the last of all. */
  boolean lost(HedgedAttempt of) {
    return alive.remove(of) && alive.isEmpty() && !main.underWay() && !over;
  }

  private void passed(UpstreamAttempt attempt, ResponseHead head) {
    Cluster cluster = attempt.cluster();
    Host host = attempt.host();
    if (cluster != null && host != null) {
      cluster.stats().retriedResponse(worker().stats(), head.status());
      cluster.answered(worker(), host, attempt.tookNanos(), head);
    }
    head.release();
  }

  /** The first attempt was answered, or is given up: as long as this it took. */
  private void watched() {
    if (begun && !watched && policy.watchesLatency()) {
      watched = true;
      policy.took(worker().index(), main.tookNanos());
    }
  }

  // --- the end ---

  /** Nobody else is wanted. */
  private void cancel() {
    over = true;
    Deadline timer = later;
    if (timer != null) {
      worker().wheel().remove(timer);
    }
    while (!alive.isEmpty()) {
      alive.removeLast().dispose(ResetReason.FILTER, 0);
    }
  }

  /** The exchange needs no attempt any more. */
  void end() {
    cancel();
    HedgedAttempt taken = winner;
    if (taken != null) {
      taken.giveBack();
    }
  }
}
