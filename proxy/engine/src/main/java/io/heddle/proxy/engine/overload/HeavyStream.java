package io.heddle.proxy.engine.overload;

/** A stream that may hold much memory. On its loop. */
public interface HeavyStream {
  /**
   * Bytes that are kept for it: of filters, for a host that is not there yet, for a slow client.
   */
  long heldBytes();

  /** Ends it to free them. */
  void endForWeight();
}
