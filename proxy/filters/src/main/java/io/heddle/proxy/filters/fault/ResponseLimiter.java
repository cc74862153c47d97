package io.heddle.proxy.filters.fault;

import io.heddle.proxy.api.DataDecision;
import io.heddle.proxy.api.FilterDirection;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.TrailersDecision;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;

/**
 * Lets a response through at so many bytes a second: a bucket that holds those of one second and is
 * looked at sixteen times in it. What waits is bounded by the filter's buffer limit, beyond which
 * the upstream is not read. Owned by the exchange's loop.
 */
final class ResponseLimiter {
  private static final int SLICES = 16;
  private static final long SECOND_NANOS = 1_000_000_000;
  private static final Duration SLICE = Duration.ofNanos(SECOND_NANOS / SLICES);

  private final HttpFilterContext context;
  private final long bytesPerSecond;
  private final int mostWaiting;
  private final ArrayDeque<ByteBuf> waiting = new ArrayDeque<>();
  private Optional<HttpFilterContext.Timer> timer = Optional.empty();
  private long waitingBytes;

  /** Bytes that may go now. */
  private double room;

  private long roomAt;
  private boolean begun;
  private boolean end;
  private boolean trailers;
  private boolean over;

  /**
   * A bucket that has the bytes of one slice when the response begins.
   *
   * @param bytesPerSecond above 0
   */
  ResponseLimiter(HttpFilterContext context, long bytesPerSecond) {
    this.context = context;
    this.bytesPerSecond = bytesPerSecond;
    this.mostWaiting = Math.max(1, context.response().bufferLimit());
  }

  /** A piece of the response, borrowed. */
  DataDecision data(ByteBuf data, boolean endStream) {
    if (over || (waiting.isEmpty() && !data.isReadable())) {
      return DataDecision.CONTINUE;
    }
    end |= endStream;
    if (data.isReadable()) {
      waiting.addLast(data.retainedDuplicate());
      waitingBytes += data.readableBytes();
    }
    if (timer.isEmpty()) {
      send();
    }
    if (!over && waitingBytes > mostWaiting) {
      context.response().disableRead();
    }
    return DataDecision.CONSUME;
  }

  /** The trailers go when everything before them has. */
  TrailersDecision trailers() {
    if (over || waiting.isEmpty()) {
      return TrailersDecision.CONTINUE;
    }
    trailers = true;
    return TrailersDecision.SUSPEND;
  }

  private void send() {
    refill();
    FilterDirection response = context.response();
    while (!over && room >= 1 && !waiting.isEmpty() && !response.aboveHighWatermark()) {
      ByteBuf first = waiting.getFirst();
      int bytes = (int) Math.min(room, first.readableBytes());
      ByteBuf piece =
          bytes < first.readableBytes() ? first.readRetainedSlice(bytes) : waiting.removeFirst();
      room -= bytes;
      waitingBytes -= bytes;
      // The exchange may be over when this returns.
      response.inject(piece, end && waiting.isEmpty());
    }
    if (over) {
      return;
    }
    if (waitingBytes <= mostWaiting / 2) {
      response.enableRead();
    }
    if (!waiting.isEmpty()) {
      timer = Optional.of(context.schedule(SLICE, this::sliceOver));
    } else if (trailers) {
      trailers = false;
      response.resume();
    }
  }

  private void sliceOver() {
    timer = Optional.empty();
    send();
  }

  private void refill() {
    long now = context.nanoTime();
    if (!begun) {
      // Not before there is a response: however long that took, it begins slowly.
      begun = true;
      roomAt = now;
      room = (double) bytesPerSecond / SLICES;
    }
    room =
        Math.min(
            (double) bytesPerSecond,
            room + (double) bytesPerSecond * (now - roomAt) / SECOND_NANOS);
    roomAt = now;
  }

  /** Nothing more goes. */
  void end() {
    over = true;
    drop();
  }

  /** What waits goes nowhere, as another response takes the place of this one. */
  void drop() {
    end = false;
    trailers = false;
    timer.ifPresent(HttpFilterContext.Timer::cancel);
    timer = Optional.empty();
    waiting.forEach(ByteBuf::release);
    waiting.clear();
    waitingBytes = 0;
  }
}
