package io.heddle.xds.model;

import java.util.Locale;

/**
 * One value of the runtime, read once in every way in which it may be asked for.
 *
 * @param text as it is shown
 * @param integer the value as a whole number, or {@link #NO_INTEGER}
 * @param number the value as a number, or NaN
 * @param truth the value as a flag
 * @param numerator of the value as a share
 * @param denominator of the value as a share; zero where it is none
 */
public record RuntimeValue(
    String text, long integer, double number, Truth truth, long numerator, int denominator) {
  /** Says that the value is no whole number of at least zero. */
  public static final long NO_INTEGER = -1;

  private static final double LARGEST_INTEGER = 9.2e18;
  private static final int LONGEST_SHOWN = 1024;

  /** What a value says as a flag. */
  public enum Truth {
    NEITHER,
    FALSE,
    TRUE
  }

  /** A flag. */
  public static RuntimeValue of(boolean value) {
    return new RuntimeValue(
        Boolean.toString(value), NO_INTEGER, Double.NaN, value ? Truth.TRUE : Truth.FALSE, 0, 0);
  }

  /** A number; a whole one is a percentage too. */
  public static RuntimeValue of(double value) {
    long whole = value >= 0 && value < LARGEST_INTEGER ? (long) value : NO_INTEGER;
    String shown = whole == value ? Long.toString(whole) : Double.toString(value);
    return number(shown, whole, value);
  }

  /** A share. */
  public static RuntimeValue of(Fraction share) {
    String unit =
        switch (share.denominator()) {
          case 10_000 -> "TEN_THOUSAND";
          case 1_000_000 -> "MILLION";
          default -> "HUNDRED";
        };
    return new RuntimeValue(
        "{\"numerator\":" + share.numerator() + ",\"denominator\":\"" + unit + "\"}",
        NO_INTEGER,
        Double.NaN,
        Truth.NEITHER,
        share.numerator(),
        share.denominator());
  }

  /** A text as a file or a query has it: a flag or a number where it reads as one. */
  public static RuntimeValue ofText(String value) {
    String word = value.strip();
    switch (word.toLowerCase(Locale.ROOT)) {
      case "true" -> {
        return of(true).shownAs(word);
      }
      case "false" -> {
        return of(false).shownAs(word);
      }
      default -> {}
    }
    if (word.length() <= 32 && looksNumeric(word)) {
      try {
        double number = Double.parseDouble(word);
        long whole = number >= 0 && number < LARGEST_INTEGER ? (long) number : NO_INTEGER;
        if (word.chars().allMatch(c -> c >= '0' && c <= '9') && whole != NO_INTEGER) {
          whole = Long.parseLong(word);
        }
        return number(word, whole, number);
      } catch (NumberFormatException _) {
        // A text, then.
      }
    }
    String shown = word.length() > LONGEST_SHOWN ? word.substring(0, LONGEST_SHOWN) : word;
    return new RuntimeValue(shown, NO_INTEGER, Double.NaN, Truth.NEITHER, 0, 0);
  }

  private static RuntimeValue number(String shown, long whole, double value) {
    long percent = whole == NO_INTEGER ? 0 : Math.min(whole, 100);
    return new RuntimeValue(
        shown, whole, value, Truth.NEITHER, percent, whole == NO_INTEGER ? 0 : 100);
  }

  private static boolean looksNumeric(String word) {
    return !word.isEmpty()
        && word.chars()
            .allMatch(c ->
                (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E');
  }

  private RuntimeValue shownAs(String shown) {
    return new RuntimeValue(shown, integer, number, truth, numerator, denominator);
  }
}
