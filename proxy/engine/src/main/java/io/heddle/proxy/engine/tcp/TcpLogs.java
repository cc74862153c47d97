package io.heddle.proxy.engine.tcp;

import io.heddle.proxy.engine.accesslog.AccessLog;
import io.heddle.proxy.engine.accesslog.FilteredLogger;
import io.heddle.proxy.engine.format.Subject;
import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.Worker;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes the entries of one connection. Owned by its loop. */
final class TcpLogs {
  private static final Logger LOG = LoggerFactory.getLogger(TcpLogs.class);

  private final Worker worker;
  private final TcpProxy proxy;
  private final Subject subject;
  private @Nullable Deadline periodic;

  /** What kind of entry is written now. */
  private String type = "TcpConnectionEnd";

  TcpLogs(Worker worker, TcpProxy proxy, TcpConnection connection) {
    this.worker = worker;
    this.proxy = proxy;
    this.subject = connection.subject();
  }

  String type() {
    return type;
  }

  /** The client has connected. */
  void begun() {
    long interval = proxy.config.moments().interval().toNanos();
    if (interval > 0) {
      Deadline again =
          new Deadline() {
            @Override
            protected void expired() {
              write("TcpPeriodic");
              worker.wheel().arm(this, interval);
            }
          };
      periodic = again;
      worker.wheel().arm(again, interval);
    }
  }

  /** The other side stands. */
  void connected() {
    if (proxy.config.moments().onConnected()) {
      write("TcpUpstreamConnected");
    }
  }

  /** It is over. */
  void ended() {
    Deadline again = periodic;
    if (again != null) {
      worker.wheel().remove(again);
    }
    write("TcpConnectionEnd");
  }

  private void write(String of) {
    type = of;
    for (AccessLog log : proxy.logs) {
      log.log(worker.index(), subject, worker.random(), worker.line());
    }
    for (FilteredLogger each : proxy.loggers) {
      try {
        if (each.filter().passes(subject, worker.random())) {
          each.logger().log(new LoggedConnection(subject));
        }
      } catch (RuntimeException wrong) {
        LOG.warn("An access logger failed", wrong);
      }
    }
  }
}
