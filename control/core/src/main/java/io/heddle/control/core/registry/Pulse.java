package io.heddle.control.core.registry;

import java.time.Duration;

/** A thread that works off what it is given, one thing at a time, now or again and again. */
public interface Pulse extends AutoCloseable {
  void soon(Runnable work);

  /** Until the pulse is closed. */
  void every(Duration period, Runnable work);

  /** Ends after the work under way; what still waits is dropped. */
  @Override
  void close();
}
