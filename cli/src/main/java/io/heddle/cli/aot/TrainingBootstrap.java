package io.heddle.cli.aot;

/** A static bootstrap that leads a proxy through its whole start. */
record TrainingBootstrap(int admin, int listener, int upstream) {
  String yaml() {
    return """
    node: { id: training, cluster: training }
    admin:
      address:
        socket_address: { address: 127.0.0.1, port_value: %1$d }
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
    """
        .formatted(admin, listener, upstream);
  }
}
