package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.ResetReason;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.engine.cluster.Cluster;
import io.heddle.proxy.engine.cluster.ClusterStats;
import io.heddle.proxy.engine.cluster.Host;
import io.heddle.proxy.engine.cluster.Priority;
import io.heddle.proxy.engine.exchange.RetryReasons.Failure;
import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.Worker;
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

/**
 * Sends a request again where its host did not do what it was asked: whether, how often, when and
 * to whom, with a copy of the body that is as long as a connection may buffer. Owned by the
 * exchange's loop.
 */
final class Retries {
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

  private Retries(UpstreamRequest upstream, RetryReasons reasons) {
    this.upstream = upstream;
    this.reasons = reasons;
    this.left = reasons.retries();
  }

  /** Those of a request that its route or its own headers give some, else null. */
  static @Nullable Retries of(UpstreamRequest upstream, CompiledRoute route, long routeNanos) {
    Exchange exchange = upstream.exchange;
    CompiledRetry policy = route.retry();
    if (policy == null) {
      if (!RetryReasons.asked(exchange.request)) {
        return null;
      }
      policy = CompiledRetry.BY_HEADERS;
    }
    RetryReasons reasons = new RetryReasons(policy, exchange.request, routeNanos);
    boolean useless =
        reasons.none() && reasons.perTryNanos() == 0 && reasons.perTryIdleNanos() == 0;
    return useless || exchange.upgrade() ? null : new Retries(upstream, reasons);
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
      cluster.stats().retryAbandoned(worker().stats());
      drop();
    } else {
      if (body.isEmpty()) {
        body = new ArrayList<>(2);
      }
      body.add(data.retainedDuplicate());
    }
  }

  private boolean mayRepeat() {
    return left > 0 || again.armed();
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
    Deadlines.tell(
        upstream.exchange, allNanos, reasons.perTryNanos(), goneNanos, upstream.suppressed());
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
    if (!over && !upstream.responseBegun()) {
      ranOut(ClusterStats::tryTimedOut, UpstreamReplies.perTryTimeout());
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
    if (cluster == null) {
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
    if (!after(Failure.TIMEOUT)) {
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
    if (!reasons.after(response) || !allowed(reset(response))) {
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

  /** There is no further attempt, and nothing of the body is needed. */
  void end() {
    if (!over) {
      over = true;
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
