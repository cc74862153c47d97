package io.heddle.proxy.codec;

import io.netty.buffer.ByteBuf;

/**
 * Writes what goes around the data of a chunked body (RFC 9112, 7.1); the data itself is sent as
 * the buffer that it lies in. Stateless.
 *
 * <p>A chunk is {@link #writeSize}, the data, {@link #writeEnd}; the end of one and the size of the
 * next may share a buffer.
 */
public final class ChunkWriter {
  /** What a size line or an end takes at most. */
  public static final int MAX_BYTES = 12;

  private static final byte[] LAST = Field.ascii("0\r\n\r\n");

  private ChunkWriter() {}

  /** Appends the line before {@code size} bytes of data; {@code size} is above 0. */
  public static void writeSize(int size, ByteBuf out) {
    if (size <= 0) {
      throw new IllegalArgumentException("size: " + size + " (expected: > 0)");
    }
    int digits = (35 - Integer.numberOfLeadingZeros(size)) >>> 2;
    out.ensureWritable(digits + 2);
    for (int shift = (digits - 1) << 2; shift >= 0; shift -= 4) {
      out.writeByte(Numbers.digit((size >>> shift) & 15));
    }
    out.writeShort(HeadWriter.CRLF);
  }

  /** Appends what follows the data. */
  public static void writeEnd(ByteBuf out) {
    out.writeShort(HeadWriter.CRLF);
  }

  /** Appends the last chunk and no trailers. */
  public static void writeLast(ByteBuf out) {
    out.writeBytes(LAST);
  }

  /** Appends the last chunk and these trailers; returns how many of the bytes are field lines. */
  public static int writeLast(Trailers trailers, ByteBuf out) {
    out.ensureWritable(trailers.byteSize() + 4 * trailers.size() + LAST.length);
    out.writeBytes(LAST, 0, 3);
    int fields = out.writerIndex();
    HeadWriter.lines(trailers, out);
    int end = out.writerIndex();
    out.writeShort(HeadWriter.CRLF);
    return end - fields;
  }
}
