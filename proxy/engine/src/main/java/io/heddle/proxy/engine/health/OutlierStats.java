package io.heddle.proxy.engine.health;

import io.heddle.proxy.engine.stats.ScalarStat;
import io.heddle.proxy.engine.stats.Scope;
import java.util.EnumMap;
import java.util.Map;

/** What is counted about hosts that are taken out, under Envoy's names. */
final class OutlierStats {
  final ScalarStat active;
  final ScalarStat enforcedTotal;
  final ScalarStat overflow;
  private final Map<EjectionType, ScalarStat> detected = new EnumMap<>(EjectionType.class);
  private final Map<EjectionType, ScalarStat> enforced = new EnumMap<>(EjectionType.class);

  // As Envoy once counted, and still does.
  final ScalarStat total;
  final ScalarStat consecutive5xx;
  final ScalarStat successRate;

  /** Under {@code cluster.NAME.outlier_detection}. */
  OutlierStats(Scope scope) {
    active = scope.gauge("ejections_active");
    enforcedTotal = scope.counter("ejections_enforced_total");
    overflow = scope.counter("ejections_overflow");
    total = scope.counter("ejections_total");
    consecutive5xx = scope.counter("ejections_consecutive_5xx");
    successRate = scope.counter("ejections_success_rate");
    for (EjectionType type : EjectionType.values()) {
      detected.put(type, scope.counter("ejections_detected_" + type.stat));
      enforced.put(type, scope.counter("ejections_enforced_" + type.stat));
    }
  }

  void detected(EjectionType type) {
    count(detected, type);
  }

  void enforced(EjectionType type) {
    enforcedTotal.increment();
    count(enforced, type);
  }

  private static void count(Map<EjectionType, ScalarStat> stats, EjectionType type) {
    ScalarStat stat = stats.get(type);
    if (stat != null) {
      stat.increment();
    }
  }
}
