package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.ResetReason;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.codec.HttpVersion;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.codec.Trailers;
import io.heddle.proxy.engine.balance.BalanceContext;
import io.heddle.proxy.engine.cluster.Cluster;
import io.heddle.proxy.engine.cluster.Host;
import io.heddle.proxy.engine.cluster.UpstreamConnection;
import io.heddle.proxy.engine.cluster.UpstreamSocket;
import io.heddle.proxy.engine.cluster.UpstreamStream;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.route.CompiledRoute;
import io.heddle.proxy.engine.route.RequestHash;
import io.heddle.proxy.engine.route.RouteCounters;
import io.heddle.proxy.engine.stats.LoopStats;
import io.heddle.xds.model.InternalRedirects;
import io.heddle.xds.model.RouteAction;
import io.heddle.xds.model.RouteAction.RoutingPriority;
import io.heddle.xds.model.RouteUpgrades;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The router's part of an exchange: chooses cluster and host, sends the request, takes the
 * response. Owned by the exchange's loop.
 */
// Identity of the connection is meant.
@SuppressWarnings("ReferenceEquality")
final class UpstreamRequest implements UpstreamStream {
  private static final HeaderName SERVICE_TIME = HeaderName.of("x-envoy-upstream-service-time");
  private static final HeaderName TIMEOUT_MS = HeaderName.of("x-envoy-upstream-rq-timeout-ms");
  private static final HeaderName EXPECTED_MS = HeaderName.of("x-envoy-expected-rq-timeout-ms");

  final Exchange exchange;
  private final AttemptChain chain;
  private @Nullable Cluster cluster;
  private @Nullable Host host;
  private @Nullable UpstreamConnection connection;
  private RoutingPriority priority = RoutingPriority.DEFAULT;
  private @Nullable String clusterName;
  private @Nullable String failure;
  private @Nullable UpstreamSocket socket;
  private long timeoutNanos;
  private @Nullable ArrayDeque<ByteBuf> waiting;
  private @Nullable Trailers waitingTrailers;
  private boolean routed;
  private boolean endGiven;

  /**
   * Whether some of the body was given to an attempt, which may have sent it or hold it in one of
   * its filters: the request cannot be sent again.
   */
  private boolean bodyGiven;

  private boolean counted;
  private boolean inAttempt;
  private boolean responseBegun;
  private boolean timedOut;
  private boolean downstreamPaused;
  private boolean upstreamPaused;
  private int status;
  private int attempts;
  private long attemptNanos;

  UpstreamRequest(Exchange exchange) {
    this.exchange = exchange;
    this.chain = new AttemptChain(this);
  }

  // --- the request, after all filters ---

  void headers(boolean end) {
    endGiven = end;
    CompiledRoute route = exchange.route();
    CompiledRoute.Target target = exchange.target();
    Worker worker = exchange.worker;
    HttpStats stats = exchange.manager.stats;
    if (route == null || target == null) {
      worker.stats().increment(stats.noRoute);
      exchange.reply(UpstreamReplies.noRoute(exchange.routesKnown()));
      return;
    }
    switch (route.config().action()) {
      case RouteAction.Forward forward -> forward(route, target, forward);
      case RouteAction.Redirect redirect -> {
        worker.stats().increment(stats.redirect);
        exchange.reply(Rewrites.redirect(exchange.request, route, redirect));
      }
      case RouteAction.DirectResponse direct -> {
        worker.stats().increment(stats.directResponse);
        exchange.reply(LocalReply.of(direct.status(), "direct_response", direct.body()));
      }
      case RouteAction.NonForwarding _ ->
          // As Envoy, for which such a route leads to a cluster without a name.
          exchange.reply(UpstreamReplies.noCluster(503));
    }
  }

  private void forward(
      CompiledRoute route, CompiledRoute.Target target, RouteAction.Forward forward) {
    Worker worker = exchange.worker;
    ExchangeExtras with = exchange.extrasIfAny();
    String name = with == null ? null : with.clusterOverride;
    if (name == null) {
      name =
          target.clusterHeader().isPresent()
              ? exchange.request.first(target.clusterHeader().get()).orElse("")
              : target.cluster();
    }
    clusterName = name;
    Cluster found = exchange.manager.clusters.get(name);
    if (found == null) {
      worker.stats().increment(exchange.manager.stats.noCluster);
      exchange.reply(UpstreamReplies.noCluster(forward.clusterNotFoundStatus()));
      return;
    }
    Cluster to = found.forAttempt(worker);
    cluster = to;
    priority = forward.priority();
    worker.stats().increment(exchange.manager.stats.rqRouted);
    if (route.isCounted()) {
      exchange.extras().count(exchange, route);
    }
    if (to.drops(worker)) {
      failed(UpstreamReplies.dropOverload(to.dropsAll(), suppressed()));
      return;
    }
    exchange
        .downstream
        .timers()
        .idle(
            forward.idleTimeout().over(exchange.manager.config.timeouts().streamIdle()).toNanos());
    exchange
        .downstream
        .timers()
        .duration(
            exchange,
            forward
                .maxStreamDuration()
                .over(exchange.manager.config.timeouts().maxStreamDuration())
                .toNanos());
    timeout(forward);
    target.requestEdits().apply(exchange.request, exchange.log);
    Rewrites.host(exchange.request, forward, target, suppressed());
    Rewrites.path(exchange.request, route, forward, suppressed());
    if (route.hasExtras()) {
      extras(route);
    }
    routed = true;
    attempt();
    if (exchange.requestWhole()) {
      armRouteTimeout();
    }
  }

