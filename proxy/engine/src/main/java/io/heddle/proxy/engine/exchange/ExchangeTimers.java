package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.ResetReason;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.DeadlineWheel;
import io.heddle.proxy.engine.loop.Worker;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The deadlines of whatever exchange a connection has. They stay in the wheel between exchanges.
 */
public final class ExchangeTimers {
  /** What a client of gRPC is told that has had all the time it gave. */
  private static final Map<HeaderName, String> DEADLINE_EXCEEDED =
      Map.of(HeaderName.of("grpc-status"), "4");

  private final DeadlineWheel wheel;
  private final Worker worker;
  private final Deadline request = on(ExchangeTimers::requestTimedOut);
  private final Deadline idle = on(ExchangeTimers::idleTimerFired);
  private final Deadline route = on((_, exchange) -> exchange.upstream.timedOut());
  private final Deadline duration = on(ExchangeTimers::durationExceeded);
  private @Nullable Exchange exchange;
  private long lastActivity;
  private long idleNanos;
  private long durationNanos;

  /** Those of a connection on this worker. */
  public ExchangeTimers(Worker worker) {
    this.worker = worker;
    this.wheel = worker.wheel();
  }

  private interface Action {
    void on(ExchangeTimers timers, Exchange exchange);
  }

  private Deadline on(Action action) {
    return new Deadline() {
      @Override
      protected void expired() {
        Exchange now = exchange;
        if (now != null) {
          action.on(ExchangeTimers.this, now);
        }
      }
    };
  }

  void begin(Exchange next, boolean requestWhole) {
    exchange = next;
    HttpChain manager = next.manager;
    long start = next.log.startNanos;
    lastActivity = start;
    idleNanos = manager.idleNanos;
    if (!requestWhole && manager.requestNanos > 0) {
      wheel.armAt(request, start, manager.requestNanos);
    }
    if (idleNanos > 0) {
      wheel.armAt(idle, start, idleNanos);
    }
    durationNanos = manager.durationNanos;
    if (durationNanos > 0) {
      wheel.armAt(duration, start, durationNanos);
    }
  }

  /** Bytes have moved. */
  void active(long now) {
    lastActivity = now;
  }

  void requestEnded() {
    wheel.disarm(request);
  }

  void route(long nanos) {
    wheel.armAt(route, worker.turnNanos(), nanos);
  }

  /** The route has an idle timeout of its own; zero means none. */
  void idle(long nanos) {
    if (nanos != idleNanos) {
      idleNanos = nanos;
      armOrNot(idle, worker.turnNanos(), nanos);
    }
  }

  /** The route bounds the whole exchange; zero means not at all. */
  void duration(Exchange of, long nanos) {
    if (nanos != durationNanos) {
      durationNanos = nanos;
      armOrNot(duration, of.log.startNanos, nanos);
    }
  }

  private void armOrNot(Deadline deadline, long from, long nanos) {
    if (nanos == 0) {
      wheel.disarm(deadline);
    } else {
      wheel.armAt(deadline, from, nanos);
    }
  }

  private void requestTimedOut(Exchange late) {
    worker.stats().increment(late.manager.stats.rqTimeout);
    late.failOrReply(
        LocalReply.of(408, "request_overall_timeout", "request timeout"), ResetReason.TIMEOUT);
  }

  private void idleTimerFired(Exchange silent) {
    long quiet = worker.turnNanos() - lastActivity;
    if (quiet < idleNanos) {
      wheel.arm(idle, idleNanos - quiet);
      return;
    }
    worker.stats().increment(silent.manager.stats.rqIdleTimeout);
    silent.failOrReply(
        timeout(
            silent,
            "stream_idle_timeout",
            List.of(ResponseFlag.STREAM_IDLE_TIMEOUT),
            Map.of(),
            "stream timeout"),
        ResetReason.TIMEOUT);
  }

  private void durationExceeded(Exchange old) {
    worker.stats().increment(old.manager.stats.rqMaxDuration);
    old.failOrReply(
        timeout(
            old,
            "max_duration_timeout",
            // DT is for connections; of a stream the details tell.
            List.of(),
            GrpcReply.wanted(old.request) ? DEADLINE_EXCEEDED : Map.of(),
            "downstream duration timeout"),
        ResetReason.TIMEOUT);
  }

  private static LocalReply timeout(
      Exchange exchange,
      String detail,
      List<ResponseFlag> flags,
      Map<HeaderName, String> headers,
      String body) {
    return new LocalReply(exchange.requestWhole() ? 504 : 408, detail, flags, headers, body);
  }

  void end() {
    exchange = null;
    wheel.disarm(request);
    wheel.disarm(idle);
    wheel.disarm(route);
    wheel.disarm(duration);
  }

  /** The connection is gone. */
  public void remove() {
    exchange = null;
    wheel.remove(request);
    wheel.remove(idle);
    wheel.remove(route);
    wheel.remove(duration);
  }
}
