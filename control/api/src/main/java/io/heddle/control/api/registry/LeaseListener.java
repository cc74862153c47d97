package io.heddle.control.api.registry;

/** What the holder of a lease is told, on the registry's dispatcher thread. */
public interface LeaseListener {
  /** A newer stream announced the same instance. */
  void superseded();

  /** No heartbeat came within the interval and the grace: announce again to return. */
  void expired();
}
