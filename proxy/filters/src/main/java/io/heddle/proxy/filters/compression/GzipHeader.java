package io.heddle.proxy.filters.compression;

import io.heddle.proxy.filters.compression.Decompressor.BadContentException;

/** Skips the header of a gzip member (RFC 1952, 2.3), however it is cut. */
final class GzipHeader {
  private static final int HAS_CRC = 2;
  private static final int HAS_EXTRA = 4;
  private static final int HAS_NAME = 8;
  private static final int HAS_COMMENT = 16;
  private static final int RESERVED = 0xe0;

  private int fixed;
  private int flags;
  private int extraLength;
  private int extraBytes;
  private int crcBytes;

  void restart() {
    fixed = 0;
    flags = 0;
    extraLength = 0;
    extraBytes = 0;
    crcBytes = 0;
  }

  boolean whole() {
    return fixed == 10 && (flags & (HAS_CRC | HAS_EXTRA | HAS_NAME | HAS_COMMENT)) == 0;
  }

  /** Reads from {@code at} until the header is whole, or there is no more; returns where it is. */
  int read(byte[] bytes, int at) throws BadContentException {
    int i = at;
    while (i < bytes.length && !whole()) {
      take(bytes[i++] & 0xff);
    }
    return i;
  }

  private void take(int b) throws BadContentException {
    if (fixed < 10) {
      boolean good =
          switch (fixed) {
            case 0 -> b == 0x1f;
            case 1 -> b == 0x8b;
            case 2 -> b == 8;
            case 3 -> (b & RESERVED) == 0;
            default -> true;
          };
      if (!good) {
        throw new BadContentException("not a gzip header");
      }
      if (fixed == 3) {
        flags = b;
      }
      fixed++;
    } else if ((flags & HAS_EXTRA) != 0) {
      if (extraBytes < 2) {
        extraLength |= b << (8 * extraBytes);
      }
      extraBytes++;
      if (extraBytes >= 2 && extraBytes - 2 == extraLength) {
        flags &= ~HAS_EXTRA;
      }
    } else if ((flags & HAS_NAME) != 0) {
      if (b == 0) {
        flags &= ~HAS_NAME;
      }
    } else if ((flags & HAS_COMMENT) != 0) {
      if (b == 0) {
        flags &= ~HAS_COMMENT;
      }
    } else if (++crcBytes == 2) {
      flags &= ~HAS_CRC;
    }
  }
}
