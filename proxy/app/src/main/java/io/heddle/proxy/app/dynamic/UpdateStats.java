package io.heddle.proxy.app.dynamic;

import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.engine.balance.XxHash64;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;

/**
 * What is counted of one subscription, under Envoy's names. An attempt is counted when something is
 * asked for, at first and again with each answer.
 */
final class UpdateStats {
  private final StatsScope scope;
  private final InstantSource clock;

  private UpdateStats(StatsScope scope, InstantSource clock) {
    this.scope = scope;
    this.clock = clock;
  }

  /** Counts the first attempt. */
  static UpdateStats begin(StatsScope scope, InstantSource clock) {
    UpdateStats stats = new UpdateStats(scope, clock);
    for (String name :
        new String[] {
          "update_success", "update_rejected", "update_failure", "init_fetch_timeout"
        }) {
      scope.counter(name);
    }
    scope.counter("update_attempt").increment();
    return stats;
  }

  /** It came and is in force. */
  void accepted(String version) {
    scope.counter("update_attempt").increment();
    scope.counter("update_success").increment();
    set("version", hash(version));
    set("update_time", clock.millis());
  }

  /** It came and is not taken. */
  void refused() {
    scope.counter("update_attempt").increment();
    scope.counter("update_rejected").increment();
  }

  /** The stream broke. */
  void failed() {
    scope.counter("update_attempt").increment();
    scope.counter("update_failure").increment();
  }

  /** Nobody waits for it any more. */
  void timedOut() {
    scope.counter("init_fetch_timeout").increment();
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