  /** What few routes ask for. */
  private void extras(CompiledRoute route) {
    ExchangeExtras with = exchange.extras();
    if (!route.hash().isEmpty()) {
      with.hash = route.hash().of(exchange.request, exchange.log, with.cookies::add);
    }
    with.mirrors = Mirrors.begin(exchange, route, endGiven, timeoutNanos);
    if (route.redirects() instanceof InternalRedirects.Follow) {
      var _ = exchange.redirects();
    }
  }

  private boolean suppressed() {
    return exchange.manager.config.router().suppressEnvoyHeaders();
  }

  private void timeout(RouteAction.Forward forward) {
    RequestHead request = exchange.request;
    ExchangeExtras with = exchange.extrasIfAny();
    timeoutNanos =
        with != null && with.timeoutOverride >= 0
            ? with.timeoutOverride
            : forward.timeout().toNanos();
    if (request.contains(TIMEOUT_MS)) {
      Optional<String> given = request.first(TIMEOUT_MS);
      request.remove(TIMEOUT_MS);
      if (given.isPresent() && given.get().matches("[0-9]{1,9}")) {
        timeoutNanos = Long.parseLong(given.get()) * 1_000_000;
      }
    }
    if (!suppressed() && timeoutNanos > 0) {
      request.set(EXPECTED_MS, Long.toString(timeoutNanos / 1_000_000));
    }
  }

