package io.heddle.proxy.api;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;

/** A downstream connection. */
public interface ConnectionInfo {
  /** Where the connection came in. */
  InetSocketAddress localAddress();

  /**
   * Whether {@link #localAddress} is where the client was going before it was redirected here, as a
   * listener filter has found out.
   */
  default boolean localAddressRestored() {
    return false;
  }

  /** The peer of the socket. */
  InetSocketAddress directRemoteAddress();

  /** The client as far as trusted: {@code x-forwarded-for} hops considered as configured. */
  InetSocketAddress remoteAddress();

  /** Whether it came over TLS. */
  boolean secure();

  /** Server name indicated by the client (SNI). */
  Optional<String> serverName();

  /** Who the peer has proved to be; empty without a verified certificate. */
  Optional<PeerIdentity> peer();

  /** What was agreed on where it came over TLS; empty on clear text. */
  default Optional<TlsInfo> tls() {
    return Optional.empty();
  }

  /** The protocol agreed on by ALPN; empty for none. */
  default String applicationProtocol() {
    return "";
  }

  /**
   * The name of the filter chain that serves it, empty where that has none; nothing where no chain
   * does.
   */
  default Optional<String> filterChainName() {
    return Optional.empty();
  }

  /** Which way the traffic of its listener goes. */
  default TrafficDirection trafficDirection() {
    return TrafficDirection.UNSPECIFIED;
  }

  /** A direction, seen from the service that is proxied. */
  enum TrafficDirection {
    UNSPECIFIED,
    INBOUND,
    OUTBOUND
  }

  /** Number of the connection, unique in this process. */
  long id();

  /**
   * Objects that HTTP filters keep for as long as the connection lasts. On its event loop; what is
   * put down is dropped where the connection has no chain yet.
   */
  default FilterState state() {
    return FilterState.NOWHERE;
  }

  /**
   * A verified peer.
   *
   * @param uriSans URI names, such as {@code spiffe://…}
   * @param dnsSans DNS names
   * @param subject distinguished name (RFC 2253)
   */
  record PeerIdentity(List<String> uriSans, List<String> dnsSans, String subject) {
    /** Copies the lists. */
    public PeerIdentity {
      uriSans = List.copyOf(uriSans);
      dnsSans = List.copyOf(dnsSans);
    }
  }
}
