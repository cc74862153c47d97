package io.heddle.cli.experiment;

import java.time.Duration;

/** What is wrong with a service's instance. */
sealed interface Fault {
  /** Nothing is. */
  enum None implements Fault {
    NONE
  }

  /** It takes so much longer to answer. */
  record Slow(Duration by) implements Fault {}

  /**
   * It answers 500.
   *
   * @param share of the requests, 0 to 1
   */
  record Errors(double share) implements Fault {}

  /** It resets the connection of every request. */
  enum Reset implements Fault {
    RESET
  }

  /** It accepts and never answers. */
  enum Silent implements Fault {
    SILENT
  }
}
