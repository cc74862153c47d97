package io.heddle.proxy.engine.loop;

/** A connection with bytes written but not flushed. */
public interface Flushable {
  /** Gives everything written so far to the operating system. */
  void flushPending();
}
