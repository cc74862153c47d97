package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.ResetReason;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.codec.Trailers;
import io.heddle.proxy.engine.cluster.Cluster;
import io.heddle.proxy.engine.cluster.Host;
import io.heddle.proxy.engine.cluster.Priority;
import io.heddle.proxy.engine.cluster.UpstreamConnection;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * An attempt of a whole request beside another that is under way. Until its head is there it is by
 * itself; the one whose head is taken hands everything on to the exchange's {@link
 * UpstreamRequest}. Owned by the exchange's loop.
 */
// Identity of the connection is meant.
@SuppressWarnings("ReferenceEquality")
final class HedgedAttempt extends UpstreamAttempt {
  private final UpstreamRequest main;
  private final Hedges hedges;
  private final AttemptChain chain = new AttemptChain(this);
  private @Nullable Priority budget;
  private @Nullable HeldRequest body;
  private boolean won;

  /** {@code budget} is where its retry is counted, which it gives back. */
  HedgedAttempt(UpstreamRequest main, Hedges hedges, Priority budget) {
    super(main.exchange);
    this.main = main;
    this.hedges = hedges;
    this.budget = budget;
  }

  /** Begins, as this attempt of the request; it has one of the cluster's requests already. */
  void begin(Cluster to, Host there, HeldRequest whole, int number) {
    cluster = to;
    host = there;
    priority = main.priority();
    counted = true;
    body = whole;
    attempts = number;
    attemptNanos = exchange.worker.turnNanos();
    inAttempt = true;
    chain.begin(to.useFilters());
    there.requestBegan();
    to.stats().attemptBegan(exchange.worker.stats());
    to.acquire(exchange.worker, there, this, priority);
  }

  AttemptChain chain() {
    return chain;
  }

  /** Its head is taken: from now on it is the exchange's. */
  void win() {
    won = true;
    connection = null;
    counted = false;
    inAttempt = false;
  }

  /** Ends it, and gives its retry back; {@code code} is what its host has answered, or 0. */
  void dispose(ResetReason why, int code) {
    giveUp();
    ended(why, code);
  }

  private void ended(ResetReason why, int code) {
    connection = null;
    release(code);
    chain.end(why);
    HeldRequest unsent = body;
    if (unsent != null) {
      body = null;
      unsent.release();
    }
    giveBack();
  }

  /** Gives its retry back. */
  void giveBack() {
    Priority taken = budget;
    if (taken != null) {
      budget = null;
      taken.retryEnded();
    }
  }

  @Override
  public void onConnection(UpstreamConnection given) {
    connection = given;
    hostReached();
    Forwarding.nameHost(exchange, host);
    Forwarding.countAttempt(exchange, attempts);
    HeldRequest whole = body;
    body = null;
    chain.requestHeaders(0, whole == null || whole.isEmpty());
    if (whole != null) {
      if (connection == given) {
        whole.give(chain, true);
      } else {
        whole.release();
      }
    }
  }

  @Override
  public void onPoolFailure(PoolFailure reason, String detail) {
    ended(ResetReason.UPSTREAM_GONE, 0);
    if (hedges.lost(this)) {
      // The last of all: the host's failure is counted there.
      main.host = host;
      main.onPoolFailure(reason, detail);
    } else if (reason.ofHost()) {
      hostFailed();
    }
  }

  @Override
  public void onInformational(ResponseHead head) {
    if (won) {
      main.onInformational(head);
    } else {
      // Of an answer that may not be the client's.
      head.release();
    }
  }

  @Override
  public void onHead(ResponseHead head, boolean end) {
    hedges.answered(this, head, end);
  }

  /** The response, of which this is the head, is not passed on. */
  void passOver(boolean whole, int code) {
    if (!whole) {
      giveUp();
    }
    ended(ResetReason.FILTER, code);
  }

  @Override
  public void onData(ByteBuf data, boolean end) {
    main.onData(data, end);
  }

  @Override
  public void onTrailers(Trailers trailers) {
    main.onTrailers(trailers);
  }

  @Override
  public void onReset(UpstreamReset reset) {
    if (won) {
      main.onReset(reset);
      return;
    }
    Cluster from = cluster;
    ended(ResetReason.UPSTREAM_GONE, 0);
    if (from != null) {
      from.stats().resetByUpstream(exchange.worker.stats());
    }
    if (hedges.lost(this)) {
      main.host = host;
      main.onReset(reset);
    } else {
      hostFailed();
    }
  }

  @Override
  public void onWritable(boolean writable) {
    // The whole request lies here already: nobody could wait.
    if (won) {
      main.onWritable(writable);
    }
  }
}
