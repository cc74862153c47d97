package io.heddle.proxy.app;

import io.heddle.proxy.engine.Engine;
import io.heddle.xds.client.ChannelSource;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.HostTransport;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Channels to the static clusters of a bootstrap: over TLS where their transport socket says so.
 * Safe on every thread.
 */
final class SecuredChannels {
  private final BootstrapConfig bootstrap;
  private final Engine engine;
  private final ChannelSource clear;
  private final Map<String, ChannelSource> secured = new ConcurrentHashMap<>();

  SecuredChannels(BootstrapConfig bootstrap, Engine engine, ChannelSource clear) {
    this.bootstrap = bootstrap;
    this.engine = engine;
    this.clear = clear;
  }

  /** To this target. */
  ChannelSource to(BootstrapConfig.GrpcTarget target) {
    return switch (target) {
      case BootstrapConfig.GrpcTarget.Cluster cluster -> to(cluster.clusterName());
      case BootstrapConfig.GrpcTarget.Uri _ -> clear;
    };
  }

  /** To the hosts of this cluster. */
  ChannelSource to(String name) {
    for (ClusterConfig cluster : bootstrap.clusters()) {
      if (cluster.name().equals(name)
          && cluster.transports().standard() instanceof HostTransport.Tls tls) {
        return secured.computeIfAbsent(
            name, _ -> clear.over(engine.channelTls(tls.config(), name)));
      }
    }
    return clear;
  }

  /** What of a cluster's transport cannot be had on such channels. */
  static Optional<String> refusal(ClusterConfig cluster) {
    String subject = "Cluster " + cluster.name() + ": ";
    for (String target : ControlPlane.targets(List.of(cluster), cluster.name())) {
      if (target.startsWith("@")) {
        return Optional.of(
            subject
                + "load_assignment.endpoints.lb_endpoints.endpoint.address.pipe.path: found the"
                + " abstract name "
                + target
                + ", expected an absolute path for a cluster of the control plane");
      }
    }
    if (!cluster.transports().matches().isEmpty()) {
      return Optional.of(
          subject
              + "transport_socket_matches: found a value, expected none for a cluster of the"
              + " control plane");
    }
    return switch (cluster.transports().standard()) {
      case HostTransport.Raw _ -> Optional.empty();
      case HostTransport.ProxyHeader _ ->
          Optional.of(
              subject
                  + "transport_socket: found a PROXY header, expected TLS or nothing for a cluster"
                  + " of the control plane");
      case HostTransport.Tls tls -> {
        List<String> alpn = tls.config().common().alpn();
        yield alpn.isEmpty() || alpn.contains("h2")
            ? Optional.empty()
            : Optional.of(
                subject
                    + "transport_socket.typed_config.common_tls_context.alpn_protocols: found "
                    + alpn
                    + ", expected h2 among them");
      }
    };
  }
}
