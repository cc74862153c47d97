package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.engine.accesslog.AccessLog;
import io.heddle.proxy.engine.accesslog.FilteredLogger;
import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.xds.model.LogMoments;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes the entries of an exchange: the one at its end, and those before ({@link LogMoments}). */
final class ExchangeLogs {
  private static final Logger LOG = LoggerFactory.getLogger(ExchangeLogs.class);

  private ExchangeLogs() {}

  /** The request is about to meet the filters. */
  static void begun(Exchange exchange) {
    if (!exchange.manager.logsMore) {
      return;
    }
    LogMoments moments = exchange.manager.config.logMoments();
    if (moments.onRequest()) {
      var _ = exchange.target();
      write(exchange, "DownstreamStart");
    }
    long interval = moments.interval().toNanos();
    if (interval > 0 && !exchange.completed()) {
      Deadline periodic =
          new Deadline() {
            @Override
            protected void expired() {
              if (!exchange.completed()) {
                write(exchange, "DownstreamPeriodic");
                exchange.worker.wheel().arm(this, interval);
              }
            }
          };
      exchange.extras().periodicLog = periodic;
      exchange.worker.wheel().arm(periodic, interval);
    }
  }

  /** The connection becomes a tunnel with the response that is about to be sent. */
  static void switched(Exchange exchange) {
    if (exchange.manager.config.logMoments().onTunnel()) {
      write(exchange, "DownstreamTunnelSuccessfullyEstablished");
    }
  }

  /** It is over. */
  static void ended(Exchange exchange) {
    ExchangeExtras more = exchange.extrasIfAny();
    if (more != null && more.periodicLog != null) {
      exchange.worker.wheel().remove(more.periodicLog);
    }
    write(exchange);
  }

  private static void write(Exchange exchange, String type) {
    ExchangeExtras more = exchange.extras();
    more.logType = type;
    write(exchange);
    more.logType = null;
  }

  private static void write(Exchange exchange) {
    ExchangeLog log = exchange.log;
    for (AccessLog each : exchange.manager.logs) {
      each.log(exchange.worker.index(), log, exchange.worker.random(), exchange.worker.line());
    }
    for (FilteredLogger each : exchange.manager.loggers) {
      try {
        if (each.filter().passes(log, exchange.worker.random())) {
          each.logger().log(exchange.context());
        }
      } catch (RuntimeException failure) {
        LOG.warn("An access logger failed", failure);
      }
    }
  }
}
