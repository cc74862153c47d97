package io.heddle.xds.client;

import io.heddle.xds.model.ResourceType;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** Resources that live only as long as the control plane says so. Owned by the client's thread. */
final class Lifetimes {
  private final XdsScheduler scheduler;
  private final Map<Key, XdsScheduler.Timer> timers = new HashMap<>();

  private record Key(ResourceType type, String name) {}

  Lifetimes(XdsScheduler scheduler) {
    this.scheduler = scheduler;
  }

  /** Runs the task after this time unless it is put off before; zero is for ever. */
  void renew(ResourceType type, String name, Duration ttl, Runnable over) {
    end(type, name);
    if (!ttl.isZero()) {
      Key key = new Key(type, name);
      timers.put(
          key,
          scheduler.schedule(
              () -> {
                timers.remove(key);
                over.run();
              },
              ttl));
    }
  }

  void end(ResourceType type, String name) {
    if (timers.isEmpty()) {
      return;
    }
    XdsScheduler.Timer timer = timers.remove(new Key(type, name));
    if (timer != null) {
      timer.cancel();
    }
  }

  void close() {
    timers.values().forEach(XdsScheduler.Timer::cancel);
    timers.clear();
  }
}
