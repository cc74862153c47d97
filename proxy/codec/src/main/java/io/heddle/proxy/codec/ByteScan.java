package io.heddle.proxy.codec;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Looks at eight bytes at once. */
final class ByteScan {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101_0101_0101_0101L;
  private static final long HIGH = 0x8080_8080_8080_8080L;
  private static final long LF = ONES * '\n';
  private static final long SPACE = ONES * ' ';
  private static final long DEL = ONES * 0x7f;

  private ByteScan() {}

  /** Index of the first LF in {@code [from, to)}, or -1. */
  static int indexOfLf(byte[] bytes, int from, int to) {
    int i = from;
    for (; i <= to - Long.BYTES; i += Long.BYTES) {
      long diff = (long) LONGS.get(bytes, i) ^ LF;
      long zero = (diff - ONES) & ~diff & HIGH;
      if (zero != 0) {
        // The lowest hit is exact: borrows only run upwards, from a true hit.
        return i + (Long.numberOfTrailingZeros(zero) >>> 3);
      }
    }
    for (; i < to; i++) {
      if (bytes[i] == '\n') {
        return i;
      }
    }
    return -1;
  }

  /** Index of the first control character but HTAB in {@code [from, to)}, or -1. */
  static int indexOfControl(byte[] bytes, int from, int to) {
    int i = from;
    for (; i <= to - Long.BYTES; i += Long.BYTES) {
      long word = (long) LONGS.get(bytes, i);
      long del = word ^ DEL;
      long hit = (((word - SPACE) & ~word) | ((del - ONES) & ~del)) & HIGH;
      if (hit != 0) {
        for (int j = i; j < i + Long.BYTES; j++) {
          if (control(bytes[j])) {
            return j;
          }
        }
      }
    }
    for (; i < to; i++) {
      if (control(bytes[i])) {
        return i;
      }
    }
    return -1;
  }

  private static boolean control(byte b) {
    return (b >= 0 && b < ' ' && b != '\t') || b == 0x7f;
  }
}
