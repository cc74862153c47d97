package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.ResetReason;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.codec.Trailers;
import io.heddle.proxy.engine.cluster.Cluster;
import io.heddle.proxy.engine.cluster.ClusterStats;
import io.heddle.proxy.engine.cluster.Host;
import io.heddle.proxy.engine.cluster.Priority;
import io.heddle.proxy.engine.exchange.RetryReasons.Failure;
import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.route.CompiledHedge;
import io.heddle.proxy.engine.route.CompiledRetry;
import io.heddle.proxy.engine.route.CompiledRoute;
import io.heddle.proxy.engine.stats.LoopStats;
import io.heddle.xds.model.RetryPolicy;
import io.heddle.xds.model.RetryPolicy.BackOff;
import io.heddle.xds.model.RetryPolicy.ResetHeader;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends a request again where its host did not do what it was asked: whether, how often, when and
 * to whom, with a copy of the body that is as long as a connection may buffer. Owned by the
 * exchange's loop.
 */
final class Retries {
  private static final Logger LOG = LoggerFactory.getLogger(Retries.class);

  private final UpstreamRequest upstream;
  private final RetryReasons reasons;
  private final Deadline again =
      new Deadline() {
        @Override
        protected void expired() {
          worker().batch(() -> beginAgain());
        }
      };
  private final Deadline perTry =
      new Deadline() {
        @Override
        protected void expired() {
          worker().batch(() -> tryTimedOut());
        }
      };

  /** Of an attempt that may not be silent for long; null before the first. */
  private @Nullable Deadline idle;

  private long lastActive;
  private final List<Host> tried = new ArrayList<>(2);
  private List<ByteBuf> body = List.of();
  private int bytes;
  private boolean tooLong;
  private int left;
  private int done;
  private @Nullable Priority budget;
  private boolean over;

  private long allNanos;

  private final @Nullable Hedges hedges;

  /** Whether a proxy above is told of answers to requests that were sent again. */
  private final boolean marks;

  private Retries(
      UpstreamRequest upstream,
      RetryReasons reasons,
      CompiledRoute route,
      @Nullable CompiledHedge hedge) {
    this.upstream = upstream;
    this.reasons = reasons;
    this.left = reasons.retries();
    this.marks = route.marksRetries();
    this.hedges =
        hedge == null
            ? null
            : new Hedges(
                upstream,
                this,
                hedge,
                RetryReasons.hedges(upstream.exchange.request, hedge.onPerTryTimeout()));
    upstream.exchange.request.remove(RetryReasons.HEDGE);
  }

  /** Those of a request that its route or its own headers give some, else null. */
  static @Nullable Retries of(UpstreamRequest upstream, CompiledRoute route, long routeNanos) {
    Exchange exchange = upstream.exchange;
    CompiledRetry policy = route.retry();
    CompiledHedge hedge = route.hedge();
    if (policy == null) {
      if (hedge == null && !RetryReasons.asked(exchange.request)) {
        return null;
      }
      policy = CompiledRetry.BY_HEADERS;
    }
    if (hedge == null && RetryReasons.hedges(exchange.request, false)) {
      hedge = CompiledHedge.BY_HEADER;
    }
    RetryReasons reasons = new RetryReasons(policy, exchange.request, routeNanos);
    boolean useless =
        reasons.none()
            && reasons.perTryNanos() == 0
            && reasons.perTryIdleNanos() == 0
            && hedge == null;
    return useless || exchange.upgrade() ? null : new Retries(upstream, reasons, route, hedge);
  }

  private Worker worker() {
    return upstream.exchange.worker;
  }

  // --- the body ---

  /** Keeps a piece of the request's body. Does not take ownership. */
  void keep(Cluster cluster, ByteBuf data) {
    if (tooLong || over || !mayRepeat() || !data.isReadable()) {
      return;
    }
    bytes += data.readableBytes();
    if (bytes > upstream.exchange.manager.bufferLimit) {
      tooLong = true;
      if (cluster.stats().retryAbandoned(worker().stats())) {
        LOG.warn(
            "Cluster {}: a request's body is longer than {} bytes, so that it cannot be sent again"
                + " where its host fails; retry_or_shadow_abandoned counts these"
                + " (per_connection_buffer_limit_bytes of the listener bounds what is kept)",
            cluster.name(),
            upstream.exchange.manager.bufferLimit);
      }
      drop();
    } else {
      if (body.isEmpty()) {
        body = new ArrayList<>(2);
      }
      body.add(data.retainedDuplicate());
    }
  }

