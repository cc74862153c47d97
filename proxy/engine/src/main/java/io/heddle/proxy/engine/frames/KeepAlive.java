package io.heddle.proxy.engine.frames;

import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.xds.model.Http2Options;

/**
 * Asks a peer now and then whether it is still there (RFC 9113, 6.7; Envoy's {@code
 * connection_keepalive}). Owned by the connection's loop.
 */
final class KeepAlive {
  private final Worker worker;
  private final Http2Options options;
  private final Runnable ping;
  private final Runnable silent;
  private final Deadline pingDue =
      new Deadline() {
        @Override
        protected void expired() {
          ping();
        }
      };
  private final Deadline pongDue =
      new Deadline() {
        @Override
        protected void expired() {
          silent.run();
        }
      };
  private boolean over;

  /** {@code ping} asks; {@code silent} hears that no answer came in time. */
  KeepAlive(Worker worker, Http2Options options, Runnable ping, Runnable silent) {
    this.worker = worker;
    this.options = options;
    this.ping = ping;
    this.silent = silent;
  }

  /** The connection is there, or an answer has come. */
  void heard() {
    worker.wheel().disarm(pongDue);
    if (!over && !options.keepAliveInterval().isZero()) {
      worker.wheel().arm(pingDue, options.keepAliveInterval().toNanos());
    }
  }

  private void ping() {
    if (!over) {
      ping.run();
      worker.wheel().arm(pongDue, options.keepAliveTimeout().toNanos());
    }
  }

  /** Asks no more. */
  void end() {
    over = true;
    worker.wheel().remove(pingDue);
    worker.wheel().remove(pongDue);
  }
}
