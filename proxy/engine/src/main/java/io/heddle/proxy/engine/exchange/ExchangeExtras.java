package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.route.CompiledRoute;
import io.heddle.proxy.engine.route.RequestHash;
import io.heddle.proxy.engine.route.RouteCounters;
import io.heddle.proxy.engine.stats.LoopStats;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** What few exchanges have, so that the others need no room for it. Owned by the loop. */
final class ExchangeExtras {
  /** Cookies that the response sets. */
  final List<String> cookies = new ArrayList<>(1);

  /** By the route's hash policies. */
  long hash = RequestHash.NONE;

  Mirror[] mirrors = Mirrors.NONE;

  /** Where the requests of the route are counted; null for nowhere. */
  @Nullable RouteCounters ofRoute;

  /** Where the requests of this one's kind are counted; null for nowhere. */
  @Nullable RouteCounters ofKind;

  /** Follows redirects of upstreams. */
  @Nullable InternalRedirect redirects;

  /** Sends the request again where its host fails; null where that is not wanted. */
  @Nullable Retries retries;

  /** What filters say in the place of the route; null where they say nothing. */
  @Nullable String clusterOverride;

  /** The protocol that was offered was accepted. */
  boolean switched;

  /** Address and port. */
  @Nullable String hostOverride;

  /** Whether no other host will do. */
  boolean hostOverrideStrict;

  /** In nanoseconds; negative where no filter says anything. */
  long timeoutOverride = -1;

  /** Of a local reply, before it was formatted. */
  @Nullable String localReplyBody;

  /** What kind of entry the access log writes now; null for the one at the end. */
  @Nullable String logType;

  /** Writes entries again and again. */
  @Nullable Deadline periodicLog;

  /** The request begins anew: what filters said of the first way is not for the second. */
  void restart() {
    clusterOverride = null;
    hostOverride = null;
    hostOverrideStrict = false;
    timeoutOverride = -1;
    endRetries();
  }

  private void endRetries() {
    Retries of = retries;
    if (of != null) {
      of.end();
      retries = null;
    }
  }

  /** The request goes to a cluster by this route. */
  void count(Exchange exchange, CompiledRoute route) {
    ofRoute = route.counters();
    ofKind = route.virtualCluster(exchange.request, exchange.log);
    count(RouteCounters::began, exchange.worker.stats());
  }

  /** Counts where requests like this one are. */
  void count(BiConsumer<RouteCounters, LoopStats> what, LoopStats loop) {
    RouteCounters route = ofRoute;
    RouteCounters kind = ofKind;
    if (route != null) {
      what.accept(route, loop);
    }
    if (kind != null) {
      what.accept(kind, loop);
    }
  }

  /** It was answered with this status. */
  void responded(LoopStats loop, int status) {
    RouteCounters route = ofRoute;
    RouteCounters kind = ofKind;
    if (route != null) {
      route.responded(loop, status);
    }
    if (kind != null) {
      kind.responded(loop, status);
    }
  }

  /** It took so many milliseconds. */
  void took(LoopStats loop, long millis) {
    RouteCounters route = ofRoute;
    RouteCounters kind = ofKind;
    if (route != null) {
      route.took(loop, millis);
    }
    if (kind != null) {
      kind.took(loop, millis);
    }
  }

  /** What follows redirects of upstreams. */
  InternalRedirect redirects(Exchange exchange) {
    InternalRedirect made = redirects;
    if (made == null) {
      made = new InternalRedirect(exchange, exchange.manager.bufferLimit);
      redirects = made;
    }
    return made;
  }

  /** The exchange is over. */
  void release() {
    endRetries();
    InternalRedirect followed = redirects;
    if (followed != null) {
      followed.release();
    }
  }
}
