package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.ResetReason;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.codec.Trailers;
import io.heddle.proxy.engine.cluster.Cluster;
import io.heddle.proxy.engine.cluster.Host;
import io.heddle.proxy.engine.cluster.UpstreamConnection;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.route.CompiledRoute;
import io.heddle.xds.model.InternalRedirects;
import io.heddle.xds.model.RouteAction.RoutingPriority;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * The router's part of an exchange: chooses cluster and host, sends the request, takes the
 * response. Owned by the exchange's loop.
 */
// Identity of the connection is meant.
@SuppressWarnings("ReferenceEquality")
final class UpstreamRequest extends UpstreamAttempt {
  private static final HeaderName SERVICE_TIME = HeaderName.of("x-envoy-upstream-service-time");

  /** Of the attempt whose answer is the client's. */
  private AttemptChain chain;

  private @Nullable String clusterName;
  private @Nullable String failure;
  private long timeoutNanos;
  private @Nullable HeldRequest held;
  private boolean routed;
  private boolean endGiven;

  /**
   * Whether some of the body was given to an attempt, which may have sent it or hold it in one of
   * its filters: the request cannot be sent again.
   */
  private boolean bodyGiven;

  private boolean responseBegun;
  private boolean upstreamPaused;
  private int status;

  UpstreamRequest(Exchange exchange) {
    super(exchange);
    this.chain = new AttemptChain(this);
  }

  // --- the request, after all filters ---

  void headers(boolean end) {
    endGiven = end;
    Forwarding.of(this, end);
  }

  /** Says which cluster it is for, by name. */
  void named(String cluster) {
    clusterName = cluster;
  }

  /** The cluster is there. */
  void found(Cluster to, RoutingPriority of) {
    cluster = to;
    priority = of;
  }

  /** The head is as its host shall have it: the first attempt begins. */
  void begin(long routeTimeoutNanos) {
    timeoutNanos = routeTimeoutNanos;
    routed = true;
    attempt();
    if (exchange.requestWhole()) {
      armRouteTimeout();
    }
  }

  boolean suppressed() {
    return exchange.manager.config.router().suppressEnvoyHeaders();
  }

  /** The time of the route counts from the end of the request. */
  void armRouteTimeout() {
    if (routed && timeoutNanos > 0 && !exchange.completed()) {
      exchange.downstream.timers().route(timeoutNanos);
    }
    Retries with = retries();
    if (with != null && !responseBegun) {
      with.requestWhole(connection != null);
    }
  }

  private void attempt() {
    Cluster to = cluster;
    if (to == null) {
      throw new IllegalStateException("no cluster");
    }
    Worker worker = exchange.worker;
    if (!to.priority(priority).requests().tryAcquire()) {
      failed(UpstreamReplies.overflow(suppressed()));
      return;
    }
    counted = true;
    Host there = choose(to);
    if (there == null) {
      if (retries() != null) {
        // As in Envoy, whose logs count it where there could be others.
        attempts = Math.max(1, attempts);
      }
      release(0);
      to.stats().noneHealthy(worker.stats());
      failed(UpstreamReplies.noHealthyHost());
      return;
    }
    host = there;
    attempts++;
    attemptNanos = worker.turnNanos();
    inAttempt = true;
    chain.begin(to.useFilters());
    there.requestBegan();
    to.stats().attemptBegan(worker.stats());
    to.acquire(worker, there, this, priority);
  }

  @Override
  public void onConnection(UpstreamConnection given) {
    connection = given;
    hostReached();
    if (exchange.upgrade() && !given.switchesProtocols(exchange.request)) {
      failed(UpstreamReplies.upgradeUnsupported());
      return;
    }
    Forwarding.nameHost(exchange, host);
    Retries with = retries();
    if (attempts > 1) {
      Forwarding.countAttempt(exchange, with == null ? attempts : with.number(attempts));
    }
    if (exchange.upgrade()) {
      // What the client has sent already is for who accepts the offer.
      chain.requestHeaders(0, false);
      return;
    }
    if (with != null && exchange.requestWhole()) {
      with.attemptSent();
    }
    chain.requestHeaders(0, endGiven && held == null);
    giveHeld(given);
    if (with != null && connection == given && exchange.requestWhole()) {
      with.hedge();
    }
  }

