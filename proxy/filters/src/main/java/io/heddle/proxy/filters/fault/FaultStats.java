package io.heddle.proxy.filters.fault;

import io.heddle.proxy.api.StatsScope;

/** The statistics {@code http.<stat_prefix>.fault.*}. */
record FaultStats(
    StatsScope.Counter delaysInjected,
    StatsScope.Counter abortsInjected,
    StatsScope.Counter responsesLimited,
    StatsScope.Counter overflow,
    StatsScope.Gauge active) {
  static FaultStats of(StatsScope scope) {
    StatsScope mine = scope.scope("fault");
    return new FaultStats(
        mine.counter("delays_injected"),
        mine.counter("aborts_injected"),
        mine.counter("response_rl_injected"),
        mine.counter("faults_overflow"),
        mine.gauge("active_faults"));
  }
}
