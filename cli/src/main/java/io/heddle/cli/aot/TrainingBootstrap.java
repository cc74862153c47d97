package io.heddle.cli.aot;

/** A bootstrap with a bit of everything: YAML, a node's metadata, static resources, ADS. */
record TrainingBootstrap(
    int admin, int listener, int upstream, int xds, int inbound, int outbound) {
  String yaml() {
    return """
    node:
      id: sidecar~default~training-1
      cluster: training
      metadata:
        HEDDLE_KIND: sidecar
        HEDDLE_NAMESPACE: default
        HEDDLE_SERVICE: training
        HEDDLE_INSTANCE: training-1
        HEDDLE_INBOUND: "127.0.0.1:%5$d"
        HEDDLE_OUTBOUND: "127.0.0.1:%6$d"
        HEDDLE_APP: "127.0.0.1:%3$d"
    admin:
      address:
        socket_address: { address: 127.0.0.1, port_value: %1$d }
    dynamic_resources:
      ads_config:
        api_type: DELTA_GRPC
        transport_api_version: V3
        set_node_on_first_message_only: true
        grpc_services:
          - envoy_grpc: { cluster_name: heddle-control }
      cds_config: { resource_api_version: V3, ads: {} }
      lds_config: { resource_api_version: V3, ads: {} }
    static_resources:
      listeners:
        - name: training
          address:
            socket_address: { address: 127.0.0.1, port_value: %2$d }
          filter_chains:
            - filters:
                - name: envoy.filters.network.http_connection_manager
                  typed_config:
                    "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                    stat_prefix: training
                    route_config:
                      name: training
                      virtual_hosts:
                        - name: all
                          domains: ["*"]
                          routes:
                            - match: { prefix: "/" }
                              route: { cluster: training }
                    http_filters:
                      - name: envoy.filters.http.router
                        typed_config:
                          "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
      clusters:
        - name: training
          type: STATIC
          connect_timeout: 2s
          load_assignment:
            cluster_name: training
            endpoints:
              - lb_endpoints:
                  - endpoint:
                      address:
                        socket_address: { address: 127.0.0.1, port_value: %3$d }
        - name: heddle-control
          type: STATIC
          connect_timeout: 2s
          typed_extension_protocol_options:
            envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
              "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
              explicit_http_config:
                http2_protocol_options: {}
          load_assignment:
            cluster_name: heddle-control
            endpoints:
              - lb_endpoints:
                  - endpoint:
                      address:
                        socket_address: { address: 127.0.0.1, port_value: %4$d }
    """
        .formatted(admin, listener, upstream, xds, inbound, outbound);
  }
}