  private boolean mayRepeat() {
    Hedges beside = hedges;
    return left > 0 || again.armed() || (beside != null && beside.toBegin());
  }

  /** The whole request for one more attempt; null where it is too long to be sent again. */
  @Nullable HeldRequest copy() {
    if (tooLong || over || !upstream.exchange.requestWhole()) {
      return null;
    }
    HeldRequest copy = new HeldRequest();
    // Filters of the attempts may change them.
    body.forEach(piece -> copy.add(piece.copy()));
    Trailers trailers = upstream.exchange.requestTrailers();
    if (trailers != null) {
      copy.end(trailers);
    }
    return copy;
  }

  private void drop() {
    body.forEach(ByteBuf::release);
    body = List.of();
  }

  /** How much of the request's body is kept. */
  long heldBytes() {
    return body.isEmpty() ? 0 : bytes;
  }

  // --- hosts ---

  /** Whether another is to be chosen, as this one has been tried before; once a choice. */
  boolean dislikes(Host host, int choices) {
    RetryPolicy policy = reasons.policy().policy();
    return policy.avoidsTriedHosts() && choices < policy.hostAttempts() && tried.contains(host);
  }

  /** An attempt is made with it. */
  void tried(Host host) {
    if (reasons.policy().policy().avoidsTriedHosts()) {
      tried.add(host);
    }
  }

  // --- times ---

  /** The host is told how long it has; {@code nanos} is for all attempts, zero for no end. */
  void expected(long nanos) {
    allNanos = nanos;
    expectedAfter(0);
  }

  private void expectedAfter(long goneNanos) {
    Hedges beside = hedges;
    // An attempt that goes on beside others has the time of all.
    long perTryNanos = beside != null && beside.onPerTryTimeout() ? 0 : reasons.perTryNanos();
    Deadlines.tell(upstream.exchange, allNanos, perTryNanos, goneNanos, upstream.suppressed());
  }

  /** How many attempts there were after the first. */
  int done() {
    return done;
  }

  /** The request is whole, and its connection there: the time of this attempt begins. */
  void attemptSent() {
    if (reasons.perTryNanos() > 0 && !over) {
      worker().wheel().arm(perTry, reasons.perTryNanos());
    }
    if (reasons.perTryIdleNanos() > 0 && !over) {
      active();
      worker().wheel().arm(idle(), reasons.perTryIdleNanos());
    }
  }

  /** Something of the response has come. */
  void active() {
    lastActive = worker().turnNanos();
  }

  private Deadline idle() {
    Deadline made = idle;
    if (made == null) {
      made =
          new Deadline() {
            @Override
            protected void expired() {
              worker().batch(() -> maybeIdle());
            }
          };
      idle = made;
    }
    return made;
  }

  /** The attempt is over, or its response whole. */
  void attemptEnded() {
    worker().wheel().disarm(perTry);
    Deadline silent = idle;
    if (silent != null) {
      worker().wheel().disarm(silent);
    }
  }

  private void tryTimedOut() {
    Hedges beside = hedges;
    if (over || upstream.responseBegun()) {
      return;
    }
    if (beside != null && beside.onPerTryTimeout()) {
      oneBeside(beside);
    } else {
      ranOut(ClusterStats::tryTimedOut, UpstreamReplies.perTryTimeout());
    }
  }

