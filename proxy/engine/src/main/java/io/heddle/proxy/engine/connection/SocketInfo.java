package io.heddle.proxy.engine.connection;

import com.google.protobuf.Struct;
import io.heddle.proxy.api.CertificateInfo;
import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.TlsInfo;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A connection as its socket tells, and what was found out about it before its filter chain. */
public record SocketInfo(
    long id,
    InetSocketAddress localAddress,
    InetSocketAddress directRemoteAddress,
    InetSocketAddress remoteAddress,
    Optional<String> serverName,
    Optional<TlsInfo> tls,
    String applicationProtocol,
    Found found,
    Optional<String> filterChainName,
    TrafficDirection trafficDirection)
    implements ConnectionInfo {

  /**
   * What listener filters found in the first bytes.
   *
   * @param transportProtocol {@code tls} or {@code raw_buffer}; empty where nothing was looked at
   * @param applicationProtocols those the client offers
   * @param metadata by namespace
   * @param destinationRestored whether the local address is that before redirection
   */
  public record Found(
      String transportProtocol,
      List<String> applicationProtocols,
      Map<String, Struct> metadata,
      boolean destinationRestored) {
    /** Nothing. */
    public static final Found NOTHING = new Found("", List.of(), Map.of(), false);

    /** Copies. */
    public Found {
      applicationProtocols = List.copyOf(applicationProtocols);
      metadata = Map.copyOf(metadata);
    }
  }

  /** As the socket tells. */
  public static SocketInfo of(long id, InetSocketAddress local, InetSocketAddress remote) {
    return new SocketInfo(
        id,
        local,
        remote,
        remote,
        Optional.empty(),
        Optional.empty(),
        "",
        Found.NOTHING,
        Optional.empty(),
        TrafficDirection.UNSPECIFIED);
  }

  /** With the peer's true address, such as a PROXY header tells. */
  public SocketInfo withRemote(InetSocketAddress address) {
    return new SocketInfo(
        id,
        localAddress,
        directRemoteAddress,
        address,
        serverName,
        tls,
        applicationProtocol,
        found,
        filterChainName,
        trafficDirection);
  }

  /** With the destination before redirection. */
  public SocketInfo withLocal(InetSocketAddress address) {
    return new SocketInfo(
        id,
        address,
        directRemoteAddress,
        remoteAddress,
        serverName,
        tls,
        applicationProtocol,
        new Found(found.transportProtocol(), found.applicationProtocols(), found.metadata(), true),
        filterChainName,
        trafficDirection);
  }

  /** With the name that the client asked for. */
  public SocketInfo withServerName(String name) {
    return new SocketInfo(
        id,
        localAddress,
        directRemoteAddress,
        remoteAddress,
        name.isEmpty() ? Optional.empty() : Optional.of(name),
        tls,
        applicationProtocol,
        found,
        filterChainName,
        trafficDirection);
  }

  /** With what was found in the first bytes. */
  public SocketInfo withFound(Found what) {
    return new SocketInfo(
        id,
        localAddress,
        directRemoteAddress,
        remoteAddress,
        serverName,
        tls,
        applicationProtocol,
        what,
        filterChainName,
        trafficDirection);
  }

  /** With what was agreed on by TLS. */
  public SocketInfo withTls(TlsInfo info, String protocol) {
    return new SocketInfo(
        id,
        localAddress,
        directRemoteAddress,
        remoteAddress,
        serverName,
        Optional.of(info),
        protocol,
        found,
        filterChainName,
        trafficDirection);
  }

  /** With the filter chain that serves it, and the direction of its listener. */
  public SocketInfo servedBy(String chain, TrafficDirection direction) {
    return new SocketInfo(
        id,
        localAddress,
        directRemoteAddress,
        remoteAddress,
        serverName,
        tls,
        applicationProtocol,
        found,
        Optional.of(chain),
        direction);
  }

  @Override
  public boolean localAddressRestored() {
    return found.destinationRestored();
  }

  @Override
  public boolean secure() {
    return tls.isPresent();
  }

  @Override
  public Optional<PeerIdentity> peer() {
    if (tls.isEmpty() || !tls.get().peerValidated()) {
      return Optional.empty();
    }
    CertificateInfo leaf = tls.get().peerChain().getFirst();
    return Optional.of(new PeerIdentity(leaf.uriSans(), leaf.dnsSans(), leaf.subject()));
  }
}
