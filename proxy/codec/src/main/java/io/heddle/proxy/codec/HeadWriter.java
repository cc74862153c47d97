package io.heddle.proxy.codec;

import io.netty.buffer.ByteBuf;

/** What writers of both kinds of heads do alike. */
final class HeadWriter {
  private static final byte[] CONTENT_LENGTH = Field.ascii("content-length: ");
  private static final byte[] CHUNKED = Field.ascii("transfer-encoding: chunked\r\n");
  private static final byte[] CLOSE = Field.ascii("connection: close\r\n");
  private static final byte[] KEEP_ALIVE = Field.ascii("connection: keep-alive\r\n");
  private static final byte[] UPGRADE = Field.ascii("connection: upgrade\r\nupgrade: ");
  private static final int SEPARATOR = ':' << 8 | ' ';
  static final int CRLF = '\r' << 8 | '\n';

  /** Framing, connection and digits at most. */
  static final int OVERHEAD = 128;

  private HeadWriter() {}

  /** Copies the lines that are there, unchanged runs at once. */
  static void lines(Head head, ByteBuf out) {
    int[] table = head.table;
    byte[] bytes = head.bytes;
    int runStart = 0;
    int runEnd = 0;
    for (int i = 0, at = 0; i < head.count; i++, at += Head.STRIDE) {
      int flags = table[at + Head.FLAGS];
      if ((flags & Head.NOT_COPIED) != 0) {
        continue;
      }
      int start = table[at];
      int valueEnd = table[at + Head.VALUE_END];
      if ((flags & Head.VERBATIM) == 0) {
        out.writeBytes(bytes, runStart, runEnd - runStart);
        runStart = 0;
        runEnd = 0;
        out.writeBytes(bytes, start, table[at + Head.NAME_END] - start);
        out.writeShort(SEPARATOR);
        int value = table[at + Head.VALUE];
        out.writeBytes(bytes, value, valueEnd - value);
        out.writeShort(CRLF);
      } else if (start == runEnd) {
        runEnd = valueEnd + 2;
      } else {
        out.writeBytes(bytes, runStart, runEnd - runStart);
        runStart = start;
        runEnd = valueEnd + 2;
      }
    }
    out.writeBytes(bytes, runStart, runEnd - runStart);
  }

  static void framing(Framing framing, long contentLength, ByteBuf out) {
    switch (framing) {
      case LENGTH -> length(contentLength, out);
      case CHUNKED -> out.writeBytes(CHUNKED);
      case NONE, UNTIL_CLOSE -> {}
    }
  }

  static void length(long contentLength, ByteBuf out) {
    if (contentLength < 0) {
      throw new IllegalArgumentException("contentLength: " + contentLength + " (expected: >= 0)");
    }
    out.writeBytes(CONTENT_LENGTH);
    int digits = Numbers.decimalLength(contentLength);
    int at = out.writerIndex();
    out.ensureWritable(digits + 2);
    long rest = contentLength;
    for (int i = digits - 1; i >= 0; i--) {
      out.setByte(at + i, Numbers.digit((int) (rest % 10)));
      rest /= 10;
    }
    out.writerIndex(at + digits);
    out.writeShort(CRLF);
  }

  /**
   * The connection's future; where it is an upgrade, the name of the protocol lies in the head at
   * these places.
   */
  static void connection(
      ConnectionOption option, Head head, int upgrade, int upgradeEnd, ByteBuf out) {
    connection(option, out);
    if (option == ConnectionOption.UPGRADE) {
      out.writeBytes(head.bytes, upgrade, upgradeEnd - upgrade);
      out.writeShort(CRLF);
    }
  }

  static void connection(ConnectionOption option, ByteBuf out) {
    switch (option) {
      case NONE -> {}
      case CLOSE -> out.writeBytes(CLOSE);
      case KEEP_ALIVE -> out.writeBytes(KEEP_ALIVE);
      case UPGRADE -> out.writeBytes(UPGRADE);
    }
  }
}
