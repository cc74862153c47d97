package io.heddle.proxy.engine.health;

/** Why a host is taken out ({@code envoy.data.cluster.v3.OutlierEjectionType}). */
enum EjectionType {
  CONSECUTIVE_5XX("consecutive_5xx", "enforcing_consecutive_5xx"),
  CONSECUTIVE_GATEWAY_FAILURE(
      "consecutive_gateway_failure", "enforcing_consecutive_gateway_failure"),
  SUCCESS_RATE("success_rate", "enforcing_success_rate"),
  CONSECUTIVE_LOCAL_ORIGIN_FAILURE(
      "consecutive_local_origin_failure", "enforcing_consecutive_local_origin_failure"),
  SUCCESS_RATE_LOCAL_ORIGIN("local_origin_success_rate", "enforcing_local_origin_success_rate"),
  FAILURE_PERCENTAGE("failure_percentage", "enforcing_failure_percentage"),
  FAILURE_PERCENTAGE_LOCAL_ORIGIN(
      "local_origin_failure_percentage", "enforcing_failure_percentage_local_origin");

  /** As statistics name it. */
  final String stat;

  /** The key of the runtime that says how often it is enforced. */
  final String enforcingKey;

  EjectionType(String stat, String enforcing) {
    this.stat = stat;
    this.enforcingKey = "outlier_detection." + enforcing;
  }
}
