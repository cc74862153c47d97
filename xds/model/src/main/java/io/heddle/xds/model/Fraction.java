package io.heddle.xds.model;

/** A share, {@code numerator} of {@code denominator}; a numerator beyond means all. */
public record Fraction(long numerator, int denominator) {

  /** Everything. */
  public static final Fraction ALL = new Fraction(100, 100);

  public Fraction {
    if (numerator < 0 || denominator <= 0) {
      throw new IllegalArgumentException(
          numerator + "/" + denominator + ", expected a share of at least 0");
    }
  }

  /** Whether nothing is left out. */
  public boolean all() {
    return numerator >= denominator;
  }

  /** Whether a random value, uniform over all non-negative longs, falls into the share. */
  public boolean includes(long random) {
    return Long.remainderUnsigned(random, denominator) < numerator;
  }
}
