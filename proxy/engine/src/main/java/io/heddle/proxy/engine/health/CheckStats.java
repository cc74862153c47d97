package io.heddle.proxy.engine.health;

import io.heddle.proxy.engine.stats.ScalarStat;
import io.heddle.proxy.engine.stats.Scope;

/** What is counted about the checks of a cluster's hosts, under Envoy's names. */
public final class CheckStats {
  final ScalarStat attempt;
  final ScalarStat success;
  final ScalarStat failure;
  final ScalarStat passiveFailure;
  final ScalarStat networkFailure;
  final ScalarStat verifyCluster;
  final ScalarStat healthy;
  final ScalarStat degraded;

  /** Under {@code cluster.NAME.health_check}. */
  public CheckStats(Scope cluster) {
    Scope scope = cluster.scope("health_check");
    attempt = scope.counter("attempt");
    success = scope.counter("success");
    failure = scope.counter("failure");
    passiveFailure = scope.counter("passive_failure");
    networkFailure = scope.counter("network_failure");
    verifyCluster = scope.counter("verify_cluster");
    healthy = scope.gauge("healthy");
    degraded = scope.gauge("degraded");
  }

  /** A check begins. */
  public void attempted() {
    attempt.increment();
  }

  /** The name of the service that answered was looked at. */
  public void verified() {
    verifyCluster.increment();
  }
}
