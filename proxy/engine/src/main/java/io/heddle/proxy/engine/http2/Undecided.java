package io.heddle.proxy.engine.http2;

import io.heddle.proxy.engine.connection.ConnectionGroup;
import io.heddle.proxy.engine.connection.DownstreamConnection;
import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.Worker;
import io.netty.channel.socket.DuplexChannel;

/** A connection that has not shown its protocol: it can be drained, and does not stay for ever. */
// The channel's handler learns of failures.
@SuppressWarnings("FutureReturnValueIgnored")
final class Undecided implements DownstreamConnection {
  private final Worker worker;
  private final ConnectionGroup group;
  private final DuplexChannel channel;
  private final long idleNanos;
  private final Deadline idle =
      new Deadline() {
        @Override
        protected void expired() {
          channel.close();
        }
      };
  private boolean ended;

  Undecided(Worker worker, ConnectionGroup group, DuplexChannel channel, long idleNanos) {
    this.worker = worker;
    this.group = group;
    this.channel = channel;
    this.idleNanos = idleNanos;
  }

  void begin() {
    group.enter(worker, this);
    if (idleNanos > 0) {
      worker.wheel().arm(idle, idleNanos);
    }
  }

  /** {@code gone}: the connection is, and not only the doubt. */
  void end(boolean gone) {
    if (ended) {
      return;
    }
    ended = true;
    worker.wheel().remove(idle);
    group.leave(worker, this);
    if (gone) {
      group.left();
      worker.connections().decrementAndGet();
    }
  }

  @Override
  public void drain() {
    channel.close();
  }

  @Override
  public void closeNow() {
    channel.close();
  }
}