  /** Gives what had to wait to the connection. */
  private void giveHeld(UpstreamConnection given) {
    HeldRequest before = held;
    if (before != null) {
      held = null;
      bodyGiven = true;
      before.give(chain, endGiven);
    }
    if (connection != given) {
      return;
    }
    if (given.slow()) {
      // One used before may still be sending what was given to it then: it is slow already, and
      // will only tell when it is not any more.
      pauseDownstream();
    } else {
      resumeDownstream();
    }
  }

  void data(ByteBuf data, boolean end) {
    if (end) {
      endGiven = true;
    }
    ExchangeExtras with = exchange.extrasIfAny();
    if (with != null) {
      Mirrors.data(with.mirrors, data, end);
      if (with.redirects != null) {
        with.redirects.keep(data);
      }
      Cluster to = cluster;
      if (with.retries != null && to != null) {
        with.retries.keep(to, data);
      }
    }
    boolean offering = exchange.upgrade() && !responseBegun;
    if (connection != null && !offering) {
      bodyGiven = true;
      chain.requestData(0, data, end);
      return;
    }
    if (!inAttempt) {
      data.release();
      return;
    }
    held().add(data);
    if (!end) {
      pauseDownstream();
    }
  }

  void trailers(Trailers trailers) {
    if (exchange.upgrade()) {
      // There are none but in HTTP.
      data(Unpooled.EMPTY_BUFFER, true);
      return;
    }
    endGiven = true;
    ExchangeExtras with = exchange.extrasIfAny();
    if (with != null) {
      Mirrors.trailers(with.mirrors, trailers);
    }
    if (connection != null) {
      bodyGiven = true;
      chain.requestTrailers(0, trailers);
    } else if (inAttempt) {
      held().end(trailers);
    }
  }

  // --- the response ---

  @Override
  public void onInformational(ResponseHead head) {
    if (head.status() == 100) {
      // The client was told to go on by ourselves.
      head.release();
    } else {
      DownstreamFlow.informational(exchange, head);
    }
  }

  @Override
  public void onHead(ResponseHead given, boolean end) {
    Retries with = retries();
    if (with != null && (with.passesOver(given, end) || with.after(given, end))) {
      return;
    }
    responseBegun = true;
    status = given.status();
    boolean whole = exchange.requestWhole();
    if (exchange.upgrade()) {
      answered(exchange.accepts(status));
    }
    Worker worker = exchange.worker;
    Cluster from = cluster;
    UpstreamConnection on = connection;
    Host there = host;
    if (from != null) {
      AttemptStats.responded(exchange, from, status);
      if (there != null) {
        from.answered(worker, there, worker.turnNanos() - attemptNanos, given);
      }
    }
    if (on != null) {
      socket = on.socket();
      if (exchange.downstream.slow()) {
        pauseUpstream();
      }
    }
    if (whole && !suppressed()) {
      given.set(SERVICE_TIME, Long.toString((worker.turnNanos() - attemptNanos) / 1_000_000));
    }
    if (end) {
      responseEnded();
    }
    if (follows(given)) {
      given.release();
      abandon(ResetReason.FILTER);
      exchange.restart(exchange.redirects());
      return;
    }
    chain.response(given, end);
    if (exchange.switched() && on != null && connection == on) {
      giveHeld(on);
    }
  }

  // --- beside each other ---

  /** The number of an attempt that begins. */
  int oneMoreAttempt() {
    return ++attempts;
  }

  /** This attempt, whose head has come, goes on in the place of ours, which is over. */
  void adopt(HedgedAttempt other) {
    host = other.host;
    connection = other.connection;
    counted = other.counted;
    inAttempt = other.inAttempt;
    attemptNanos = other.attemptNanos;
    bodyGiven = true;
    chain = other.chain();
    chain.owner(this);
    other.win();
  }

