package io.heddle.proxy.engine.balance;

/**
 * The 32-bit Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998), for sequences that have to
 * be the same as other programs'. Owned by one event loop.
 */
final class MersenneTwister {
  private static final int SIZE = 624;
  private static final int SHIFT = 397;

  private final int[] state = new int[SIZE];
  private int at = SIZE;

  /** Begins the sequence of a seed. */
  void seed(int seed) {
    state[0] = seed;
    for (int i = 1; i < SIZE; i++) {
      state[i] = 1_812_433_253 * (state[i - 1] ^ (state[i - 1] >>> 30)) + i;
    }
    at = SIZE;
  }

  /** The next 32 bits. */
  int next() {
    if (at == SIZE) {
      twist();
    }
    int bits = state[at++];
    bits ^= bits >>> 11;
    bits ^= (bits << 7) & 0x9d2c5680;
    bits ^= (bits << 15) & 0xefc60000;
    return bits ^ (bits >>> 18);
  }

  private void twist() {
    for (int i = 0; i < SIZE; i++) {
      int bits = (state[i] & 0x8000_0000) | (state[(i + 1) % SIZE] & 0x7fff_ffff);
      int next = state[(i + SHIFT) % SIZE] ^ (bits >>> 1);
      state[i] = (bits & 1) == 0 ? next : next ^ 0x9908b0df;
    }
    at = 0;
  }

  /** A number from 0 up to {@code bound}, which is at least 1. */
  int below(int bound) {
    long width = (1L << 32) / bound;
    long number;
    do {
      number = (next() & 0xffff_ffffL) / width;
    } while (number >= bound);
    return (int) number;
  }
}
