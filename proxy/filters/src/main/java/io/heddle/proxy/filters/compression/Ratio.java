package io.heddle.proxy.filters.compression;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** Counts what went in and came out, and stops an expansion that nobody means. */
final class Ratio {
  /** What a decoder writes at a time. */
  static final int PIECE = 64 << 10;

  private final long max;
  private long in;
  private long out;

  Ratio(long max) {
    this.max = max;
  }

  void took(int bytes) {
    in += bytes;
  }

  void give(byte[] bytes, int length, Decompressor.Output to)
      throws Decompressor.BadContentException {
    ByteBuf piece = Unpooled.buffer(length).writeBytes(bytes, 0, length);
    out += length;
    if (out > PIECE && out / Math.max(1, in) > max) {
      piece.release();
      throw new Decompressor.BadContentException(
          out + " bytes of " + in + " (expected: at most " + max + " times as many)");
    }
    to.write(piece);
  }
}
