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
    # How the requests to each cluster end: what a rollout compares its stages by.
    cluster_manager:
      load_stats_config:
        api_type: GRPC
        transport_api_version: V3
        grpc_services:
          - envoy_grpc: { cluster_name: heddle-control }
    # More connections than a proxy should ever have, and more memory than it may take: beyond
    # them it refuses, and ends the streams that hold most. Adapt max_heap_size_bytes to the machine.
    layered_runtime:
      layers:
        - name: limits
          static_layer:
            envoy.resource_limits.listener.inbound.connection_limit: 10000
            envoy.resource_limits.listener.outbound.connection_limit: 10000
        - name: admin
          admin_layer: {}
    overload_manager:
      refresh_interval: 0.25s
      buffer_factory_config: { minimum_account_to_track_power_of_two: 16 }
      resource_monitors:
        - name: envoy.resource_monitors.fixed_heap
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig
            max_heap_size_bytes: 1073741824
        - name: envoy.resource_monitors.global_downstream_max_connections
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig
            max_active_downstream_connections: 50000
      actions:
        - name: envoy.overload_actions.shrink_heap
          triggers:
            - { name: envoy.resource_monitors.fixed_heap, threshold: { value: 0.95 } }
        - name: envoy.overload_actions.stop_accepting_requests
          triggers:
            - { name: envoy.resource_monitors.fixed_heap, threshold: { value: 0.98 } }
        - name: envoy.overload_actions.stop_accepting_connections
          triggers:
            - { name: envoy.resource_monitors.fixed_heap, threshold: { value: 0.98 } }
        - name: envoy.overload_actions.reset_high_memory_stream
          triggers:
            - name: envoy.resource_monitors.fixed_heap
              scaled: { scaling_threshold: 0.98, saturation_threshold: 1.0 }
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
