package io.heddle.xds.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What carries the bytes of a cluster's connections ({@code
 * envoy.config.cluster.v3.Cluster.transport_socket} and {@code transport_socket_matches}).
 *
 * @param standard of hosts that no match takes
 * @param matches the first that takes a host decides
 */
public record HostTransports(HostTransport standard, List<Match> matches, RequestNames names) {
  /** The socket itself, for all hosts. */
  public static final HostTransports RAW =
      new HostTransports(HostTransport.Raw.RAW, List.of(), RequestNames.NONE);

  /** What a host says of itself for {@link Match} under this name. */
  public static final String METADATA = "envoy.transport_socket_match";

  public HostTransports {
    matches = List.copyOf(matches);
  }

  /** Whether any host is spoken to over TLS. */
  public boolean useTls() {
    return secure(standard) || matches.stream().anyMatch(match -> secure(match.transport()));
  }

  private static boolean secure(HostTransport transport) {
    return switch (transport) {
      case HostTransport.Raw _ -> false;
      case HostTransport.Tls _ -> true;
      case HostTransport.ProxyHeader header -> secure(header.inner());
    };
  }

  /** All secrets that must be there before connections are made. */
  public List<SecretRef> secrets() {
    List<SecretRef> all = new ArrayList<>(standard.secrets());
    matches.forEach(match -> all.addAll(match.transport().secrets()));
    return all;
  }

  /** Hosts whose metadata have all of these fields; none of them means every host. */
  public record Match(String name, StructValue.Fields fields, HostTransport transport) {
    /** Whether a host with this metadata is taken. */
    public boolean takes(Map<String, StructValue.Fields> metadata) {
      Map<String, StructValue> own = metadata.getOrDefault(METADATA, StructValue.EMPTY).values();
      for (Map.Entry<String, StructValue> wanted : fields.values().entrySet()) {
        if (!wanted.getValue().equals(own.get(wanted.getKey()))) {
          return false;
        }
      }
      return true;
    }
  }

  /**
   * Names that a connection gets from the request that it is made for ({@code
   * envoy.config.core.v3.UpstreamHttpProtocolOptions}).
   *
   * @param serverName whether that name is asked for (SNI), unless it is an address
   * @param certificateName whether the host's certificate must have it
   * @param header where the name stands; empty for the authority
   */
  public record RequestNames(boolean serverName, boolean certificateName, String header) {
    /** None. */
    public static final RequestNames NONE = new RequestNames(false, false, "");

    /** Whether connections depend on requests. */
    public boolean any() {
      return serverName || certificateName;
    }
  }
}
