package io.heddle.control.api.store;

/** A subscription; closing it ends the calls, but for one that is already running. */
public interface Watch extends AutoCloseable {
  @Override
  void close();
}
