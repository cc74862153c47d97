package io.heddle.proxy.app.dynamic;

import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.engine.balance.XxHash64;
import io.heddle.xds.model.ResourceType;
import java.nio.charset.StandardCharsets;

/**
 * What is counted of one subscription, under Envoy's names. An attempt is counted when something is
 * asked for, at first and again with each answer.
 */
final class UpdateStats {
  private static final String[] COUNTERS = {
    "update_success", "update_rejected", "update_failure", "init_fetch_timeout"
  };

  private final Subscription of;
  private final StatsScope scope;

  private UpdateStats(Subscription of, StatsScope scope) {
    this.of = of;
    this.scope = scope;
  }

  /** Counts the first attempt. */
  static UpdateStats begin(Subscription of, StatsScope scope) {
    UpdateStats stats = new UpdateStats(of, scope);
    for (String name : COUNTERS) {
      scope.counter(name);
    }
    scope.gauge("version");
    scope.gauge("update_time");
    scope.text("version_text");
    switch (of.type()) {
      case CLUSTER -> {
        scope.counter("config_reload");
        scope.gauge("config_reload_time_ms");
      }
      case ROUTES, SCOPED_ROUTES -> {
        scope.counter("config_reload");
        scope.gauge("config_reload_time_ms");
        scope.counter("update_empty");
      }
      case VIRTUAL_HOSTS -> {
        scope.counter("config_reload");
        scope.counter("empty_update");
      }
      case EXTENSION_CONFIG -> {
        scope.counter("config_reload");
        scope.counter("config_fail");
        scope.counter("config_conflict");
      }
      case SECRET -> scope.counter("key_rotation_failed");
      case ENDPOINTS, LISTENER, RUNTIME -> {}
    }
    scope.counter("update_attempt").increment();
    return stats;
  }

  /**
   * It came and is in force.
   *
   * @param changed whether it is another than before
   * @param now milliseconds of the epoch
   * @param took milliseconds
   */
  void accepted(String version, boolean changed, long now, long took) {
    count("update_attempt");
    count("update_success");
    set("update_time", now);
    if (!version.isEmpty()) {
      // What only removes something may have none.
      set("version", hash(version));
      scope.text("version_text").set(version);
    }
    switch (of.type()) {
      case CLUSTER, ROUTES, SCOPED_ROUTES -> {
        if (changed) {
          count("config_reload");
          set("config_reload_time_ms", now);
        }
      }
      case VIRTUAL_HOSTS, EXTENSION_CONFIG -> {
        if (changed) {
          count("config_reload");
        }
      }
      case ENDPOINTS, LISTENER, RUNTIME, SECRET -> {}
    }
    // A histogram for each cluster would cost more memory than it is worth.
    if (of.type() != ResourceType.ENDPOINTS) {
      scope.histogram("update_duration").record(took);
    }
  }

  /** The control plane says that there is none. */
  void empty() {
    count("update_attempt");
    count("update_success");
    switch (of.type()) {
      case ENDPOINTS, ROUTES -> count("update_empty");
      case CLUSTER, LISTENER, SCOPED_ROUTES, VIRTUAL_HOSTS -> {}
      case SECRET, EXTENSION_CONFIG, RUNTIME -> {}
    }
  }

  /** It came and is not taken. */
  void refused() {
    count("update_attempt");
    count("update_rejected");
    if (of.type() == ResourceType.EXTENSION_CONFIG) {
      count("config_fail");
    }
  }

  /** What should bring it broke. */
  void failed() {
    count("update_attempt");
    count("update_failure");
  }

  /** Nobody waits for it any more. */
  void timedOut() {
    count("update_attempt");
    count("init_fetch_timeout");
  }

  private void count(String name) {
    scope.counter(name).increment();
  }

  private void set(String name, long value) {
    StatsScope.Gauge gauge = scope.gauge(name);
    gauge.add(value - gauge.value());
  }

  /** A number that stands for a version. */
  private static long hash(String version) {
    return XxHash64.hash(version.getBytes(StandardCharsets.UTF_8)) & Long.MAX_VALUE;
  }
}
