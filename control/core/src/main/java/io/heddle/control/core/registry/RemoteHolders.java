package io.heddle.control.core.registry;

import io.heddle.control.api.registry.InstanceKey;
import io.heddle.control.api.registry.RegisteredInstance;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What other control planes do with instances, taken into this one's registry under its lock.
 *
 * <p>An instance is held by the control plane that has its stream. While that one lives the
 * instance does not expire here. When it is lost the instance has the grace of one whose stream
 * broke: by then its sidecar has announced it somewhere else. A control plane that is cut off
 * believes nobody dead, and lets its sidecars go to others.
 */
final class RemoteHolders {
  private static final Logger LOG = LoggerFactory.getLogger(RemoteHolders.class);

  private final LeaseRegistry registry;

  /** Guarded by the registry's lock, as is the field below. */
  private final Set<String> lost = new HashSet<>();

  private boolean cutOff;

  RemoteHolders(LeaseRegistry registry) {
    this.registry = registry;
  }

  /** Another control plane has the stream of this instance, newer than one that is here. */
  void holds(RegisteredInstance instance, String holder) {
    registry.lock.lock();
    try {
      InstanceKey key = instance.key();
      if (registry.saving().announced(key)) {
        return; // what is about to be written is newer
      }
      Entry entry = registry.entries.get(key);
      boolean changed = true;
      if (entry == null) {
        entry = new Entry(instance.announcement(), instance.health(), instance.since());
        registry.put(entry);
      } else {
        registry.supersede(entry);
        entry.lease = null;
        changed =
            !entry.announcement.equals(instance.announcement())
                || entry.health != instance.health();
        entry.announcement = instance.announcement();
        entry.health = instance.health();
      }
      entry.holder = holder;
      entry.orphan = lost.contains(holder);
      entry.lostAt = registry.now();
      entry.lastSeen = registry.now();
      registry.revive(entry);
      registry.saving().holds(instance);
      if (changed) {
        registry.saving().tell(key.serviceKey());
      }
    } finally {
      registry.lock.unlock();
    }
  }

  /** The instance said goodbye to another control plane, or that one saw it expire. */
  void removed(InstanceKey key) {
    registry.lock.lock();
    try {
      Entry entry = registry.entries.get(key);
      if (entry == null || registry.saving().announced(key)) {
        return;
      }
      if (entry.lease != null) {
        // Somebody believed this control plane dead; the instance is here.
        registry.saving().unsaved(key, true);
        return;
      }
      registry.drop(entry);
    } finally {
      registry.lock.unlock();
    }
  }

  /** A control plane is gone: its instances have the grace. */
  void lost(String holder) {
    registry.lock.lock();
    try {
      lost.add(holder);
      int instances = 0;
      for (Entry entry : registry.entries.values()) {
        if (Objects.equals(entry.holder, holder) && !entry.orphan) {
          entry.orphan = true;
          entry.lostAt = registry.now();
          instances++;
        }
      }
      LOG.info("control plane {} is gone; {} instances have their grace", holder, instances);
    } finally {
      registry.lock.unlock();
    }
  }

  /** A control plane is there, perhaps again: it holds its instances. */
  void back(String holder) {
    registry.lock.lock();
    try {
      lost.remove(holder);
      for (Entry entry : List.copyOf(registry.entries.values())) {
        if (Objects.equals(entry.holder, holder) && entry.orphan) {
          entry.orphan = false;
          registry.revive(entry);
        }
      }
    } finally {
      registry.lock.unlock();
    }
  }

  /** Whether this control plane reaches the others. */
  void cutOff(boolean now) {
    registry.lock.lock();
    try {
      if (cutOff == now) {
        return;
      }
      cutOff = now;
      int moved = 0;
      for (Entry entry : registry.entries.values()) {
        if (now && entry.lease != null) {
          registry.endLease(entry);
          moved++;
        }
        if (entry.lease == null) {
          entry.lostAt = registry.now();
        }
      }
      if (now) {
        LOG.warn("cut off from the shared store: {} sidecars are sent to others", moved);
      } else {
        LOG.info("the shared store is reached again");
      }
    } finally {
      registry.lock.unlock();
    }
  }

  /** Under the lock. */
  boolean cutOff() {
    return cutOff;
  }
}