  /** The attempt goes on, and one more begins, as long as there are retries. */
  private void oneBeside(Hedges beside) {
    Cluster cluster = upstream.cluster();
    Host host = upstream.host();
    if (cluster == null) {
      return;
    }
    cluster.stats().tryTimedOut(worker().stats());
    if (host != null && upstream.underWay()) {
      cluster.gaveUp(worker(), host, upstream.tookNanos());
    }
    if (left == 0) {
      upstream.exchange.flag(ResponseFlag.UPSTREAM_RETRY_LIMIT_EXCEEDED);
      cluster.stats().retryLimitExceeded(worker().stats());
      return;
    }
    left--;
    if (beside.start()) {
      done++;
      AttemptStats.retried(upstream.exchange, cluster);
      worker().wheel().arm(perTry, reasons.perTryNanos());
    } else if (!over) {
      upstream.exchange.flag(ResponseFlag.UPSTREAM_OVERFLOW);
      cluster.stats().retryOverflowed(worker().stats());
    }
  }

  private void maybeIdle() {
    long left = reasons.perTryIdleNanos() - (worker().turnNanos() - lastActive);
    if (over) {
      return;
    }
    if (left > 0) {
      worker().wheel().arm(idle(), left);
    } else {
      ranOut(ClusterStats::tryWasIdle, UpstreamReplies.perTryIdleTimeout());
    }
  }

  /** The attempt took too long. */
  private void ranOut(BiConsumer<ClusterStats, LoopStats> counted, LocalReply reply) {
    Cluster cluster = upstream.cluster();
    Host host = upstream.host();
    if (cluster == null || (!upstream.underWay() && othersGoOn())) {
      return;
    }
    counted.accept(cluster.stats(), worker().stats());
    if (upstream.responseBegun()) {
      upstream.exchange.failOrReply(reply, ResetReason.TIMEOUT);
      return;
    }
    if (host != null) {
      cluster.gaveUp(worker(), host, upstream.tookNanos());
    }
    upstream.timedOut = true;
    upstream.endAttempt(ResetReason.TIMEOUT, 0);
    upstream.timedOut = false;
    if (!othersGoOn() && !after(Failure.TIMEOUT)) {
      upstream.failed(reply);
    }
  }

  private void beginAgain() {
    Cluster cluster = upstream.cluster();
    if (over || cluster == null) {
      return;
    }
    if (tooLong) {
      upstream.failed(UpstreamReplies.tooLongToRepeat());
      return;
    }
    AttemptStats.retried(upstream.exchange, cluster);
    Exchange exchange = upstream.exchange;
    expectedAfter(
        exchange.requestWhole() ? worker().turnNanos() - exchange.log.requestEndNanos : 0);
    HeldRequest kept = new HeldRequest();
    body.forEach(piece -> kept.add(piece.retainedDuplicate()));
    upstream.beginAgain(kept);
  }

  // --- others beside it ---

  /** Which attempt the one of ours is that is sent now, after so many were begun. */
  int number(int begun) {
    Hedges beside = hedges;
    return beside != null && begun - beside.started() == 1 ? 1 : begun;
  }

  /** The request is whole, and its first attempt begun, maybe with a connection. */
  void requestWhole(boolean connected) {
    if (connected) {
      attemptSent();
    }
    hedge();
  }

  /** Others begin beside the first attempt, unless they have. */
  void hedge() {
    Hedges beside = hedges;
    if (beside != null && !over) {
      beside.sent();
    }
  }

  /** Whether an answer is passed over, as another may come that is better. */
  boolean passesOver(ResponseHead head, boolean whole) {
    Hedges beside = hedges;
    return beside != null && beside.passesOver(head, whole);
  }

  /** Whether the end of this attempt is not the end of all. */
  boolean othersGoOn() {
    Hedges beside = hedges;
    return beside != null && beside.any();
  }

  /** Whether another answer than this is worth waiting for. */
  boolean bad(ResponseHead response) {
    return reasons.bad(response);
  }

  // --- decisions ---

  /** Whether an attempt that failed like this is the policy's affair, whatever it decides. */
  boolean covers(Failure failure) {
    return reasons.after(failure);
  }

  /**
   * Whether there is another attempt after one that failed; it begins by itself when its time has
   * come.
   */
  boolean after(Failure failure) {
    attemptEnded();
    if (!reasons.after(failure) || !allowed(-1)) {
      return false;
    }
    upstream.waitForNext();
    return true;
  }

