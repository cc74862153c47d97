package io.heddle.proxy.codec;

import io.netty.buffer.ByteBuf;

/**
 * Gathers bytes in a head's array and finds line ends, each byte looked at once however the bytes
 * are cut.
 */
final class LineReader {
  /** No line end yet and no bytes left. */
  static final int NEED_MORE = -1;

  /** No line end within the limit. */
  static final int OVER = -2;

  /** Where the line being read begins. */
  int lineStart;

  private int scanned;

  void begin() {
    lineStart = 0;
    scanned = 0;
  }

  /**
   * The index of the next LF, {@link #NEED_MORE} or {@link #OVER}.
   *
   * @param lineLimit offset at which this line must have ended
   * @param headLimit offset that is never passed
   */
  int nextLf(Head head, ByteBuf in, int lineLimit, int headLimit) {
    int limit = Math.min(lineLimit, headLimit);
    while (true) {
      int end = Math.min(head.length, limit);
      int lf = ByteScan.indexOfLf(head.bytes, scanned, end);
      if (lf >= 0) {
        scanned = lf + 1;
        return lf;
      }
      scanned = Math.max(scanned, end);
      if (end == limit) {
        return OVER;
      }
      if (!in.isReadable()) {
        return NEED_MORE;
      }
      head.fill(in, headLimit);
    }
  }

  /** Gives back what was gathered beyond the line that ended last. */
  void unread(Head head, ByteBuf in) {
    in.readerIndex(in.readerIndex() - (head.length - scanned));
    head.length = scanned;
  }
}
