package io.heddle.proxy.filters.grpcweb;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;

/**
 * Decodes Base64 (RFC 4648, section 4) that comes in pieces of any length. Padding may stand at the
 * end of every group of four, as a sender may flush wherever it likes. Owned by one event loop.
 */
final class Base64Stream {
  private static final byte[] VALUES = new byte[256];

  static {
    Arrays.fill(VALUES, (byte) -1);
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < alphabet.length(); i++) {
      VALUES[alphabet.charAt(i)] = (byte) i;
    }
  }

  private int group;
  private int digits;
  private int padding;

  /** Whether every group so far was whole. */
  boolean whole() {
    return digits + padding == 0;
  }

  /** What the piece stands for, or null where it is not Base64; the caller owns it. */
  @org.jspecify.annotations.Nullable
  ByteBuf decode(ByteBuf piece) {
    int length = piece.readableBytes();
    byte[] out = new byte[(length + 3) / 4 * 3];
    int at = 0;
    for (int i = piece.readerIndex(), end = i + length; i < end; i++) {
      byte c = piece.getByte(i);
      if (c == '=') {
        padding++;
        if (digits < 2) {
          return null;
        }
      } else {
        int value = VALUES[c & 0xff];
        if (value < 0 || padding > 0) {
          return null;
        }
        group = group << 6 | value;
        digits++;
      }
      if (digits + padding == 4) {
        int bits = group << (6 * padding);
        for (int b = 0; b < 3 - padding; b++) {
          out[at++] = (byte) (bits >> (16 - 8 * b));
        }
        group = 0;
        digits = 0;
        padding = 0;
      }
    }
    return Unpooled.wrappedBuffer(out, 0, at);
  }
}
