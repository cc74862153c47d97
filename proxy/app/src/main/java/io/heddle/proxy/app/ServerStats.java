package io.heddle.proxy.app;

import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.app.admin.CertsPage;
import io.heddle.proxy.engine.Engine;
import io.heddle.proxy.engine.stats.StatsSnapshot;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Statistics of the process beside those of its traffic: {@code server.*}, and what the xDS client
 * counts under Envoy's names. Brought up to date when they are read.
 */
final class ServerStats {
  private final Engine engine;
  private final ServerLife life;
  private final InstantSource clock;
  private final int epoch;
  private volatile @Nullable Sources xds;

  /**
   * How much of each of the client's counters has been added, whatever a reset did since. Guarded
   * by this.
   */
  private final Map<String, Long> seen = new HashMap<>();

  ServerStats(Engine engine, ServerLife life, InstantSource clock, int epoch) {
    this.epoch = epoch;
    this.engine = engine;
    this.life = life;
    this.clock = clock;
  }

  void use(Sources sources) {
    xds = sources;
  }

  /** Everything, as it is now. */
  synchronized StatsSnapshot snapshot() {
    StatsScope server = engine.statsScope("server");
    set(server, "live", life.live() ? 1 : 0);
    set(server, "state", life.state().number());
    set(server, "uptime", Duration.between(life.started(), clock.instant()).toSeconds());
    set(server, "hot_restart_epoch", epoch);
    set(server, "concurrency", engine.concurrency());
    set(server, "total_connections", engine.activeConnections());
    set(
        server,
        "days_until_first_cert_expiring",
        CertsPage.daysLeft(engine.certificates(), clock.instant()));
    Runtime runtime = Runtime.getRuntime();
    set(server, "memory_allocated", runtime.totalMemory() - runtime.freeMemory());
    set(server, "memory_heap_size", runtime.totalMemory());
    boolean started = life.state().compareTo(ServerLife.State.LIVE) >= 0;
    set(engine.statsScope("listener_manager"), "workers_started", started ? 1 : 0);
    Sources client = xds;
    if (client != null) {
      engine.statsScope("control_plane").text("identifier").set(client.identifier());
      addXds(client.values());
    }
    return engine.stats();
  }

  private void addXds(Map<String, Long> values) {
    for (Map.Entry<String, Long> entry : values.entrySet()) {
      int dot = entry.getKey().indexOf('.');
      String service = entry.getKey().substring(0, dot);
      String name = entry.getKey().substring(dot + 1);
      StatsScope scope = engine.statsScope(service);
      if (name.equals("connected_state")) {
        set(scope, name, entry.getValue());
      } else {
        long before = seen.getOrDefault(entry.getKey(), 0L);
        scope.counter(name).add(Math.max(0, entry.getValue() - before));
        seen.put(entry.getKey(), Math.max(before, entry.getValue()));
      }
    }
  }

  private static void set(StatsScope scope, String name, long value) {
    StatsScope.Gauge gauge = scope.gauge(name);
    gauge.add(value - gauge.value());
  }
}
