package io.heddle.proxy.codec;

/** Decimal and hexadecimal numbers between bytes and longs, without strings. */
final class Numbers {
  /** What {@link #decimal} says of digits that do not fit in 63 bits. */
  static final long OVERFLOW = -2;

  private static final byte[] DIGITS = Field.ascii("0123456789abcdef");

  private Numbers() {}

  /** The value of {@code [from, to)}, -1 where these are not digits, or {@link #OVERFLOW}. */
  static long decimal(byte[] bytes, int from, int to) {
    if (from == to) {
      return -1;
    }
    long value = 0;
    boolean overflow = false;
    for (int i = from; i < to; i++) {
      int digit = bytes[i] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      overflow |= value > (Long.MAX_VALUE - digit) / 10;
      value = value * 10 + digit;
    }
    return overflow ? OVERFLOW : value;
  }

  /** Digits of a value of 0 and more. */
  static int decimalLength(long value) {
    int digits = 1;
    for (long rest = value / 10; rest > 0; rest /= 10) {
      digits++;
    }
    return digits;
  }

  /** The character of the {@code power}-th decimal digit from the right. */
  static byte digit(int value) {
    return DIGITS[value];
  }
}
