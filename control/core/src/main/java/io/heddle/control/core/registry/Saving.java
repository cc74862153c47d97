package io.heddle.control.core.registry;

import io.heddle.control.api.registry.Health;
import io.heddle.control.api.registry.InstanceKey;
import io.heddle.control.api.registry.RegisteredInstance;
import io.heddle.control.api.registry.ServiceKey;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the log of a registry does not hold yet, and who is told only when it does: the first
 * healthy instance of a kind is made known after the log has it. Guarded by the registry's lock.
 */
final class Saving {
  private static final Logger LOG = LoggerFactory.getLogger(Saving.class);

  private final ReentrantLock lock;
  private final InstanceLog log;
  private final InstantSource clock;
  private final Pulse disk;
  private final Subscribers subscribers;
  private final Holding holding;

  /** Of which there is a healthy instance in the log. */
  private Set<Selectable> durable = new HashSet<>();

  /** Changed since the last writing; whether they were announced here. */
  private Map<InstanceKey, Boolean> unsaved = new LinkedHashMap<>();

  /** Those that are being written. */
  private Map<InstanceKey, Boolean> beingSaved = Map.of();

  /** Changed, and to be told of after the next writing. */
  private final Set<ServiceKey> awaiting = new LinkedHashSet<>();

  private boolean due;
  private boolean asked;
  private boolean failed;

  /** What selectors tell instances apart by. */
  private record Selectable(ServiceKey service, Map<String, String> labels) {
    static Selectable of(RegisteredInstance instance) {
      return new Selectable(instance.key().serviceKey(), instance.labels());
    }
  }

  /** What the registry holds, under its lock. */
  interface Holding {
    List<RegisteredInstance> all();

    List<RegisteredInstance> of(ServiceKey service);

    Optional<RegisteredInstance> one(InstanceKey key);
  }

  Saving(
      ReentrantLock lock,
      InstanceLog log,
      InstantSource clock,
      Pulse disk,
      Subscribers subscribers,
      Holding holding) {
    this.lock = lock;
    this.log = log;
    this.clock = clock;
    this.disk = disk;
    this.subscribers = subscribers;
    this.holding = holding;
  }

  /** The log holds it, so that it may be made known. */
  void holds(RegisteredInstance instance) {
    if (instance.health() == Health.HEALTHY) {
      durable.add(Selectable.of(instance));
    }
  }

  /**
   * An instance is to be written, or that it is gone.
   *
   * @param taken whether it was announced here
   */
  void unsaved(InstanceKey key, boolean taken) {
    due = true;
    unsaved.merge(key, taken, Boolean::logicalOr);
    if (log.prompt()) {
      ask();
    }
  }

  private void ask() {
    if (!asked) {
      asked = true;
      disk.soon(this::write);
    }
  }

  /** Whether it was announced here and that is not written yet. */
  boolean announced(InstanceKey key) {
    return unsaved.getOrDefault(key, false) || beingSaved.getOrDefault(key, false);
  }

  /** Tells of a service, now or when the log holds it. */
  void tell(ServiceKey service) {
    if (!holdsUnsaved(service)) {
      awaiting.remove(service);
      subscribers.changed(service);
      return;
    }
    awaiting.add(service);
    subscribers.withhold(service);
    ask();
  }

  /** Whether nobody is told of it yet. */
  Set<ServiceKey> awaiting() {
    return awaiting;
  }

  private boolean holdsUnsaved(ServiceKey service) {
    for (RegisteredInstance instance : holding.of(service)) {
      if (instance.health() == Health.HEALTHY && !durable.contains(Selectable.of(instance))) {
        return true;
      }
    }
    return false;
  }

  private static Set<Selectable> healthy(List<RegisteredInstance> instances) {
    Set<Selectable> found = new HashSet<>();
    for (RegisteredInstance instance : instances) {
      if (instance.health() == Health.HEALTHY) {
        found.add(Selectable.of(instance));
      }
    }
    return found;
  }

  /** On the disk pulse, and once more on close; takes the lock itself. */
  void write() {
    List<RegisteredInstance> now;
    List<InstanceLog.Changed> changed = new ArrayList<>();
    Instant at = clock.instant();
    lock.lock();
    try {
      if (!due) {
        return;
      }
      due = false;
      asked = false;
      now = holding.all();
      beingSaved = unsaved;
      unsaved = new LinkedHashMap<>();
      beingSaved.forEach(
          (key, taken) -> changed.add(new InstanceLog.Changed(key, holding.one(key), taken)));
    } finally {
      lock.unlock();
    }
    boolean failedNow = false;
    try {
      log.write(now, changed, at);
    } catch (IOException e) {
      failedNow = true;
      LOG.error("{}: the instances could not be kept: {}", log.describe(), e.getMessage());
      LOG.debug("The instances could not be kept", e);
    }
    lock.lock();
    try {
      written(now, failedNow);
    } finally {
      lock.unlock();
    }
  }

  private void written(List<RegisteredInstance> now, boolean failedNow) {
    if (failedNow) {
      beingSaved.forEach((key, taken) -> unsaved.merge(key, taken, Boolean::logicalOr));
    } else {
      durable = healthy(now);
    }
    beingSaved = Map.of();
    due |= failedNow;
    failed = failedNow;
    // Of all of it when nothing can be written: an instance that serves is worth more than a clean
    // restart.
    for (ServiceKey service : List.copyOf(awaiting)) {
      if (failedNow) {
        awaiting.remove(service);
        subscribers.changed(service);
      } else {
        tell(service);
      }
    }
  }

  /** Whether the last writing failed. */
  boolean failed() {
    return failed;
  }
}
