package io.heddle.proxy.engine.listener;

import io.heddle.proxy.engine.accesslog.AccessLog;
import io.heddle.proxy.engine.accesslog.FilteredLogger;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.tcp.LoggedConnection;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The access logs of a listener ({@code Listener.access_log}), opened. Immutable. */
record ListenerLogs(List<AccessLog> lines, List<FilteredLogger> loggers) {
  private static final Logger LOG = LoggerFactory.getLogger(ListenerLogs.class);

  ListenerLogs {
    lines = List.copyOf(lines);
    loggers = List.copyOf(loggers);
  }

  boolean any() {
    return !lines.isEmpty() || !loggers.isEmpty();
  }

  /** Writes an entry. On the connection's loop. */
  void write(Worker worker, ListenerLog connection) {
    for (AccessLog log : lines) {
      log.log(worker.index(), connection, worker.random(), worker.line());
    }
    for (FilteredLogger each : loggers) {
      try {
        if (each.filter().passes(connection, worker.random())) {
          each.logger().log(new LoggedConnection(connection));
        }
      } catch (RuntimeException failure) {
        LOG.warn("An access logger failed", failure);
      }
    }
  }

  /** No connection writes any more. */
  void close() {
    lines.forEach(AccessLog::close);
    loggers.forEach(each -> each.logger().close());
  }
}
