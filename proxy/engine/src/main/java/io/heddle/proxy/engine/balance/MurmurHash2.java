package io.heddle.proxy.engine.balance;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** The 64-bit Murmur hash 2 as libstdc++ computes {@code std::hash} with it. */
final class MurmurHash2 {
  /** The seed of libstdc++. */
  static final long STANDARD_SEED = 0xc70f6907L;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long FACTOR = 0xc6a4a7935bd1e995L;

  private MurmurHash2() {}

  static long hash(byte[] data, int length, long seed) {
    long hash = seed ^ (length * FACTOR);
    int at = 0;
    for (; at <= length - 8; at += 8) {
      hash = (hash ^ (mix((long) LONG.get(data, at) * FACTOR) * FACTOR)) * FACTOR;
    }
    if (at < length) {
      long rest = 0;
      for (int i = length - 1; i >= at; i--) {
        rest = (rest << 8) | (data[i] & 0xff);
      }
      hash = (hash ^ rest) * FACTOR;
    }
    return mix(mix(hash) * FACTOR);
  }

  private static long mix(long value) {
    return value ^ (value >>> 47);
  }
}
