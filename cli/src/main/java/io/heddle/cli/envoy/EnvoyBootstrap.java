package io.heddle.cli.envoy;

import java.util.Map;
import java.util.stream.Collectors;

/**
 * A bootstrap (envoy.config.bootstrap.v3.Bootstrap) in YAML: everything but the control plane's own
 * cluster comes over one delta ADS stream.
 *
 * @param nodeId {@code sidecar~NAMESPACE~INSTANCE} or {@code gateway~NAMESPACE~NAME}
 * @param nodeCluster the service's or gateway's name
 * @param metadata what the control plane must know of this proxy
 * @param control the control plane's xDS listener
 * @param admin Envoy's own admin listener
 */
public record EnvoyBootstrap(
    String nodeId,
    String nodeCluster,
    Map<String, String> metadata,
    HostPort control,
    HostPort admin) {
  public String yaml() {
    String keys =
        metadata.entrySet().stream()
            .map(entry -> "    " + entry.getKey() + ": " + quoted(entry.getValue()))
            .collect(Collectors.joining("\n"));
    return """
    # For a stock Envoy, 1.30 or later: envoy -c THIS_FILE
    node:
      id: %s
      cluster: %s
      metadata:
    %s
    admin:
      address:
        socket_address: { address: %s, port_value: %d }
    dynamic_resources:
      ads_config:
        api_type: DELTA_GRPC
        transport_api_version: V3
        set_node_on_first_message_only: true
        grpc_services:
          - envoy_grpc:
              cluster_name: heddle-control
              # Back soon after the control plane is: Envoy alone would wait up to 30 s.
              retry_policy:
                retry_back_off: { base_interval: 0.5s, max_interval: 5s }
      cds_config:
        resource_api_version: V3
        ads: {}
      lds_config:
        resource_api_version: V3
        ads: {}
    static_resources:
      clusters:
        - name: heddle-control
          type: %s
          connect_timeout: 2s
          typed_extension_protocol_options:
            envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
              "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
              explicit_http_config:
                http2_protocol_options:
                  connection_keepalive: { interval: 30s, timeout: 5s }
          upstream_connection_options:
            tcp_keepalive: { keepalive_time: 30 }
          load_assignment:
            cluster_name: heddle-control
            endpoints:
              - lb_endpoints:
                  - endpoint:
                      address:
                        socket_address: { address: %s, port_value: %d }
    """
        .formatted(
            quoted(nodeId),
            quoted(nodeCluster),
            keys,
            quoted(admin.host()),
            admin.port(),
            control.literal() ? "STATIC" : "STRICT_DNS",
            quoted(control.host()),
            control.port());
  }

  /** Values are names, addresses and ports by now; a quote in one would be a bug. */
  private static String quoted(String value) {
    if (value.contains("\"") || value.contains("\\") || value.contains("\n")) {
      throw new IllegalArgumentException(value + " (expected: no quotes, backslashes, line ends)");
    }
    return '"' + value + '"';
  }
}