  /** The time of the route counts from the end of the request. */
  void armRouteTimeout() {
    if (routed && timeoutNanos > 0 && !exchange.completed()) {
      exchange.downstream.timers().route(timeoutNanos);
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
    Host there = to.choose(worker, balanceContext(to));
    if (there == null) {
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

  /** What the balancer is told; it is this loop's and good for this call only. */
  private BalanceContext balanceContext(Cluster to) {
    BalanceContext context =
        exchange.worker.balanceContext().priority(priority).request(exchange.request);
    ConnectionInfo client = exchange.downstream.info();
    context.restored(client.localAddressRestored());
    context.downstream(
        client.remoteAddress(), client.localAddress(), client.serverName().orElse(null));
    CompiledRoute.Target target = exchange.target();
    if (target != null) {
      ExchangeState state = exchange.stateIfAny();
      context.metadata(state == null ? target.metadata() : state.asked(target.metadata()));
    }
    ExchangeExtras with = exchange.extrasIfAny();
    if (with != null && with.hash != RequestHash.NONE) {
      context.hash(with.hash);
    }
    if (with != null && with.hostOverride != null) {
      context.overrideHost(with.hostOverride, with.hostOverrideStrict);
    }
    if (to.balancesByExchange()) {
      context.exchange(exchange.context());
    }
    return context;
  }

  @Override
  public void onConnection(UpstreamConnection given) {
    connection = given;
    if (exchange.upgrade() && !given.switchesProtocols(exchange.request)) {
      failed(UpstreamReplies.upgradeUnsupported());
      return;
    }
    Host there = host;
    CompiledRoute route = exchange.route();
    if (route != null
        && route.config().action() instanceof RouteAction.Forward forward
        && forward.hostRewrite() instanceof RouteAction.HostRewrite.Auto
        && there != null
        && !there.hostname().isEmpty()) {
      // Of a second attempt it is no longer the client's.
      boolean original = attempts == 1 && !suppressed();
      Rewrites.host(
          exchange.request, there.hostname(), forward.options().appendForwardedHost(), original);
    }
    if (exchange.upgrade()) {
      // What the client has sent already is for who accepts the offer.
      chain.requestHeaders(0, false);
      return;
    }
    chain.requestHeaders(0, endGiven && waiting == null && waitingTrailers == null);
    giveHeld(given);
  }

  /** Gives what had to wait to the connection. */
  private void giveHeld(UpstreamConnection given) {
    ArrayDeque<ByteBuf> held = waiting;
    waiting = null;
    while (held != null && !held.isEmpty()) {
      ByteBuf piece = held.removeFirst();
      bodyGiven = true;
      chain.requestData(0, piece, endGiven && held.isEmpty() && waitingTrailers == null);
    }
    Trailers after = waitingTrailers;
    if (after != null) {
      waitingTrailers = null;
      bodyGiven = true;
      chain.requestTrailers(0, after);
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
    ArrayDeque<ByteBuf> held = waiting;
    if (held == null) {
      held = new ArrayDeque<>();
      waiting = held;
    }
    held.addLast(data);
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
      waitingTrailers = trailers;
    }
  }

  // --- the response ---

  @Override
  public void onInformational(ResponseHead head) {
    if (head.status() == 100) {
      // The client was told to go on by ourselves.
      head.release();
    } else {
      exchange.informational(head);
    }
  }

  @Override
  public void onHead(ResponseHead given, boolean end) {
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
      responded(from, status);
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

  /** The offer of another protocol is. */
  private void answered(boolean accepted) {
    if (accepted) {
      exchange.extras().switched = true;
      return;
    }
    boolean whole = exchange.requestWhole();
    dropWaiting();
    resumeDownstream();
    if (whole) {
      chain.requestData(0, Unpooled.EMPTY_BUFFER, true);
    } else {
      exchange.upgradeDeclined();
    }
  }

  @Override
  public Carriage carriage() {
    CompiledRoute route = exchange.matchedRoute();
    if (route != null && route.config().action() instanceof RouteAction.Forward forward) {
      RouteUpgrades upgrades = forward.options().upgrades();
      boolean plain =
          exchange.request.methodIs("CONNECT")
              ? upgrades.terminateConnect()
              : upgrades.terminatePost() && exchange.request.methodIs("POST");
      if (plain) {
        return Carriage.TCP;
      }
    }
    return exchange.request.version() == HttpVersion.HTTP_2 ? Carriage.HTTP2 : Carriage.HTTP1;
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
    Cluster from = cluster;
    if (from != null) {
      long millis = (exchange.worker.turnNanos() - attemptNanos) / 1_000_000;
      from.stats().took(exchange.worker.stats(), millis);
      ExchangeExtras extras = exchange.extrasIfAny();
      if (extras != null) {
        extras.took(exchange.worker.stats(), millis);
      }
      if (attempts > 1) {
        from.stats().retrySucceeded(exchange.worker.stats());
        count(RouteCounters::retrySucceeded);
      }
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
    chain.end(
        reset.protocolError() ? ResetReason.UPSTREAM_PROTOCOL_ERROR : ResetReason.UPSTREAM_GONE);
    if (from != null) {
      from.stats().resetByUpstream(exchange.worker.stats());
    }
    if (!responseBegun && mayRetry(reset)) {
      if (from != null) {
        from.stats().retried(exchange.worker.stats());
        count(RouteCounters::retried);
      }
      attempt();
      return;
    }
    if (responseBegun) {
      exchange.flag(
          reset.protocolError()
              ? ResponseFlag.UPSTREAM_PROTOCOL_ERROR
              : reset.byHost()
                  ? ResponseFlag.UPSTREAM_REMOTE_RESET
                  : ResponseFlag.UPSTREAM_CONNECTION_TERMINATION);
      exchange.fail(
          reset.protocolError() ? ResetReason.UPSTREAM_PROTOCOL_ERROR : ResetReason.UPSTREAM_GONE,
          "upstream_reset_after_response_started{"
              + (reset.protocolError()
                  ? "protocol_error"
                  : reset.byHost() ? "remote_reset" : "connection_termination")
              + "}");
      return;
    }
    if (reset.protocolError()) {
      failure = reset.detail();
      failed(UpstreamReplies.protocolError());
    } else if (reset.byHost()) {
      failed(UpstreamReplies.reset());
    } else {
      failed(UpstreamReplies.terminated());
    }
  }

  /**
   * A kept-alive connection may close just when it is used again. The request may then be sent anew
   * if nothing of an answer has come, none of its body was given away, and doing it twice is as
   * doing it once (RFC 9110, 9.2.2). What a host has refused it has not done at all.
   */
  private boolean mayRetry(UpstreamReset reset) {
    if (reset.anyByte() || reset.protocolError() || bodyGiven || attempts >= 3) {
      return false;
    }
    if (reset.refused()) {
      return true;
    }
    return reset.reused()
        && !reset.byHost()
        && switch (exchange.request.method()) {
          case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE" -> true;
          default -> false;
        };
  }

  @Override
  public void onPoolFailure(PoolFailure reason, String detail) {
    release(0);
    chain.end(ResetReason.UPSTREAM_GONE);
    switch (reason) {
      case OVERFLOW -> failed(UpstreamReplies.overflow(suppressed()));
      case CONNECT_TIMEOUT -> failed(UpstreamReplies.connectTimeout());
      case CONNECT_FAILED -> {
        failure = detail.isEmpty() ? null : detail;
        failed(UpstreamReplies.connectFailed(detail));
      }
    }
  }

  @Override
  public String requestName(String header) {
    return requestName(exchange.request, header);
  }

  /** The value of a header where there is one, else the authority. */
  static String requestName(RequestHead request, String header) {
    String name = header.isEmpty() ? "" : request.first(HeaderName.of(header)).orElse("");
    return name.isEmpty() ? request.authority() : name;
  }

  @Override
  public ConnectionInfo client() {
    return exchange.downstream.info();
  }

  private void responded(Cluster of, int with) {
    of.stats().responded(exchange.worker.stats(), with);
    ExchangeExtras extras = exchange.extrasIfAny();
    if (extras != null) {
      extras.responded(exchange.worker.stats(), with);
    }
  }

  private void count(BiConsumer<RouteCounters, LoopStats> what) {
    ExchangeExtras extras = exchange.extrasIfAny();
    if (extras != null) {
      extras.count(what, exchange.worker.stats());
    }
  }

  private void failed(LocalReply reply) {
    Cluster to = cluster;
    if (to != null) {
      responded(to, reply.status());
    }
    exchange.reply(reply);
  }

  /** The route's timeout has passed. */
  void timedOut() {
    timedOut = true;
    Cluster to = cluster;
    if (to != null) {
      to.stats().timedOut(exchange.worker.stats());
      count(RouteCounters::timedOut);
      if (!responseBegun) {
        Host there = host;
        if (there != null) {
          to.gaveUp(exchange.worker, there, exchange.worker.turnNanos() - attemptNanos);
        }
        responded(to, 504);
      }
    }
    exchange.failOrReply(UpstreamReplies.timeout(), ResetReason.TIMEOUT);
  }

  // --- the end ---

  private void release(int code) {
    Cluster to = cluster;
    if (counted && to != null) {
      counted = false;
      to.priority(priority).requests().release();
    }
    if (inAttempt && to != null) {
      inAttempt = false;
      to.stats().attemptEnded(exchange.worker.stats());
      Host there = host;
      if (there != null) {
        there.requestEnded(code, timedOut);
      }
    }
  }

  /** Gives up whatever is under way; {@code why} is what the filters of an attempt hear. */
  void abandon(ResetReason why) {
    UpstreamConnection on = connection;
    Cluster to = cluster;
    Host there = host;
    connection = null;
    if (inAttempt && to != null && there != null) {
      if (on == null) {
        to.cancel(exchange.worker, there, this);
        to.stats().cancelled(exchange.worker.stats());
      } else {
        to.stats().resetByUs(exchange.worker.stats());
      }
    }
    if (on != null) {
      on.abandon();
    }
    release(0);
    chain.end(why);
    dropWaiting();
    resumeDownstream();
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
    }
    chain.end(ResetReason.FILTER);
    dropWaiting();
    resumeDownstream();
  }

  /** Of the request's body, for a host that is not there yet. */
  long heldBytes() {
    ArrayDeque<ByteBuf> held = waiting;
    long sum = 0;
    if (held != null) {
      for (ByteBuf piece : held) {
        sum += piece.readableBytes();
      }
    }
    return sum;
  }

  private void dropWaiting() {
    ArrayDeque<ByteBuf> held = waiting;
    if (held != null) {
      waiting = null;
      held.forEach(ByteBuf::release);
    }
    waitingTrailers = null;
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

  private void pauseDownstream() {
    if (!downstreamPaused && !exchange.completed()) {
      downstreamPaused = true;
      exchange.downstream.disableRead();
    }
  }

  private void resumeDownstream() {
    if (downstreamPaused) {
      downstreamPaused = false;
      exchange.downstream.enableRead();
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

  void disableRead() {
    UpstreamConnection on = connection;
    if (on != null) {
      on.disableRead();
    }
  }

  void enableRead() {
    UpstreamConnection on = connection;
    if (on != null) {
      on.enableRead();
    }
  }

  boolean slow() {
    UpstreamConnection on = connection;
    return on == null ? inAttempt : on.slow();
  }

  @Nullable UpstreamConnection connection() {
    return connection;
  }

  // --- for logs ---

  int attempts() {
    return attempts;
  }

  @Nullable Host host() {
    return host;
  }

  @Nullable String hostAddress() {
    Host there = host;
    return there == null ? null : there.address();
  }

  @Nullable String clusterName() {
    return clusterName;
  }

  @Nullable String failure() {
    return failure;
  }

  @Nullable UpstreamSocket socket() {
    return socket;
  }
}
