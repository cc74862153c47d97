package io.heddle.cli.experiment;

import java.time.Duration;

/** Sends a request and waits for what becomes of it. Called on a thread for each request. */
interface Caller {
  /**
   * Sends one.
   *
   * @param left of the load's deadline, above zero
   */
  Outcome call(Load load, Duration left) throws InterruptedException;
}
