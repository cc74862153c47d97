package io.heddle.proxy.engine.balance;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** The 64-bit xxHash, by its specification (version 0.1.1). */
public final class XxHash64 {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long PRIME1 = 0x9E3779B185EBCA87L;
  private static final long PRIME2 = 0xC2B2AE3D27D4EB4FL;
  private static final long PRIME3 = 0x165667B19E3779F9L;
  private static final long PRIME4 = 0x85EBCA77C2B2AE63L;
  private static final long PRIME5 = 0x27D4EB2F165667C5L;

  private XxHash64() {}

  /** The hash of all bytes with seed 0. */
  public static long hash(byte[] data) {
    return hash(data, 0, data.length, 0);
  }

  /** The hash of some bytes. */
  public static long hash(byte[] data, int from, int length, long seed) {
    int at = from;
    int end = from + length;
    long hash;
    if (length >= 32) {
      long a = seed + PRIME1 + PRIME2;
      long b = seed + PRIME2;
      long c = seed;
      long d = seed - PRIME1;
      while (at <= end - 32) {
        a = round(a, (long) LONG.get(data, at));
        b = round(b, (long) LONG.get(data, at + 8));
        c = round(c, (long) LONG.get(data, at + 16));
        d = round(d, (long) LONG.get(data, at + 24));
        at += 32;
      }
      hash =
          Long.rotateLeft(a, 1)
              + Long.rotateLeft(b, 7)
              + Long.rotateLeft(c, 12)
              + Long.rotateLeft(d, 18);
      hash = merge(merge(merge(merge(hash, a), b), c), d);
    } else {
      hash = seed + PRIME5;
    }
    hash += length;
    while (at <= end - 8) {
      hash = Long.rotateLeft(hash ^ round(0, (long) LONG.get(data, at)), 27) * PRIME1 + PRIME4;
      at += 8;
    }
    if (at <= end - 4) {
      hash ^= ((int) INT.get(data, at) & 0xffff_ffffL) * PRIME1;
      hash = Long.rotateLeft(hash, 23) * PRIME2 + PRIME3;
      at += 4;
    }
    while (at < end) {
      hash = Long.rotateLeft(hash ^ ((data[at++] & 0xff) * PRIME5), 11) * PRIME1;
    }
    hash = (hash ^ (hash >>> 33)) * PRIME2;
    hash = (hash ^ (hash >>> 29)) * PRIME3;
    return hash ^ (hash >>> 32);
  }

  private static long round(long lane, long input) {
    return Long.rotateLeft(lane + input * PRIME2, 31) * PRIME1;
  }

  private static long merge(long hash, long lane) {
    return (hash ^ round(0, lane)) * PRIME1 + PRIME4;
  }
}
