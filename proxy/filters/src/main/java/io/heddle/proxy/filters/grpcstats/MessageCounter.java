package io.heddle.proxy.filters.grpcstats;

import io.netty.buffer.ByteBuf;

/**
 * Counts the messages in a stream of gRPC frames, however it is cut: five bytes of a flag and a
 * length, then as many bytes. A message counts as soon as its five bytes are there. Owned by one
 * event loop.
 */
final class MessageCounter {
  private static final int PREFIX = 5;

  private int prefixSeen;
  private long length;
  private long left;

  /** The number of messages that begin in these bytes, which are not consumed. */
  int count(ByteBuf data) {
    int messages = 0;
    int at = data.readerIndex();
    int end = data.writerIndex();
    while (at < end) {
      if (left > 0) {
        int skipped = (int) Math.min(left, end - at);
        left -= skipped;
        at += skipped;
        continue;
      }
      int octet = data.getUnsignedByte(at++);
      if (prefixSeen > 0) {
        length = length << 8 | octet;
      }
      if (++prefixSeen == PREFIX) {
        messages++;
        left = length;
        length = 0;
        prefixSeen = 0;
      }
    }
    return messages;
  }
}
