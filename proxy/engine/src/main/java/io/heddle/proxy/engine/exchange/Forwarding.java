package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.codec.HttpVersion;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.engine.balance.BalanceContext;
import io.heddle.proxy.engine.cluster.Cluster;
import io.heddle.proxy.engine.cluster.Host;
import io.heddle.proxy.engine.cluster.UpstreamStream.Carriage;
import io.heddle.proxy.engine.cluster.UpstreamStream.UpstreamReset;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.route.CompiledRoute;
import io.heddle.proxy.engine.route.RequestHash;
import io.heddle.xds.model.InternalRedirects;
import io.heddle.xds.model.RouteAction;
import io.heddle.xds.model.RouteAction.RoutingPriority;
import io.heddle.xds.model.RouteUpgrades;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a request is forwarded, as its route says: to which cluster, with what head, carried by what,
 * and whether once more. Stateless; on the exchange's loop.
 */
final class Forwarding {
  static final HeaderName ATTEMPT_COUNT = HeaderName.of("x-envoy-attempt-count");

  private Forwarding() {}

  /** Does what the route says; {@code end} is whether nothing follows the head. */
  static void of(UpstreamRequest upstream, boolean end) {
    Exchange exchange = upstream.exchange;
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
      case RouteAction.Forward forward -> forward(upstream, route, target, forward, end);
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

  private static void forward(
      UpstreamRequest upstream,
      CompiledRoute route,
      CompiledRoute.Target target,
      RouteAction.Forward forward,
      boolean end) {
    Exchange exchange = upstream.exchange;
    Worker worker = exchange.worker;
    String name = cluster(exchange, target);
    upstream.named(name);
    Cluster found = exchange.manager.clusters.get(name);
    if (found == null) {
      worker.stats().increment(exchange.manager.stats.noCluster);
      exchange.reply(UpstreamReplies.noCluster(forward.clusterNotFoundStatus()));
      return;
    }
    Cluster to = found.forAttempt(worker);
    upstream.found(to, forward.priority());
    worker.stats().increment(exchange.manager.stats.rqRouted);
    if (route.isCounted()) {
      exchange.extras().count(exchange, route);
    }
    boolean suppressed = upstream.suppressed();
    if (to.drops(worker)) {
      upstream.failed(UpstreamReplies.dropOverload(to.dropsAll(), suppressed));
      return;
    }
    long timeout = Deadlines.timeout(exchange, forward, suppressed);
    countAttempt(exchange, 1);
    target.requestEdits().apply(exchange.request, exchange.log);
    Rewrites.host(exchange.request, forward, target, suppressed);
    Rewrites.path(exchange.request, route, forward, suppressed);
    if (route.hasExtras()) {
      extras(exchange, route, end, timeout);
    }
    Retries retries = Retries.of(upstream, route, timeout);
    if (retries != null) {
      exchange.extras().retries = retries;
      retries.expected(timeout);
    }
    upstream.begin(timeout);
  }

  private static String cluster(Exchange exchange, CompiledRoute.Target target) {
    ExchangeExtras with = exchange.extrasIfAny();
    String name = with == null ? null : with.clusterOverride;
    if (name != null) {
      return name;
    }
    return target.clusterHeader().isPresent()
        ? exchange.request.first(target.clusterHeader().get()).orElse("")
        : target.cluster();
  }

  /** What few routes ask for. */
  private static void extras(Exchange exchange, CompiledRoute route, boolean end, long timeout) {
    ExchangeExtras with = exchange.extras();
    if (!route.hash().isEmpty()) {
      with.hash = route.hash().of(exchange.request, exchange.log, with.cookies::add);
    }
    with.mirrors = Mirrors.begin(exchange, route, end, timeout);
    if (route.redirects() instanceof InternalRedirects.Follow) {
      var _ = exchange.redirects();
    }
  }

  /** What the balancer is told; it is this loop's and good for one call only. */
  static BalanceContext balanceContext(Exchange exchange, Cluster to, RoutingPriority priority) {
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

  /** The host is chosen; a route may want the request to name it. */
  static void nameHost(Exchange exchange, @Nullable Host host) {
    CompiledRoute route = exchange.route();
    if (route != null
        && route.config().action() instanceof RouteAction.Forward forward
        && forward.hostRewrite() instanceof RouteAction.HostRewrite.Auto
        && host != null
        && !host.hostname().isEmpty()) {
      // Of a second attempt it is no longer the client's.
      boolean original =
          exchange.upstream.attempts() == 1
              && !exchange.manager.config.router().suppressEnvoyHeaders();
      Rewrites.host(
          exchange.request, host.hostname(), forward.options().appendForwardedHost(), original);
    }
  }

  /**
   * The request tells its host which attempt it is, where its virtual host wants that: the first
   * before the route's own changes, as with Envoy, and each other as it begins.
   */
  static void countAttempt(Exchange exchange, int attempts) {
    CompiledRoute route = exchange.matchedRoute();
    if (route != null && route.attemptCounts().inRequest()) {
      exchange.request.set(ATTEMPT_COUNT, Integer.toString(attempts));
    }
  }

  /** The reply in the place of a response tells how many attempts there were, where wanted. */
  static LocalReply withAttempts(Exchange exchange, LocalReply reply, int attempts) {
    CompiledRoute route = exchange.matchedRoute();
    if (route == null || !route.attemptCounts().inResponse() || attempts == 0) {
      return reply;
    }
    Map<HeaderName, String> headers = new LinkedHashMap<>(reply.headers());
    headers.put(ATTEMPT_COUNT, Integer.toString(attempts));
    return new LocalReply(reply.status(), reply.detail(), reply.flags(), headers, reply.body());
  }

  /** What carries the request where the cluster speaks what the client speaks. */
  static Carriage carriage(Exchange exchange) {
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

  /**
   * Whether a request of which no body was given away may be sent again. A kept-alive connection
   * may close just when it is used again; the request may then be sent anew if nothing of an answer
   * has come, and doing it twice is as doing it once (RFC 9110, 9.2.2). What a host has refused it
   * has not done at all.
   */
  static boolean again(RequestHead request, UpstreamReset reset, int attempts) {
    if (reset.anyByte() || reset.protocolError() || attempts >= 3) {
      return false;
    }
    if (reset.refused()) {
      return true;
    }
    return reset.reused() && !reset.byHost() && repeatable(request);
  }

  /** Whether doing it twice is as doing it once (RFC 9110, 9.2.2). */
  static boolean repeatable(RequestHead request) {
    return switch (request.method()) {
      case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE" -> true;
      default -> false;
    };
  }

  /** The value of a header where there is one, else the authority. */
  static String requestName(RequestHead request, String header) {
    String name = header.isEmpty() ? "" : request.first(HeaderName.of(header)).orElse("");
    return name.isEmpty() ? request.authority() : name;
  }
}
