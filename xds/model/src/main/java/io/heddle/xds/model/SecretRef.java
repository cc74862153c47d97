package io.heddle.xds.model;

import java.time.Duration;
import java.util.Optional;

/**
 * A secret by its name ({@code envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig}).
 *
 * @param source where it comes from by SDS; none for one of the bootstrap's
 */
public record SecretRef(String name, Optional<SourceConfig> source) {
  /** Whether it comes by SDS; otherwise it is one of the bootstrap's. */
  public boolean fetched() {
    return source.isPresent();
  }

  /** How long a listener or cluster waits for it; zero means for ever. */
  public Duration initialFetchTimeout() {
    return source.map(SourceConfig::initialFetchTimeout).orElse(Duration.ZERO);
  }

  /**
   * The name under which the engine keeps it: its own, and where else than over the aggregated
   * stream it comes from, so that two sources may each have a secret of one name.
   */
  public String key() {
    return source.map(from -> name + place(from.origin())).orElse(name);
  }

  private static String place(SourceConfig.Origin origin) {
    return switch (origin) {
      case SourceConfig.Origin.Ads _, SourceConfig.Origin.Self _ -> "";
      case SourceConfig.Origin.File file -> " of " + file.path();
      case SourceConfig.Origin.Rest rest -> " of cluster " + rest.clusterName();
      case SourceConfig.Origin.Grpc grpc ->
          switch (grpc.target()) {
            case BootstrapConfig.GrpcTarget.Cluster cluster ->
                " of cluster " + cluster.clusterName();
            case BootstrapConfig.GrpcTarget.Uri uri -> " of " + uri.targetUri();
          };
    };
  }
}
