package io.heddle.cli.experiment;

import java.time.Duration;

/** The clock that a load is made by. */
interface Pace {
  /** Nanoseconds of a clock that never goes back. */
  long now();

  /** Returns at that time or later. */
  void sleepUntil(long nanos) throws InterruptedException;

  /** The machine's. */
  Pace REAL =
      new Pace() {
        @Override
        public long now() {
          return System.nanoTime();
        }

        @Override
        public void sleepUntil(long nanos) throws InterruptedException {
          long left = nanos - System.nanoTime();
          if (left > 0) {
            Thread.sleep(Duration.ofNanos(left));
          }
        }
      };
}