  // --- once more ---

  /** Another attempt follows when its time has come. */
  void waitForNext() {
    dropHeld();
    if (!endGiven) {
      // What comes now is kept, as far as there is room for it.
      pauseDownstream();
    }
  }

  /** Another attempt begins, with what has come of the request so far. */
  void beginAgain(HeldRequest body) {
    bodyGiven = false;
    Trailers trailers = exchange.requestTrailers();
    if (endGiven && trailers != null) {
      body.end(trailers);
    }
    held = body.isEmpty() ? null : body;
    attempt();
  }

  /** The offer of another protocol is. */
  private void answered(boolean accepted) {
    if (accepted) {
      exchange.extras().switched = true;
      return;
    }
    boolean whole = exchange.requestWhole();
    dropHeld();
    resumeDownstream();
    if (whole) {
      chain.requestData(0, Unpooled.EMPTY_BUFFER, true);
    } else {
      exchange.upgradeDeclined();
    }
  }

  /** Whether this response is a redirect that is followed here. */
  private boolean follows(ResponseHead given) {
    CompiledRoute from = exchange.matchedRoute();
    return from != null
        && from.redirects() instanceof InternalRedirects.Follow policy
        && policy.statuses().contains(given.status())
        && exchange.redirects().follow(from, policy, given);
  }

  @Override
  public void onData(ByteBuf data, boolean end) {
    Retries with = retries();
    if (with != null) {
      with.active();
    }
    if (end) {
      responseEnded();
    }
    chain.responseData(data, end);
  }

  @Override
  public void onTrailers(Trailers trailers) {
    Cluster from = cluster;
    Host there = host;
    if (from != null && there != null) {
      from.reported(exchange.worker, there, trailers);
    }
    responseEnded();
    chain.responseTrailers(trailers);
  }

  /** The connection has all of the response; what is left of the request is its own affair. */
  private void responseEnded() {
    upstreamPaused = false;
    Retries with = retries();
    if (with != null) {
      with.attemptEnded();
    }
    Cluster from = cluster;
    if (from != null) {
      AttemptStats.took(exchange, from, exchange.worker.turnNanos() - attemptNanos, attempts > 1);
    }
    if (endGiven) {
      connection = null;
    }
    release(status);
  }

  @Override
  public void onReset(UpstreamReset reset) {
    connection = null;
    upstreamPaused = false;
    Cluster from = cluster;
    release(0);
    hostFailed();
    chain.end(UpstreamReplies.why(reset));
    if (from != null) {
      from.stats().resetByUpstream(exchange.worker.stats());
    }
    RetryReasons.Failure failed =
        reset.refused() ? RetryReasons.Failure.REFUSED : RetryReasons.Failure.RESET;
    Retries with = retries();
    if (with != null && with.othersGoOn()) {
      return;
    }
    if (with != null && with.covers(failed)) {
      if (!responseBegun && with.after(failed)) {
        return;
      }
    } else if (!responseBegun
        && !bodyGiven
        && Forwarding.again(exchange.request, reset, attempts)) {
      if (from != null) {
        AttemptStats.retried(exchange, from);
      }
      attempt();
      return;
    }
    if (responseBegun) {
      exchange.flag(UpstreamReplies.cutOff(reset));
      exchange.fail(UpstreamReplies.why(reset), UpstreamReplies.cutOffDetail(reset));
      return;
    }
    if (reset.protocolError()) {
      failure = reset.detail();
    }
    failed(UpstreamReplies.of(reset));
  }

  @Override
  public void onPoolFailure(PoolFailure reason, String detail) {
    release(0);
    if (reason.ofHost()) {
      hostFailed();
    }
    chain.end(ResetReason.UPSTREAM_GONE);
    Retries with = retries();
    if (with != null
        && (with.othersGoOn() || (reason.ofHost() && with.after(RetryReasons.Failure.CONNECT)))) {
      return;
    }
    if (reason == PoolFailure.CONNECT_FAILED) {
      failure = detail.isEmpty() ? null : detail;
    }
    failed(UpstreamReplies.of(reason, detail, suppressed()));
  }

