package io.heddle.cli.experiment;

/** Draws a row of numbers with eight heights of blocks. */
final class Spark {
  private static final String BLOCKS = "▁▂▃▄▅▆▇█";

  private Spark() {}

  /**
   * A row.
   *
   * @param values NaN leaves a gap
   * @param most what the highest block stands for
   * @param width characters; several values in one are shown by the worst of them
   * @param lowIsBad whether the worst is the lowest
   */
  static String row(double[] values, double most, int width, boolean lowIsBad) {
    int columns = Math.min(width, values.length);
    StringBuilder row = new StringBuilder(columns);
    for (int column = 0; column < columns; column++) {
      int from = (int) ((long) column * values.length / columns);
      int to = (int) ((long) (column + 1) * values.length / columns);
      double worst = Double.NaN;
      for (int i = from; i < to; i++) {
        if (!Double.isNaN(values[i])) {
          worst =
              Double.isNaN(worst)
                  ? values[i]
                  : lowIsBad ? Math.min(worst, values[i]) : Math.max(worst, values[i]);
        }
      }
      row.append(block(worst, most));
    }
    return row.toString();
  }

  private static char block(double value, double most) {
    if (Double.isNaN(value)) {
      return ' ';
    }
    double share = most <= 0 ? 0 : Math.clamp(value / most, 0, 1);
    return BLOCKS.charAt((int) Math.round(share * (BLOCKS.length() - 1)));
  }
}
