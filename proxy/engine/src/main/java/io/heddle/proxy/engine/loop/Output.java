package io.heddle.proxy.engine.loop;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/**
 * The way out of one connection: small pieces are gathered in one buffer, so that a head and a
 * short body leave in one system call; large ones pass through as they are. Flushed once a turn of
 * the loop.
 */
// The channel's handler learns of failures.
@SuppressWarnings("FutureReturnValueIgnored")
public final class Output implements Flushable {
  private static final int FIRST = 2048;
  private static final int GATHERED = 16 << 10;
  private static final int COPIED = 4096;

  private final Worker worker;
  private final Channel channel;
  private @Nullable ByteBuf gathered;
  private boolean queued;
  private long bytes;

  /** The way out of this channel, which belongs to this worker. */
  public Output(Worker worker, Channel channel) {
    this.worker = worker;
    this.channel = channel;
  }

  /** A buffer to append to, with room for some hundred bytes and growing; not to be kept. */
  public ByteBuf buffer() {
    ByteBuf buffer = gathered;
    if (buffer != null && buffer.readableBytes() >= GATHERED) {
      spill();
      buffer = null;
    }
    if (buffer == null) {
      buffer = worker.allocator().directBuffer(FIRST);
      gathered = buffer;
    }
    queue();
    return buffer;
  }

  /** Appends bytes. Takes ownership. */
  public void write(ByteBuf data) {
    int size = data.readableBytes();
    if (size == 0) {
      data.release();
      return;
    }
    ByteBuf buffer = gathered;
    if (size <= COPIED) {
      buffer().writeBytes(data);
      data.release();
      return;
    }
    if (buffer != null) {
      spill();
    }
    bytes += size;
    channel.write(data, channel.voidPromise());
    queue();
  }

  /** Bytes given to the channel so far. */
  public long bytes() {
    ByteBuf buffer = gathered;
    return bytes + (buffer == null ? 0 : buffer.readableBytes());
  }

  private void queue() {
    if (!queued) {
      queued = true;
      worker.flushAtEnd(this);
    }
  }

  private void spill() {
    ByteBuf buffer = gathered;
    if (buffer != null) {
      gathered = null;
      bytes += buffer.readableBytes();
      channel.write(buffer, channel.voidPromise());
    }
  }

  @Override
  public void flushPending() {
    queued = false;
    spill();
    channel.flush();
  }

  /** Flushes now if anything waits. */
  public void flushIfQueued() {
    if (queued) {
      spill();
      channel.flush();
    }
  }

  /** Drops what was gathered and not flushed. */
  public void discard() {
    ByteBuf buffer = gathered;
    if (buffer != null) {
      gathered = null;
      buffer.release();
    }
  }
}