  void failed(LocalReply reply) {
    Cluster to = cluster;
    if (to != null) {
      AttemptStats.responded(exchange, to, reply.status());
    }
    Retries with = retries();
    LocalReply said =
        with != null && with.done() > 0 ? with.marked(UpstreamReplies.repeated(reply)) : reply;
    // Where there was no host to be tried, that is an attempt too.
    exchange.reply(
        Forwarding.withAttempts(exchange, said, routed ? Math.max(1, attempts) : attempts));
  }

  /** The route's timeout has passed. */
  void timedOut() {
    timedOut = true;
    Cluster to = cluster;
    if (to != null) {
      AttemptStats.timedOut(exchange, to);
      if (!responseBegun) {
        Host there = host;
        if (there != null && inAttempt) {
          to.gaveUp(exchange.worker, there, exchange.worker.turnNanos() - attemptNanos);
        }
        AttemptStats.responded(exchange, to, 504);
      }
    }
    exchange.failOrReply(
        Forwarding.withAttempts(exchange, UpstreamReplies.timeout(), attempts),
        ResetReason.TIMEOUT);
  }

  // --- the end ---

  /** Gives up whatever is under way; {@code why} is what the filters of an attempt hear. */
  void abandon(ResetReason why) {
    Retries with = retries();
    if (with != null) {
      with.end();
    }
    endAttempt(why, 0);
    dropHeld();
    resumeDownstream();
  }

  /** Ends the attempt alone; {@code code} is what its host has answered, or 0. */
  void endAttempt(ResetReason why, int code) {
    giveUp();
    release(code);
    chain.end(why);
  }

  /** The exchange is over; a request that is not whole goes no further. */
  void finish() {
    // A response that was whole has been: its filters hear of no reset.
    if (connection != null || inAttempt) {
      abandon(ResetReason.FILTER);
    }
    ExchangeExtras with = exchange.extrasIfAny();
    if (with != null) {
      Mirrors.exchangeOver(with.mirrors);
      if (with.retries != null) {
        with.retries.end();
      }
    }
    chain.end(ResetReason.FILTER);
    dropHeld();
    resumeDownstream();
  }

  private HeldRequest held() {
    HeldRequest made = held;
    if (made == null) {
      made = new HeldRequest();
      held = made;
    }
    return made;
  }

  /** Of the request's body, for a host that is not there yet or for another attempt. */
  long heldBytes() {
    HeldRequest waiting = held;
    Retries with = retries();
    // They are the same bytes.
    return Math.max(waiting == null ? 0 : waiting.bytes(), with == null ? 0 : with.heldBytes());
  }

  private void dropHeld() {
    HeldRequest waiting = held;
    if (waiting != null) {
      held = null;
      waiting.release();
    }
  }

  // --- flow control ---

  @Override
  public void onWritable(boolean writable) {
    if (writable) {
      resumeDownstream();
    } else {
      pauseDownstream();
    }
  }

  void downstreamWritable(boolean writable) {
    if (!writable) {
      pauseUpstream();
    } else if (upstreamPaused) {
      upstreamPaused = false;
      enableRead();
    }
  }

  private void pauseUpstream() {
    if (!upstreamPaused && connection != null && responseBegun) {
      upstreamPaused = true;
      exchange.worker.stats().increment(exchange.manager.stats.flowPaused);
      disableRead();
    }
  }

  // --- for retries ---

  /** The response was whole, and is not passed on. */
  void passOver(int code) {
    if (endGiven) {
      connection = null;
      release(code);
      chain.end(ResetReason.FILTER);
    } else {
      endAttempt(ResetReason.FILTER, code);
    }
  }

  boolean responseBegun() {
    return responseBegun;
  }

  // --- for logs ---

  @Nullable String clusterName() {
    return clusterName;
  }

  @Nullable String failure() {
    return failure;
  }
}
