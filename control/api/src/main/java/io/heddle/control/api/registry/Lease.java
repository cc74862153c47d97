package io.heddle.control.api.registry;

/**
 * The hold that one registration stream has on its instance. After it was superseded, ended or
 * expired every method does nothing.
 */
public interface Lease {
  InstanceKey key();

  /** Whether this lease still speaks for its instance. */
  boolean current();

  /** Renews the lease; constant time. Also revives an instance in its grace or held back. */
  void heartbeat();

  /** Renews the lease and says how the instance is. */
  void health(Health health);

  /** The stream broke without a goodbye: the instance stays for the grace. */
  void streamLost();

  /** The instance leaves: it is away at once. */
  void goodbye();
}
