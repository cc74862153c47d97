package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.codec.Trailers;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * What has come of a request after its head while its host was not there yet. The trailers stay the
 * exchange's. Owned by the exchange's loop.
 */
final class HeldRequest {
  private final ArrayDeque<ByteBuf> pieces = new ArrayDeque<>();
  private @Nullable Trailers trailers;

  /** Takes ownership. */
  void add(ByteBuf piece) {
    pieces.addLast(piece);
  }

  void end(Trailers given) {
    trailers = given;
  }

  /** Gives all of it on, once; {@code whole} is whether nothing will follow. */
  void give(AttemptChain to, boolean whole) {
    while (!pieces.isEmpty()) {
      ByteBuf piece = pieces.removeFirst();
      to.requestData(0, piece, whole && pieces.isEmpty() && trailers == null);
    }
    Trailers last = trailers;
    trailers = null;
    // The trailers are gone with the exchange, which may have ended over what was before them.
    if (last != null && !to.over()) {
      to.requestTrailers(0, last);
    }
  }

  boolean isEmpty() {
    return pieces.isEmpty() && trailers == null;
  }

  long bytes() {
    long sum = 0;
    for (ByteBuf piece : pieces) {
      sum += piece.readableBytes();
    }
    return sum;
  }

  void release() {
    pieces.forEach(ByteBuf::release);
    pieces.clear();
    trailers = null;
  }
}
