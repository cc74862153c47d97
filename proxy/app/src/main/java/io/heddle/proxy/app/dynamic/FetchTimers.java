package io.heddle.proxy.app.dynamic;

import io.heddle.xds.client.XdsScheduler;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Things that are waited for by name, and those that are waited for no longer although they did not
 * come. Belongs to the scheduler's thread.
 */
final class FetchTimers {
  private final XdsScheduler scheduler;
  private final Map<String, XdsScheduler.Timer> timers = new HashMap<>();
  private final Set<String> overdue = new HashSet<>();

  FetchTimers(XdsScheduler scheduler) {
    this.scheduler = scheduler;
  }

  /** Begins to wait unless that has begun; the time zero is for ever. */
  void await(String name, Duration timeout, Consumer<String> over) {
    if (!timeout.isZero() && !overdue.contains(name) && !timers.containsKey(name)) {
      timers.put(
          name,
          scheduler.schedule(
              () -> over.accept("none within " + timeout.toMillis() + " ms"), timeout));
    }
  }

  /** It came. */
  void came(String name) {
    XdsScheduler.Timer timer = timers.remove(name);
    if (timer != null) {
      timer.cancel();
    }
  }

  /** It will not be waited for any more; whether that is news. */
  boolean giveUp(String name) {
    came(name);
    return overdue.add(name);
  }

  boolean overdue(String name) {
    return overdue.contains(name);
  }

  /** Forgets all others. */
  void retain(Set<String> names) {
    overdue.retainAll(names);
    for (String name : List.copyOf(timers.keySet())) {
      if (!names.contains(name)) {
        came(name);
      }
    }
  }
}
