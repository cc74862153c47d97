package io.heddle.proxy.engine.frames;

import io.heddle.proxy.engine.loop.ReadSwitch;
import io.heddle.proxy.engine.loop.Worker;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http2.Http2Error;
import java.util.ArrayDeque;
import java.util.function.BiConsumer;

/**
 * Gives what was read to the parser, so many frames a turn of the loop: a peer that sends a lot of
 * small ones keeps no other connection of the loop waiting. What is left stays here, and nothing
 * more is read until it is gone. Owned by the connection's loop.
 */
final class PacedInput {
  /** Some more than a peer with all its streams in use sends at once. */
  static final int FRAMES_A_TURN = 128;

  private final Worker worker;
  private final FrameParser parser;
  private final ReadSwitch reading;
  private final BiConsumer<Http2Error, String> failure;
  private final ArrayDeque<ByteBuf> unread = new ArrayDeque<>(1);
  private boolean paused;
  private boolean parsing;
  private boolean over;

  /** {@code failure} hears once, of what ends the connection. */
  PacedInput(
      Worker worker,
      FrameParser parser,
      ReadSwitch reading,
      BiConsumer<Http2Error, String> failure) {
    this.worker = worker;
    this.parser = parser;
    this.reading = reading;
    this.failure = failure;
  }

  /** Something has come. Takes ownership. */
  void add(ByteBufAllocator allocator, ByteBuf in) {
    if (over) {
      // Read, so that closing does not reset what was said last.
      in.release();
      return;
    }
    unread.add(in);
    if (!paused) {
      read(allocator);
    }
  }

  /** What was read before is a turn ago. */
  void turnEnded() {
    if (!paused) {
      parser.allow(FRAMES_A_TURN);
    }
  }

  private void read(ByteBufAllocator allocator) {
    parsing = true;
    try {
      for (ByteBuf in = unread.peek(); in != null && !over; in = unread.peek()) {
        parser.read(allocator, in);
        if (in.isReadable() && !over) {
          pause(allocator);
          return;
        }
        unread.remove().release();
      }
    } catch (FrameException broken) {
      failure.accept(broken.error(), broken.detail());
    } finally {
      parsing = false;
      if (over) {
        forget();
      }
    }
  }

  private void pause(ByteBufAllocator allocator) {
    if (!paused) {
      paused = true;
      reading.disable();
    }
    worker.nextTurn(() -> {
      if (paused) {
        worker.batch(() -> goOn(allocator));
      }
    });
  }

  private void goOn(ByteBufAllocator allocator) {
    parser.allow(FRAMES_A_TURN);
    read(allocator);
    if (unread.isEmpty() && paused) {
      paused = false;
      reading.enable();
    }
  }

  /** Nothing more comes: what is left is taken at once. */
  void last(ByteBufAllocator allocator) {
    parser.allow(Integer.MAX_VALUE);
    read(allocator);
  }

  /** Takes nothing more, and lets go of what is left; also from within a call of the parser's. */
  void end() {
    if (over) {
      return;
    }
    over = true;
    parser.stop();
    if (!parsing) {
      forget();
    }
    if (paused) {
      paused = false;
      reading.enable();
    }
  }

  private void forget() {
    for (ByteBuf in = unread.poll(); in != null; in = unread.poll()) {
      in.release();
    }
  }
}
