package io.heddle.cli.aot;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A static bootstrap that leads a proxy through its whole start.
 *
 * @param tls a port that speaks TLS
 * @param identity a file with a private key and its certificate; where there is none, {@code tls}
 *     is not served
 */
record TrainingBootstrap(int admin, int listener, int upstream, int tls, Optional<Path> identity) {
  String yaml() {
    return """
    node: { id: training, cluster: training }
    admin:
      address:
        socket_address: { address: 127.0.0.1, port_value: %d }
    static_resources:
      listeners:
    """
            .formatted(admin)
        + listener("training", listener, "")
        + identity.map(file -> listener("training-tls", tls, transportSocket(file))).orElse("")
        + """
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
                            socket_address: { address: 127.0.0.1, port_value: %d }
        """
            .formatted(upstream);
  }

  private static String listener(String name, int port, String transportSocket) {
    return """
        - name: %1$s
          address:
            socket_address: { address: 127.0.0.1, port_value: %2$d }
          filter_chains:
            - filters:
                - name: envoy.filters.network.http_connection_manager
                  typed_config:
                    "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                    stat_prefix: %1$s
                    route_config:
                      name: %1$s
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
    %3$s\
    """
        .formatted(name, port, transportSocket);
  }

  private static String transportSocket(Path file) {
    return """
              transport_socket:
                name: envoy.transport_sockets.tls
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
                  common_tls_context:
                    alpn_protocols: [h2, http/1.1]
                    tls_certificates:
                      - certificate_chain: { filename: "%1$s" }
                        private_key: { filename: "%1$s" }
    """
        .formatted(file);
  }
}
