package io.heddle.proxy.api;

/**
 * The values that operators may change while the proxy runs ({@code layered_runtime}).
 *
 * <p>Every call looks at the values of that moment. None allocates or blocks; safe on every thread.
 */
public interface RuntimeView {
  /** A runtime without a value. */
  RuntimeView NONE =
      new RuntimeView() {
        @Override
        public boolean flag(String key, boolean absent) {
          return absent;
        }

        @Override
        public long integer(String key, long absent) {
          return absent;
        }

        @Override
        public double number(String key, double absent) {
          return absent;
        }

        @Override
        public boolean includes(String key, long numerator, int denominator, long random) {
          return Long.remainderUnsigned(random, denominator) < numerator;
        }
      };

  /** A flag ({@code RuntimeFeatureFlag}); {@code absent} where the key has no flag. */
  boolean flag(String key, boolean absent);

  /** A whole number of at least zero ({@code RuntimeUInt32}), or {@code absent}. */
  long integer(String key, long absent);

  /** A number ({@code RuntimeDouble}, {@code RuntimePercent}), or {@code absent}. */
  double number(String key, double absent);

  /**
   * Whether a random value falls into a share ({@code RuntimeFractionalPercent}). A whole number
   * under the key is a percentage.
   *
   * @param key empty where only the share given here counts
   * @param numerator of the share where the key has none
   * @param denominator above zero
   * @param random uniform over all longs, taken as unsigned
   */
  boolean includes(String key, long numerator, int denominator, long random);
}
