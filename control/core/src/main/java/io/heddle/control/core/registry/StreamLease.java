package io.heddle.control.core.registry;

import io.heddle.control.api.registry.Health;
import io.heddle.control.api.registry.InstanceKey;
import io.heddle.control.api.registry.Lease;
import io.heddle.control.api.registry.LeaseListener;

/** The lease of one stream. */
final class StreamLease implements Lease {
  private final LeaseRegistry registry;
  private final Entry entry;
  private final LeaseListener listener;

  /** Written under the registry's lock; once false it stays so. */
  private volatile boolean current = true;

  StreamLease(LeaseRegistry registry, Entry entry, LeaseListener listener) {
    this.registry = registry;
    this.entry = entry;
    this.listener = listener;
  }

  LeaseListener listener() {
    return listener;
  }

  void end() {
    current = false;
  }

  @Override
  public InstanceKey key() {
    return entry.key();
  }

  @Override
  public boolean current() {
    return current;
  }

  @Override
  public void heartbeat() {
    if (current) {
      registry.heartbeat(entry, this);
    }
  }

  @Override
  public void health(Health health) {
    if (current) {
      registry.health(entry, this, health);
    }
  }

  @Override
  public void streamLost() {
    if (current) {
      registry.streamLost(entry, this);
    }
  }

  @Override
  public void goodbye() {
    if (current) {
      registry.goodbye(entry, this);
    }
  }
}
