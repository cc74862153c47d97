package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.engine.cluster.Cluster;
import io.heddle.proxy.engine.route.RouteCounters;
import io.heddle.proxy.engine.stats.LoopStats;
import java.util.function.BiConsumer;

/** Counts what becomes of attempts, for the cluster and for a route that counts. Stateless. */
final class AttemptStats {
  private AttemptStats() {}

  static void responded(Exchange exchange, Cluster from, int status) {
    LoopStats loop = exchange.worker.stats();
    from.stats().responded(loop, status);
    ExchangeExtras extras = exchange.extrasIfAny();
    if (extras != null) {
      extras.responded(loop, status);
    }
  }

  /** The response is whole. */
  static void took(Exchange exchange, Cluster from, long nanos, boolean repeated) {
    LoopStats loop = exchange.worker.stats();
    long millis = nanos / 1_000_000;
    from.stats().took(loop, millis);
    ExchangeExtras extras = exchange.extrasIfAny();
    if (extras != null) {
      extras.took(loop, millis);
    }
    if (repeated) {
      from.stats().retrySucceeded(loop);
      count(exchange, RouteCounters::retrySucceeded);
    }
  }

  static void retried(Exchange exchange, Cluster to) {
    to.stats().retried(exchange.worker.stats());
    count(exchange, RouteCounters::retried);
  }

  static void timedOut(Exchange exchange, Cluster to) {
    to.stats().timedOut(exchange.worker.stats());
    count(exchange, RouteCounters::timedOut);
  }

  private static void count(Exchange exchange, BiConsumer<RouteCounters, LoopStats> what) {
    ExchangeExtras extras = exchange.extrasIfAny();
    if (extras != null) {
      extras.count(what, exchange.worker.stats());
    }
  }
}
