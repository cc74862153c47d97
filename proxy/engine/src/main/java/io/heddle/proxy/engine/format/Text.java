package io.heddle.proxy.engine.format;

import io.netty.buffer.ByteBuf;

/** Writes numbers and text without allocating. */
final class Text {
  private Text() {}

  static void number(long value, ByteBuf out) {
    if (value < 0) {
      out.writeByte('-');
      number(-value, out);
      return;
    }
    if (value >= 10) {
      number(value / 10, out);
    }
    out.writeByte((int) ('0' + value % 10));
  }

  static void padded(long value, int digits, ByteBuf out) {
    long divisor = 1;
    for (int i = 1; i < digits; i++) {
      divisor *= 10;
    }
    for (; divisor > 0; divisor /= 10) {
      out.writeByte((int) ('0' + value / divisor % 10));
    }
  }

  /** Headers are ISO 8859-1 and go out as they came in; beyond that, UTF-8. */
  static void write(String text, ByteBuf out) {
    int n = text.length();
    out.ensureWritable(n);
    for (int i = 0; i < n; i++) {
      char c = text.charAt(i);
      if (c > 0xff) {
        io.netty.buffer.ByteBufUtil.writeUtf8(out, text.substring(i));
        return;
      }
      out.writeByte(c);
    }
  }
}
