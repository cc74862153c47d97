package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.ResetReason;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.codec.HttpVersion;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.codec.Trailers;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.overload.HeavyStream;
import io.heddle.proxy.engine.route.CompiledRoute;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A request and its response. Owned by the loop of its connection.
 *
 * <p>The request runs through the filters in order to the router ({@link UpstreamRequest}), the
 * response through them in reverse to the connection; a local reply enters where the response of an
 * upstream would. Longer than other classes, as every way that an exchange can end meets here.
 */
// Bits of a set.
@SuppressWarnings("EnumOrdinal")
public final class Exchange implements HeavyStream {
  private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);
  private static final HeaderName EXPECT = HeaderName.of("expect");

  final Worker worker;
  final HttpChain manager;
  final Downstream downstream;
  final RequestHead request;
  UpstreamRequest upstream;
  final ExchangeLog log;
  private final RouteHolder.Routes routes;

  FilterStage[] stages = FilterStage.NONE;
  private @Nullable ResponseHead response;
  private @Nullable Trailers requestTrailers;
  private @Nullable Trailers responseTrailers;
  private @Nullable CompiledRoute route;
  private CompiledRoute.@Nullable Target target;
  private boolean routeMatched;
  private long random = -1;
  private @Nullable ExchangeExtras extras;
  private @Nullable ExchangeState state;
  private boolean requestEnded;
  private boolean requestClosed;
  private boolean replied;
  private boolean responseStarted;
  private boolean completed;

  /** Offers another protocol, which may be switched to. */
  private boolean upgrade;

  /** An exchange for this request, whose head it owns from now on. */
  public Exchange(Worker worker, HttpChain manager, Downstream downstream, RequestHead request) {
    this.worker = worker;
    this.manager = manager;
    this.downstream = downstream;
    this.request = request;
    this.routes = manager.routes.use(request);
    this.upstream = new UpstreamRequest(this);
    this.log = new ExchangeLog(this, worker.turnNanos(), worker.epochNanos());
  }

  // --- from the connection ---

  /** The head is whole. */
  public void begin(boolean end) {
    worker.stats().increment(manager.stats.rqTotal);
    worker.stats().increment(manager.stats.rqActive);
    worker.requestBegan();
    downstream.timers().begin(this, end);
    if (end) {
      requestEnded();
    }
    LocalReply refusal = Refusals.check(request, upgrade, manager, worker);
    if (refusal != null) {
      upgrade = false;
      reply(refusal);
      return;
    }
    log.client =
        RequestPreparation.prepare(
            request, manager, downstream, worker, routes.internalOnlyHeaders());
    ExchangeLogs.begun(this);
    if (upgrade && !mayUpgrade()) {
      return;
    }
    stages = FilterStage.chain(this);
    if (request.expectsContinue()) {
      request.remove(EXPECT);
      if (!end) {
        downstream.sendContinue();
      }
    }
    DownstreamFlow.requestHeaders(this, 0, end);
  }

  /**
   * The head is whole and offers a protocol that may be switched to. The request ends where the
   * host declines, and nothing of what follows is given to it before that is known.
   */
  public void beginUpgrade() {
    upgrade = true;
    begin(false);
  }

  private boolean mayUpgrade() {
    if (route() == null) {
      // As of any request, nothing is known of it.
      upgrade = false;
      return true;
    }
    if (!manager.allowsUpgrade(request, route())) {
      upgrade = false;
      reply(Refusals.upgrade(manager, worker));
      return false;
    }
    worker.stats().increment(manager.stats.cxUpgradesTotal);
    worker.stats().increment(manager.stats.cxUpgradesActive);
    return true;
  }

  /** Whether another protocol was offered, or CONNECT asked for one. */
  boolean upgrade() {
    return upgrade;
  }

  /** Whether it was accepted: what follows in both directions is no HTTP. */
  public boolean switched() {
    ExchangeExtras more = extras;
    return more != null && more.switched;
  }

  /** Whether a response of this status accepts what was offered. */
  boolean accepts(int status) {
    return request.methodIs("CONNECT") ? status >= 200 && status < 300 : status == 101;
  }

  /** The host answers as to any other request, which is whole thereby. */
  void upgradeDeclined() {
    if (!requestEnded) {
      requestData(Unpooled.EMPTY_BUFFER, true);
    }
  }

  /** A piece of the request's body, maybe empty at its end. Takes ownership. */
  public void requestData(ByteBuf data, boolean end) {
    log.bytesReceived += data.readableBytes();
    downstream.timers().active(worker.turnNanos());
    // What comes after an offer that was declined belongs to nobody.
    boolean declined = upgrade && requestEnded;
    if (end) {
      requestEnded();
    }
    if (requestClosed || completed || declined) {
      data.release();
      return;
    }
    DownstreamFlow.requestData(this, 0, data, end);
  }

  /** The request's trailers, which end it. Takes ownership. */
  public void requestTrailers(Trailers trailers) {
    requestEnded();
    if (requestClosed || completed) {
      trailers.release();
      return;
    }
    requestTrailers = trailers;
    if (passesTrailers()) {
      DownstreamFlow.requestTrailers(this, 0, trailers);
    } else {
      DownstreamFlow.requestData(this, 0, Unpooled.EMPTY_BUFFER, true);
    }
  }

  /** HTTP/1.1 has them where they are switched on, HTTP/2 always. */
  private boolean passesTrailers() {
    return request.version() == HttpVersion.HTTP_2 || manager.config.http1().enableTrailers();
  }

  private void requestEnded() {
    requestEnded = true;
    log.requestEndNanos = worker.turnNanos();
    downstream.timers().requestEnded();
    upstream.armRouteTimeout();
  }

  /** Whether the whole request has come. */
  boolean requestWhole() {
    return requestEnded;
  }

  /** The client has closed its connection. */
  public void downstreamGone() {
    if (!completed) {
      flag(ResponseFlag.DOWNSTREAM_CONNECTION_TERMINATION);
      worker.stats().increment(manager.stats.rqRxReset);
      fail(ResetReason.DOWNSTREAM_GONE, "downstream_remote_disconnect");
    }
  }

  /** The client broke the protocol such that it cannot be answered. */
  public void downstreamViolation(String detail) {
    if (!completed) {
      flag(ResponseFlag.DOWNSTREAM_PROTOCOL_ERROR);
      fail(ResetReason.DOWNSTREAM_PROTOCOL_ERROR, detail);
    }
  }

  /** The client broke the protocol within the body. */
  public void downstreamProtocolError(String detail, int code) {
    flag(ResponseFlag.DOWNSTREAM_PROTOCOL_ERROR);
    if (responseStarted) {
      fail(ResetReason.DOWNSTREAM_PROTOCOL_ERROR, detail);
    } else {
      reply(LocalReply.of(code, detail, "Bad Request"));
    }
  }

  /** The client takes bytes again, or has stopped to. */
  public void downstreamWritable(boolean writable) {
    upstream.downstreamWritable(writable);
  }

  // --- from the upstream ---

  /** The upstream's response begins. Takes ownership. */
  void upstreamHead(ResponseHead head, boolean end) {
    log.responseBeginNanos = worker.turnNanos();
    downstream.timers().active(log.responseBeginNanos);
    if (end) {
      log.responseEndNanos = log.responseBeginNanos;
    }
    response = head;
    log.details = "via_upstream";
    ResponsePreparation.ofRoute(this, head);
    DownstreamFlow.responseHeaders(this, stages.length - 1, end);
  }

  /** What few exchanges have. */
  ExchangeExtras extras() {
    ExchangeExtras made = extras;
    if (made == null) {
      made = new ExchangeExtras();
      extras = made;
    }
    return made;
  }

  /** The same; null where this one has none. */
  @Nullable ExchangeExtras extrasIfAny() {
    return extras;
  }

  /** What follows redirects of upstreams for this exchange. */
  InternalRedirect redirects() {
    return extras().redirects(this);
  }

  /** Sends the request, as it is now, through the filters and to its route once more. */
  void restart(InternalRedirect with) {
    for (FilterStage stage : stages) {
      stage.complete();
    }
    stages = FilterStage.NONE;
    extras().restart();
    upstream = new UpstreamRequest(this);
    stages = FilterStage.chain(this);
    boolean body = with.hasBody();
    DownstreamFlow.requestHeaders(this, 0, !body);
    if (body && !completed) {
      DownstreamFlow.requestData(this, 0, with.takeBody(), true);
    }
  }

  /** A piece of the upstream's response. Takes ownership. */
  void upstreamData(ByteBuf data, boolean end) {
    downstream.timers().active(worker.turnNanos());
    if (end) {
      log.responseEndNanos = worker.turnNanos();
    }
    DownstreamFlow.responseData(this, stages.length - 1, data, end);
  }

  /** The upstream's trailers. Takes ownership. */
  void upstreamTrailers(Trailers trailers) {
    responseTrailers = trailers;
    log.responseEndNanos = worker.turnNanos();
    if (passesTrailers()) {
      DownstreamFlow.responseTrailers(this, stages.length - 1, trailers);
    } else {
      DownstreamFlow.responseData(this, stages.length - 1, Unpooled.EMPTY_BUFFER, true);
    }
  }

  /** The response has come through the filters. */
  void sendHead(boolean end) {
    ResponseHead head = response;
    if (head == null) {
      throw new IllegalStateException("no response to send");
    }
    ResponsePreparation.ofManager(this, head);
    log.status = head.status();
    log.sendBeginNanos = worker.turnNanos();
    responseStarted = true;
    if (switched()) {
      ExchangeLogs.switched(this);
      // What follows is no request that could take too long.
      downstream.timers().requestEnded();
    }
    downstream.sendHead(head, end);
    if (end) {
      complete(false);
    }
  }

  // --- replies and ends ---

  /** Replies in the place of an upstream, or resets where the response has begun. */
  void reply(LocalReply given) {
    reply(given, ResetReason.FILTER);
  }

  /** The same; {@code why} is what an attempt that is under way hears. */
  private void reply(LocalReply given, ResetReason why) {
    if (completed) {
      return;
    }
    if (responseStarted) {
      worker.stats().increment(manager.stats.lateReply);
      return;
    }
    if (replied) {
      return;
    }
    replied = true;
    boolean passFilters = response == null;
    requestClosed = true;
    upstream.abandon(why);
    LocalReply reply = given;
    for (FilterStage stage : stages) {
      stage.dropRequest();
      reply = stage.localReply(reply);
      stage.restartResponse();
    }
    ResponseHead before = response;
    if (before != null) {
      before.release();
    }
    flags(reply);
    log.details = reply.detail();
    boolean grpc = GrpcReply.wanted(request);
    ResponseHead head = worker.heads().response().start(reply.status());
    response = head;
    byte[] body = ResponsePreparation.ofReply(this, head, reply, grpc);
    int from = passFilters ? stages.length - 1 : -1;
    if (body.length == 0 || grpc) {
      DownstreamFlow.responseHeaders(this, from, true);
      return;
    }
    DownstreamFlow.responseHeaders(this, from, false);
    if (!completed) {
      DownstreamFlow.responseData(this, from, Unpooled.wrappedBuffer(body), true);
    }
  }

  /** Whether a local reply was given. */
  boolean replied() {
    return replied;
  }

  /** Ends with a reply where that is possible, else without. */
  void failOrReply(LocalReply reply, ResetReason reason) {
    if (responseStarted) {
      flags(reply);
      fail(reason, reply.detail());
    } else {
      reply(reply, reason);
    }
  }

  /** Ends without a whole response. */
  void fail(ResetReason reason, String detail) {
    if (completed) {
      return;
    }
    log.details = detail;
    requestClosed = true;
    upstream.abandon(reason);
    for (FilterStage stage : stages) {
      stage.reset(reason);
    }
    if (reason != ResetReason.DOWNSTREAM_GONE) {
      worker.stats().increment(manager.stats.rqTxReset);
    }
    complete(true);
  }

  /** A filter threw. */
  void filterFailed(String name, Throwable failure) {
    LOG.warn("Filter {} failed; its exchange ends", name, failure);
    worker.stats().increment(manager.stats.filterFailed);
    if (replied || responseStarted) {
      fail(ResetReason.FILTER, "filter_exception");
    } else {
      reply(LocalReply.of(500, "filter_exception", ""));
    }
  }

  /** A buffer of a filter is over its limit. */
  void overflow(boolean ofRequest) {
    HttpStats stats = manager.stats;
    worker.stats().increment(ofRequest ? stats.rqTooLarge : stats.rsTooLarge);
    failOrReply(Refusals.tooLarge(ofRequest), ResetReason.OVERFLOW);
  }

  /** It is over; {@code broken} is whether the response is not whole. */
  void complete(boolean broken) {
    if (completed) {
      return;
    }
    completed = true;
    requestClosed = true;
    worker.requestEnded();
    log.endNanos = worker.turnNanos();
    upstream.finish();
    downstream.timers().end();
    for (FilterStage stage : stages) {
      stage.complete();
    }
    ExchangeLogs.ended(this);
    if (upgrade) {
      worker.stats().add(manager.stats.cxUpgradesActive, -1);
    }
    manager.stats.completed(
        worker.stats(), log.status, (log.endNanos - log.startNanos) / 1_000_000);
    downstream.completed(broken);
    release();
  }

  private void release() {
    routes.compiled().done();
    request.release();
    ExchangeExtras more = extras;
    if (more != null) {
      more.release();
    }
    ResponseHead head = response;
    if (head != null) {
      head.release();
      response = null;
    }
    Trailers trailers = requestTrailers;
    if (trailers != null) {
      trailers.release();
      requestTrailers = null;
    }
    trailers = responseTrailers;
    if (trailers != null) {
      trailers.release();
      responseTrailers = null;
    }
  }

  @Override
  public long heldBytes() {
    long sum = downstream.pendingBytes() + upstream.heldBytes();
    for (FilterStage stage : stages) {
      sum += stage.heldBytes();
    }
    return sum;
  }

  @Override
  public void endForWeight() {
    if (!completed) {
      flag(ResponseFlag.OVERLOAD_MANAGER);
      worker.batch(() -> fail(ResetReason.OVERFLOW, "overload_manager_reset"));
    }
  }

  /** Whether it is over. */
  public boolean completed() {
    return completed;
  }

  boolean responseStarted() {
    return responseStarted;
  }

  /** Whether no more of the request is wanted. */
  public boolean requestClosed() {
    return requestClosed;
  }

  // --- the route ---

  @Nullable CompiledRoute route() {
    if (!routeMatched) {
      routeMatched = true;
      long random = random();
      CompiledRoute found = routes.compiled().match(request, log, random);
      route = found;
      target = found == null ? null : found.target(request, log, random);
      if (found != null) {
        Deadlines.matched(this, found);
      }
    }
    return route;
  }

  /** One number for all that chance decides about this request's route. */
  long random() {
    if (random < 0) {
      random = worker.random().nextLong() >>> 1;
    }
    return random;
  }

  CompiledRoute.@Nullable Target target() {
    var _ = route();
    return target;
  }

  boolean routesKnown() {
    return routes.known();
  }

  /** Puts back a route that was cleared for another. */
  void restoreRoute(CompiledRoute before) {
    routeMatched = true;
    route = before;
    target = before.target(request, log, random());
  }

  void clearRoute() {
    routeMatched = false;
    route = null;
    target = null;
  }

  // --- what filters share ---

  ExchangeState state() {
    ExchangeState made = state;
    if (made == null) {
      made = new ExchangeState();
      state = made;
    }
    return made;
  }

  /** A context that belongs to no filter, for balancers and access loggers. */
  FilterStage context() {
    return stages.length > 0 ? stages[0] : new FilterStage(this);
  }

  void flag(ResponseFlag flag) {
    log.flag(flag);
  }

  private void flags(LocalReply of) {
    of.flags().forEach(log::flag);
  }

  @Nullable Trailers requestTrailers() {
    return requestTrailers;
  }

  @Nullable Trailers responseTrailers() {
    return responseTrailers;
  }

  /** The route as far as it was looked for. */
  @Nullable CompiledRoute matchedRoute() {
    return route;
  }

  /** What of that route was drawn. */
  CompiledRoute.@Nullable Target matchedTarget() {
    return target;
  }

  @Nullable ExchangeState stateIfAny() {
    return state;
  }

  @Nullable ResponseHead response() {
    return response;
  }
}
