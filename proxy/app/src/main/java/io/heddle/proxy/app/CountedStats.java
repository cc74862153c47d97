package io.heddle.proxy.app;

import io.heddle.proxy.app.upgrade.UpgradeMessage.Stat;
import io.heddle.proxy.app.upgrade.UpgradeMessage.Stats;
import io.heddle.proxy.engine.Engine;
import io.heddle.proxy.engine.stats.StatsRegistry.Carried;
import io.heddle.proxy.engine.stats.StatsSnapshot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Statistics on their way from the process before to its successor: counters go on where they were,
 * and gauges of what is open (connections, requests) hold both processes while both live.
 *
 * <p>What a process says of itself and of its configuration is not carried. Each side is used by
 * one thread.
 */
final class CountedStats {
  private static final int A_MESSAGE = 500;
  private static final List<String> OWN =
      List.of(
          "server.",
          "cluster_manager.",
          "listener_manager.",
          "control_plane.",
          "runtime.",
          "overload.");

  private final Map<String, Long> known = new HashMap<>();

  /** In the process before: what was counted since the last call. */
  List<Stats> since(StatsSnapshot now) {
    List<Stat> changed = new ArrayList<>();
    for (StatsSnapshot.Scalar counter : now.counters()) {
      String name = counter.name().full();
      long before = known.getOrDefault(name, 0L);
      if (counter.value() > before && !own(name)) {
        known.put(name, counter.value());
        changed.add(new Stat(counter.name(), true, counter.value() - before));
      }
    }
    for (StatsSnapshot.Scalar gauge : now.gauges()) {
      String name = gauge.name().full();
      if (open(name) && gauge.value() != known.getOrDefault(name, 0L)) {
        known.put(name, gauge.value());
        changed.add(new Stat(gauge.name(), false, gauge.value()));
      }
    }
    List<Stats> messages = new ArrayList<>();
    for (int from = 0; from < changed.size(); from += A_MESSAGE) {
      messages.add(new Stats(changed.subList(from, Math.min(changed.size(), from + A_MESSAGE))));
    }
    return messages;
  }

  /** In the successor: adds what the process before has counted. */
  void add(Engine engine, Stats stats) {
    List<Carried> carried = new ArrayList<>();
    for (Stat stat : stats.stats()) {
      String name = stat.name().full();
      if (stat.counter()) {
        if (!own(name)) {
          carried.add(new Carried(stat.name(), true, stat.value()));
        }
      } else if (open(name)) {
        Long before = known.put(name, stat.value());
        carried.add(new Carried(stat.name(), false, stat.value() - (before == null ? 0 : before)));
        names.put(name, stat);
      }
    }
    engine.carry(carried);
  }

  private final Map<String, Stat> names = new HashMap<>();

  /** In the successor: the process before has nothing open any more. */
  void alone(Engine engine) {
    List<Carried> back = new ArrayList<>();
    names.forEach(
        (name, stat) -> back.add(new Carried(stat.name(), false, -known.getOrDefault(name, 0L))));
    names.clear();
    known.clear();
    engine.carry(back);
  }

  private static boolean own(String name) {
    for (String prefix : OWN) {
      if (name.startsWith(prefix)) {
        return true;
      }
    }
    return false;
  }

  /** A gauge of connections or requests. */
  private static boolean open(String name) {
    String leaf = name.substring(name.lastIndexOf('.') + 1);
    return name.endsWith("_active")
        && (leaf.startsWith("downstream_") || leaf.startsWith("upstream_"))
        && !own(name);
  }
}
