package io.heddle.proxy.engine;

/** Why a host is not used, or less gladly, as Envoy names it; in Envoy's order. */
public enum HostFlag {
  FAILED_ACTIVE_HC("failed_active_health_check"),
  FAILED_OUTLIER_CHECK("failed_outlier_check"),
  FAILED_EDS_HEALTH(""),
  DEGRADED_ACTIVE_HC("failed_active_degraded_check"),
  DEGRADED_EDS_HEALTH(""),
  PENDING_DYNAMIC_REMOVAL("pending_dynamic_removal"),
  PENDING_ACTIVE_HC("pending_active_hc"),
  EXCLUDED_VIA_IMMEDIATE_HC_FAIL("excluded_via_immediate_hc_fail"),
  ACTIVE_HC_TIMEOUT("active_hc_timeout"),
  EDS_STATUS_DRAINING("");

  private final String field;

  HostFlag(String field) {
    this.field = field;
  }

  /** The field of {@code envoy.admin.v3.HostHealthStatus}; empty for what EDS says. */
  public String field() {
    return field;
  }
}
