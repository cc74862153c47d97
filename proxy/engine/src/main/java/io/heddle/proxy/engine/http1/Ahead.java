package io.heddle.proxy.engine.http1;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * What a client has sent before it may be served: at most what one read has brought, as reading
 * stops meanwhile. Owned by the connection's loop.
 */
final class Ahead {
  private @Nullable ByteBuf bytes;
  private boolean reading = true;

  boolean isEmpty() {
    return bytes == null;
  }

  /** Keeps more. Takes ownership; returns whether reading has to be stopped for it. */
  boolean keep(ByteBuf more) {
    ByteBuf before = bytes;
    if (before == null) {
      bytes = more;
    } else {
      before.writeBytes(more);
      more.release();
    }
    boolean stop = reading;
    reading = false;
    return stop;
  }

  /** Gives all of it away, ownership too. */
  @Nullable ByteBuf take() {
    ByteBuf all = bytes;
    bytes = null;
    return all;
  }

  /** Whether reading, which was stopped for it, may go on; to be asked once. */
  boolean mayReadOn() {
    boolean go = bytes == null && !reading;
    reading |= go;
    return go;
  }

  void drop() {
    ByteBuf all = take();
    if (all != null) {
      all.release();
    }
  }
}
