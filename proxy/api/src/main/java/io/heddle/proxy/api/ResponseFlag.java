package io.heddle.proxy.api;

/**
 * Why a response is what it is, with Envoy's short names for {@code %RESPONSE_FLAGS%}.
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage">Envoy,
 *     access logging, RESPONSE_FLAGS</a>
 */
public enum ResponseFlag {
  /** No healthy host in the cluster. */
  NO_HEALTHY_UPSTREAM("UH"),
  /** The connection to the upstream failed. */
  UPSTREAM_CONNECTION_FAILURE("UF"),
  /** A circuit breaker was open. */
  UPSTREAM_OVERFLOW("UO"),
  /** No route matched. */
  NO_ROUTE_FOUND("NR"),
  /** Retries were used up. */
  UPSTREAM_RETRY_LIMIT_EXCEEDED("URX"),
  /** The cluster that a route names does not exist. */
  NO_CLUSTER_FOUND("NC"),
  /** The maximum stream duration was reached. */
  DURATION_TIMEOUT("DT"),
  /** The downstream ended the connection. */
  DOWNSTREAM_CONNECTION_TERMINATION("DC"),
  /** The downstream reset the stream. */
  DOWNSTREAM_REMOTE_RESET("DR"),
  /** A local health check failed. */
  FAILED_LOCAL_HEALTH_CHECK("LH"),
  /** The upstream did not answer within the route's timeout. */
  UPSTREAM_REQUEST_TIMEOUT("UT"),
  /** We reset the stream. */
  LOCAL_RESET("LR"),
  /** The upstream reset the stream. */
  UPSTREAM_REMOTE_RESET("UR"),
  /** The upstream ended the connection. */
  UPSTREAM_CONNECTION_TERMINATION("UC"),
  /** A fault filter delayed the request. */
  DELAY_INJECTED("DI"),
  /** A fault filter aborted the request. */
  FAULT_INJECTED("FI"),
  /** A rate limit refused the request. */
  RATE_LIMITED("RL"),
  /** An authorisation service refused the request. */
  UNAUTHORIZED_EXTERNAL_SERVICE("UAEX"),
  /** The rate-limit service failed. */
  RATE_LIMIT_SERVICE_ERROR("RLSE"),
  /** The stream was idle for too long. */
  STREAM_IDLE_TIMEOUT("SI"),
  /** The downstream broke the protocol. */
  DOWNSTREAM_PROTOCOL_ERROR("DPE"),
  /** The upstream broke the protocol. */
  UPSTREAM_PROTOCOL_ERROR("UPE"),
  /** An envoy header was refused. */
  INVALID_ENVOY_REQUEST_HEADERS("IH"),
  /** The overload manager refused. */
  OVERLOAD_MANAGER("OM"),
  /** The upstream host's DNS name did not resolve. */
  DNS_RESOLUTION_FAILURE("DF"),
  /** The control plane wants a share of the cluster's requests refused. */
  DROP_OVERLOAD("DO"),
  /** The control plane wants all of the cluster's requests refused. */
  UNCONDITIONAL_DROP_OVERLOAD("UDO"),
  /** A filter's configuration has not come yet. */
  NO_FILTER_CONFIG_FOUND("NFCF");

  private final String code;

  ResponseFlag(String code) {
    this.code = code;
  }

  /** Envoy's short name. */
  public String code() {
    return code;
  }
}
