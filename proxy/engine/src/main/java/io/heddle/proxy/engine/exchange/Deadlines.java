package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.engine.route.CompiledRoute;
import io.heddle.xds.model.RouteAction;
import io.heddle.xds.model.RouteDeadlines;
import java.time.Duration;
import java.util.Optional;

/**
 * How long a request may take, as its route, the connection manager, the client, gRPC and the proxy
 * before this one have it, and what its host is told of that. Stateless; on the exchange's loop.
 */
final class Deadlines {
  private static final HeaderName TIMEOUT_MS = HeaderName.of("x-envoy-upstream-rq-timeout-ms");
  private static final HeaderName EXPECTED_MS = HeaderName.of("x-envoy-expected-rq-timeout-ms");
  private static final HeaderName GRPC_TIMEOUT = HeaderName.of("grpc-timeout");
  private static final long MILLI = 1_000_000;

  /** The digits that gRPC has room for. */
  private static final long MOST_DIGITS = 99_999_999;

  private Deadlines() {}

  /** The route is chosen: what bounds the whole exchange is the route's from now on. */
  static void matched(Exchange exchange, CompiledRoute route) {
    if (!(route.config().action() instanceof RouteAction.Forward forward)) {
      return;
    }
    var ofAll = exchange.manager.config.timeouts();
    ExchangeTimers timers = exchange.downstream.timers();
    timers.idle(forward.idleTimeout().over(ofAll.streamIdle()).toNanos());
    RouteDeadlines deadlines = forward.options().deadlines();
    long duration = forward.maxStreamDuration().over(ofAll.maxStreamDuration()).toNanos();
    boolean bounded = duration > 0;
    long given = deadlines.headerMax().isPresent() ? grpcMillis(exchange.request) : -1;
    if (given >= 0) {
      duration = MILLI * bounded(given, deadlines.headerMax(), deadlines.headerOffset());
      bounded = true;
    }
    if (bounded && deadlines.durationOnly() && GrpcReply.wanted(exchange.request)) {
      exchange.request.set(GRPC_TIMEOUT, grpcText(duration / MILLI));
    }
    // No time at all is not the same as no limit.
    timers.duration(exchange, bounded ? Math.max(1, duration) : 0);
  }

  /** Of a client's time, at most {@code most} (zero for any), less the offset; never below zero. */
  private static long bounded(long millis, Optional<Duration> most, Optional<Duration> offset) {
    long cap = most.map(Duration::toMillis).orElse(0L);
    long left = cap > 0 ? Math.min(millis, cap) : millis;
    return Math.max(0, left - offset.map(Duration::toMillis).orElse(0L));
  }

  /** How long the response may take, in nanoseconds, zero for ever; the head says so too. */
  static long timeout(Exchange exchange, RouteAction.Forward forward, boolean suppressed) {
    RequestHead request = exchange.request;
    long nanos = ofRoute(exchange, forward);
    if (exchange.manager.config.router().respectsExpectedTimeout()
        && request.contains(EXPECTED_MS)) {
      nanos = millis(request, EXPECTED_MS, nanos);
    } else if (request.contains(TIMEOUT_MS)) {
      nanos = millis(request, TIMEOUT_MS, nanos);
      request.remove(TIMEOUT_MS);
    }
    tell(exchange, nanos, 0, 0, suppressed);
    return nanos;
  }

  private static long ofRoute(Exchange exchange, RouteAction.Forward forward) {
    ExchangeExtras with = exchange.extrasIfAny();
    if (with != null && with.timeoutOverride >= 0) {
      return with.timeoutOverride;
    }
    RouteDeadlines deadlines = forward.options().deadlines();
    if (deadlines.durationOnly()) {
      return 0;
    }
    if (deadlines.maxGrpcTimeout().isEmpty() || !GrpcReply.wanted(exchange.request)) {
      return forward.timeout().toNanos();
    }
    long millis = Math.max(0, grpcMillis(exchange.request));
    long offset = deadlines.grpcTimeoutOffset().map(Duration::toMillis).orElse(0L);
    if (offset < millis) {
      // What would leave nothing is not taken off.
      millis -= offset;
    }
    long most = deadlines.maxGrpcTimeout().get().toMillis();
    return MILLI * (most > 0 && (millis == 0 || millis > most) ? most : millis);
  }

  private static long millis(RequestHead request, HeaderName name, long otherwise) {
    Optional<String> given = request.first(name);
    return given.isPresent() && given.get().matches("[0-9]{1,9}")
        ? Long.parseLong(given.get()) * MILLI
        : otherwise;
  }

  /**
   * Tells the host how long it has: what is left of the time for all attempts after so much of it,
   * or the time of one where that is less; zero means that there is no such time.
   *
   * @param suppressed whether only those who speak gRPC are told
   */
  static void tell(
      Exchange exchange, long allNanos, long perTryNanos, long goneNanos, boolean suppressed) {
    long nanos = perTryNanos > 0 ? perTryNanos : allNanos;
    if (nanos <= 0) {
      return;
    }
    if (allNanos > 0) {
      nanos = Math.max(MILLI, Math.min(nanos, allNanos - goneNanos));
    }
    if (!suppressed) {
      exchange.request.set(EXPECTED_MS, Long.toString(nanos / MILLI));
    }
    CompiledRoute route = exchange.matchedRoute();
    if (route != null
        && route.config().action() instanceof RouteAction.Forward forward
        && forward.options().deadlines().maxGrpcTimeout().isPresent()
        && !forward.options().deadlines().durationOnly()
        && GrpcReply.wanted(exchange.request)) {
      exchange.request.set(GRPC_TIMEOUT, grpcText(nanos / MILLI));
    }
  }

  /**
   * What a client of gRPC gives, in milliseconds, begun ones counted whole; below 0 for nothing.
   */
  static long grpcMillis(RequestHead request) {
    if (!request.contains(GRPC_TIMEOUT)) {
      return -1;
    }
    String text = request.first(GRPC_TIMEOUT).orElse("");
    int digits = text.length() - 1;
    if (digits < 1 || digits > 8) {
      return -1;
    }
    long value = 0;
    for (int i = 0; i < digits; i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      value = value * 10 + c - '0';
    }
    return switch (text.charAt(digits)) {
      case 'H' -> value * 3_600_000;
      case 'M' -> value * 60_000;
      case 'S' -> value * 1_000;
      case 'm' -> value;
      case 'u' -> (value + 999) / 1_000;
      case 'n' -> (value + 999_999) / 1_000_000;
      default -> -1;
    };
  }

  /** The same as gRPC writes it, in the finest unit that has room for it. */
  static String grpcText(long millis) {
    if (millis <= MOST_DIGITS) {
      return millis + "m";
    }
    long seconds = millis / 1_000;
    if (seconds <= MOST_DIGITS) {
      return seconds + "S";
    }
    return seconds / 60 <= MOST_DIGITS
        ? seconds / 60 + "M"
        : Math.min(seconds / 3_600, MOST_DIGITS) + "H";
  }
}
