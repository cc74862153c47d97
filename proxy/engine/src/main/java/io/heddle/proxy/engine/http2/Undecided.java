package io.heddle.proxy.engine.http2;

import io.heddle.proxy.engine.connection.DownstreamConnection;
import io.heddle.proxy.engine.exchange.ConnectionLife;
import io.heddle.proxy.engine.exchange.HttpChain;
import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.Worker;
import io.netty.channel.socket.DuplexChannel;

/**
 * A connection that has not shown its protocol: it is counted, can be drained, and does not stay
 * for ever. Owned by the connection's loop.
 */
// The channel's handler learns of failures.
@SuppressWarnings("FutureReturnValueIgnored")
final class Undecided implements DownstreamConnection {
  private final Worker worker;
  private final HttpChain manager;
  private final DuplexChannel channel;
  private final ConnectionLife life;
  private final Deadline idle =
      new Deadline() {
        @Override
        protected void expired() {
          worker.stats().increment(manager.stats().cxIdleTimeout);
          closeNow();
        }
      };
  private boolean decided;
  private boolean byUs;

  Undecided(Worker worker, HttpChain manager, DuplexChannel channel, ConnectionLife life) {
    this.worker = worker;
    this.manager = manager;
    this.channel = channel;
    this.life = life;
  }

  void begin() {
    life.begin(this);
    long idleNanos = manager.connectionIdle().toNanos();
    if (idleNanos > 0) {
      worker.wheel().arm(idle, idleNanos);
    }
  }

  /** A codec takes over, the life included. */
  void decided() {
    decided = true;
    worker.wheel().remove(idle);
  }

  /** The channel is closed. */
  void gone() {
    if (!decided) {
      decided();
      life.end(byUs);
    }
  }

  @Override
  public void drain() {
    closeNow();
  }

  @Override
  public void closeNow() {
    byUs = true;
    channel.close();
  }
}
