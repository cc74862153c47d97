package io.heddle.control.api.registry;

import java.util.List;

/** Knows the registered instances of all services. */
public interface Registry extends AutoCloseable {
  /**
   * Registers an instance, or takes it over: when another stream holds a lease of the same {@link
   * InstanceKey}, the newer stream wins, and the older one's lease does nothing from then on and is
   * told by {@link LeaseListener#superseded}.
   */
  Lease announce(Announcement announcement, LeaseListener listener);

  /**
   * Whether instances may be announced here now; not while this control plane is cut off from those
   * that it shares them with.
   */
  default boolean admits() {
    return true;
  }

  /** All instances, ordered by key, those in their grace or held back included. */
  List<RegisteredInstance> instances();

  /** Those of one service. */
  List<RegisteredInstance> instances(ServiceKey service);

  /**
   * Tells the listener first of every service that has instances, then of each service that
   * changed. Changes are coalesced: a listener that is slow hears the newest state of a service
   * once. Closing the subscription ends the calls, but for one that is already running.
   */
  Subscription watch(RegistryListener listener);

  /** Whether a mass expiry is held back now. */
  Isolation isolation();

  /**
   * Believes the mass expiry that is held back: an operator's decision. The held instances go.
   *
   * @return how many went
   */
  int acceptExpiry();

  /**
   * Whether the instances could not be made durable last; it is tried again. Until it succeeds a
   * restart would not know the instances that came since.
   */
  boolean checkpointFailed();

  @Override
  void close();

  /** A listener's place in the registry. */
  interface Subscription extends AutoCloseable {
    @Override
    void close();
  }
}