  /**
   * The same after a response with this head, which is released then; {@code whole} is whether
   * there is nothing more of it.
   */
  boolean after(ResponseHead response, boolean whole) {
    worker().wheel().disarm(perTry);
    active();
    if (response.contains(RetryMark.NAME) && reasons.after(response)) {
      // Who is nearer to the host has tried, and more of the same would only multiply.
      Cluster cluster = upstream.cluster();
      if (cluster != null) {
        cluster.stats().retriedBelow(worker().stats());
      }
      return false;
    }
    if (!reasons.after(response)) {
      return false;
    }
    if (!allowed(reset(response))) {
      if (marks && done > 0) {
        response.set(RetryMark.NAME, Integer.toString(done));
      }
      return false;
    }
    attemptEnded();
    Cluster cluster = upstream.cluster();
    Host host = upstream.host();
    int status = response.status();
    if (cluster != null && host != null) {
      cluster.stats().retriedResponse(worker().stats(), status);
      cluster.answered(worker(), host, upstream.tookNanos(), response);
    }
    response.release();
    if (whole) {
      upstream.passOver(status);
    } else {
      upstream.endAttempt(ResetReason.FILTER, status);
    }
    upstream.waitForNext();
    return true;
  }

  private boolean allowed(long resetNanos) {
    Cluster cluster = upstream.cluster();
    if (tooLong || over || cluster == null) {
      return false;
    }
    giveBack();
    if (left == 0) {
      upstream.exchange.flag(ResponseFlag.UPSTREAM_RETRY_LIMIT_EXCEEDED);
      cluster.stats().retryLimitExceeded(worker().stats());
      return false;
    }
    left--;
    Priority priority = cluster.priority(upstream.priority());
    if (!priority.tryRetry()) {
      upstream.exchange.flag(ResponseFlag.UPSTREAM_OVERFLOW);
      cluster.stats().retryOverflowed(worker().stats());
      return false;
    }
    budget = priority;
    done++;
    cluster.stats().retryWaits(worker().stats(), resetNanos >= 0);
    worker().wheel().arm(again, resetNanos >= 0 ? resetNanos : backOff());
    return true;
  }

  /** A random time below the base, doubled with each retry up to the longest. */
  private long backOff() {
    BackOff backOff = reasons.policy().policy().backOff();
    long longest = backOff.longest().toMillis();
    long millis = backOff.base().toMillis();
    for (int i = 1; i < done && millis < longest; i++) {
      millis *= 2;
    }
    return worker().random().nextLong(Math.max(1, Math.min(millis, longest))) * 1_000_000;
  }

  /**
   * When the host wants it again, with as much as half of that more; negative if it does not say.
   */
  private long reset(ResponseHead response) {
    RetryPolicy policy = reasons.policy().policy();
    List<HeaderName> names = reasons.policy().resetHeaders();
    for (int i = 0; i < names.size(); i++) {
      Optional<String> text = response.first(names.get(i));
      if (text.isEmpty() || !text.get().matches("[0-9]{1,12}")) {
        continue;
      }
      long seconds = Long.parseLong(text.get());
      if (policy.resetHeaders().get(i).format() == ResetHeader.Format.UNIX_TIMESTAMP) {
        seconds -= worker().epochNanos() / 1_000_000_000L;
      }
      if (seconds > 0 && seconds <= policy.longestReset().toSeconds()) {
        long millis = seconds * 1_000;
        return (millis + worker().random().nextLong(millis / 2)) * 1_000_000;
      }
    }
    return -1;
  }

  private void giveBack() {
    Priority taken = budget;
    if (taken != null) {
      budget = null;
      taken.retryEnded();
    }
  }

  // --- the end ---

  /** A reply in the place of the last attempt's answer, for a proxy above to see. */
  LocalReply marked(LocalReply reply) {
    return marks ? RetryMark.on(reply, done) : reply;
  }

  /** There is no further attempt, and nothing of the body is needed. */
  void end() {
    if (!over) {
      over = true;
      Hedges beside = hedges;
      if (beside != null) {
        beside.end();
      }
      worker().wheel().remove(again);
      worker().wheel().remove(perTry);
      Deadline silent = idle;
      if (silent != null) {
        worker().wheel().remove(silent);
      }
      giveBack();
      drop();
    }
  }
}
