package io.heddle.control.core.registry;

import io.heddle.control.api.registry.Isolation;
import io.heddle.control.api.registry.RegisteredInstance;
import io.heddle.control.api.registry.RegistryListener;
import io.heddle.control.api.registry.ServiceKey;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells listeners what changed, each service once however often it changed since the listener last
 * looked: what is queued is the name of a service, and its instances are read when told.
 */
final class Subscribers {
  private static final Logger LOG = LoggerFactory.getLogger(Subscribers.class);

  private final ReentrantLock lock;
  private final Pulse dispatch;
  private final Function<ServiceKey, List<RegisteredInstance>> instances;
  private final Supplier<Isolation> isolation;

  /** Guarded by {@code lock}. */
  private final List<Subscriber> subscribers = new ArrayList<>();

  /** Guarded by {@code lock}: whether a delivery is on its way. */
  private boolean scheduled;

  /** The functions are called under the lock. */
  Subscribers(
      ReentrantLock lock,
      Pulse dispatch,
      Function<ServiceKey, List<RegisteredInstance>> instances,
      Supplier<Isolation> isolation) {
    this.lock = lock;
    this.dispatch = dispatch;
    this.instances = instances;
    this.isolation = isolation;
  }

  /** Guarded by {@code lock}, but for the listener's calls. */
  private static final class Subscriber {
    final RegistryListener listener;
    final Set<ServiceKey> changed;
    boolean isolationChanged;
    boolean closed;

    Subscriber(RegistryListener listener, Set<ServiceKey> all, boolean isolationChanged) {
      this.listener = listener;
      this.changed = new LinkedHashSet<>(all);
      this.isolationChanged = isolationChanged;
    }
  }

  private record Delivery(
      Subscriber to,
      Map<ServiceKey, List<RegisteredInstance>> changed,
      Optional<Isolation> isolation) {}

  /** Under the lock. */
  Runnable add(RegistryListener listener, Set<ServiceKey> all, boolean isolated) {
    Subscriber subscriber = new Subscriber(listener, all, isolated);
    subscribers.add(subscriber);
    schedule();
    return () -> {
      lock.lock();
      try {
        subscriber.closed = true;
        subscribers.remove(subscriber);
      } finally {
        lock.unlock();
      }
    };
  }

  /** Under the lock. */
  void changed(ServiceKey service) {
    subscribers.forEach(subscriber -> subscriber.changed.add(service));
    schedule();
  }

  /** Under the lock. Nobody is told of that service until it changes again. */
  void withhold(ServiceKey service) {
    subscribers.forEach(subscriber -> subscriber.changed.remove(service));
  }

  /** Under the lock. */
  void isolationChanged() {
    subscribers.forEach(subscriber -> subscriber.isolationChanged = true);
    schedule();
  }

  private void schedule() {
    if (!scheduled && !subscribers.isEmpty()) {
      scheduled = true;
      dispatch.soon(this::deliver);
    }
  }

  private void deliver() {
    List<Delivery> deliveries = new ArrayList<>();
    lock.lock();
    try {
      scheduled = false;
      for (Subscriber subscriber : subscribers) {
        Map<ServiceKey, List<RegisteredInstance>> changed = new TreeMap<>();
        subscriber.changed.forEach(service -> changed.put(service, instances.apply(service)));
        subscriber.changed.clear();
        Optional<Isolation> news =
            subscriber.isolationChanged ? Optional.of(isolation.get()) : Optional.empty();
        subscriber.isolationChanged = false;
        if (!changed.isEmpty() || news.isPresent()) {
          deliveries.add(new Delivery(subscriber, changed, news));
        }
      }
    } finally {
      lock.unlock();
    }
    for (Delivery delivery : deliveries) {
      if (open(delivery.to())) {
        tell(delivery);
      }
    }
  }

  private boolean open(Subscriber subscriber) {
    lock.lock();
    try {
      return !subscriber.closed;
    } finally {
      lock.unlock();
    }
  }

  private static void tell(Delivery delivery) {
    try {
      delivery.isolation().ifPresent(delivery.to().listener::onIsolation);
      if (!delivery.changed().isEmpty()) {
        delivery.to().listener.onChange(Map.copyOf(delivery.changed()));
      }
    } catch (RuntimeException e) {
      LOG.error("A listener of the registry failed; the others go on", e);
    }
  }
}
