package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.codec.Trailers;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * What a filter keeps of one direction of a message: what it gathered, and what it has not seen
 * yet. Apart, since most messages pass without anything being kept. Owned by the exchange's loop.
 */
final class HeldMessage {
  /** Of a message that passes; never written to. */
  static final HeldMessage NOTHING = new HeldMessage(0);

  /** Of what is gathered, in bytes. */
  int limit;

  /** Seen and gathered. */
  @Nullable ByteBuf gathered;

  /** Seen, and held with what was gathered. */
  @Nullable Trailers trailers;

  /** Not seen yet, in their order. */
  final ArrayDeque<ByteBuf> pieces = new ArrayDeque<>(2);

  /** Whether the end comes with the last piece. */
  boolean unseenEnd;

  /** After the pieces. */
  @Nullable Trailers unseenTrailers;

  HeldMessage(int limit) {
    this.limit = limit;
  }

  boolean hasPieces() {
    return !pieces.isEmpty();
  }

  /** Whether nothing is kept but trailers that were not seen. */
  boolean isEmpty() {
    return trailers == null && gathered == null && pieces.isEmpty() && !unseenEnd;
  }

  long bytes() {
    ByteBuf all = gathered;
    long sum = all == null ? 0 : all.readableBytes();
    for (ByteBuf piece : pieces) {
      sum += piece.readableBytes();
    }
    return sum;
  }

  void release() {
    ByteBuf all = gathered;
    gathered = null;
    if (all != null) {
      all.release();
    }
    for (ByteBuf piece = pieces.pollFirst(); piece != null; piece = pieces.pollFirst()) {
      piece.release();
    }
    trailers = null;
    unseenTrailers = null;
  }
}
