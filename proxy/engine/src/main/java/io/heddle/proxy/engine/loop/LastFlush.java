package io.heddle.proxy.engine.loop;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.DuplexChannel;
import java.time.Duration;

/**
 * The end of a connection that has bytes to send yet: they leave first, then it closes. It waits as
 * long as bytes leave; a peer that takes none for the given time loses the rest, as with Envoy's
 * {@code delayed_close_timeout}. Owned by the connection's loop.
 */
// The channel's handler learns of failures.
@SuppressWarnings("FutureReturnValueIgnored")
public final class LastFlush extends Deadline {
  private final Worker worker;
  private final DuplexChannel channel;
  private final long patienceNanos;
  private final boolean lingering;
  private boolean flushed;
  private long waitingBefore;
  private int firstBefore;

  private LastFlush(Worker worker, DuplexChannel channel, Duration patience, boolean lingering) {
    this.worker = worker;
    this.channel = channel;
    this.patienceNanos = patience.toNanos();
    this.lingering = lingering && patienceNanos > 0;
  }

  /**
   * Closes once everything written has left.
   *
   * @param patience how long no byte may leave; zero waits for ever
   */
  public static void thenClose(Worker worker, DuplexChannel channel, Duration patience) {
    new LastFlush(worker, channel, patience, false).begin();
  }

  /**
   * Half-closes once everything written has left, and closes when the peer does or after as much
   * time again: closing while the peer still sends would reset the connection, and the peer could
   * lose what it has not read.
   */
  public static void thenLinger(Worker worker, DuplexChannel channel, Duration patience) {
    new LastFlush(worker, channel, patience, true).begin();
  }

  private void begin() {
    if (!channel.isActive() || channel.isOutputShutdown()) {
      channel.close();
      return;
    }
    arm();
    channel.closeFuture().addListener(_ -> worker.wheel().remove(this));
    channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(sent -> left(sent.isSuccess()));
  }

  private void arm() {
    if (patienceNanos > 0) {
      look();
      worker.wheel().arm(this, patienceNanos);
    }
  }

  private void left(boolean success) {
    if (!success || !lingering || !channel.isActive()) {
      channel.close();
      return;
    }
    flushed = true;
    SocketFilters.endOutput(channel);
    worker.wheel().arm(this, patienceNanos);
  }

  @Override
  protected void expired() {
    if (!flushed && look()) {
      worker.wheel().arm(this, patienceNanos);
    } else {
      channel.close();
    }
  }

  /**
   * Whether bytes have left since the last look. Nothing is added any more, so any change counts.
   */
  private boolean look() {
    ChannelOutboundBuffer out = channel.unsafe().outboundBuffer();
    long waiting = out == null ? 0 : out.totalPendingWriteBytes();
    int first = out != null && out.current() instanceof ByteBuf data ? data.readableBytes() : 0;
    boolean moved = waiting != waitingBefore || first != firstBefore;
    waitingBefore = waiting;
    firstBefore = first;
    return moved;
  }
}
