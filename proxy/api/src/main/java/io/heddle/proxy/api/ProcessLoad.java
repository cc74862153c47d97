package io.heddle.proxy.api;

/** How busy the machine and the proxy's event loops are. Safe on every thread; costs a read. */
public interface ProcessLoad {
  /** Nothing is busy. */
  ProcessLoad IDLE =
      new ProcessLoad() {
        @Override
        public double cpu() {
          return 0;
        }

        @Override
        public long loopDelayNanos() {
          return 0;
        }
      };

  /**
   * The share of processor time that was used within about the last second, from 0 to 1: of the
   * control group where that has a limit, else of the machine. 0 where it cannot be told.
   */
  double cpu();

  /** How long work had to wait last for its event loop, in nanoseconds, where it was longest. */
  long loopDelayNanos();
}
