package io.heddle.proxy.engine.connection;

import com.google.protobuf.Struct;
import io.heddle.proxy.api.CertificateInfo;
import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.FilterState;
import io.heddle.proxy.api.TlsInfo;
import io.heddle.xds.model.FilterChainConfig;
import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.StructValue;
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
    Optional<Served> served)
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

  /**
   * A listener, and the chain of it that was chosen.
   *
   * @param state what its HTTP filters keep
   */
  public record Served(ListenerConfig listener, FilterChainConfig chain, FilterState state) {}

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
        Optional.empty());
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
        served);
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
        served);
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
        served);
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
        served);
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
        served);
  }

  /** With what serves it. */
  public SocketInfo servedBy(ListenerConfig listener, FilterChainConfig chain) {
    return new SocketInfo(
        id,
        localAddress,
        directRemoteAddress,
        remoteAddress,
        serverName,
        tls,
        applicationProtocol,
        found,
        Optional.of(new Served(listener, chain, new ConnectionState())));
  }

  @Override
  public FilterState state() {
    return served.isEmpty() ? FilterState.NOWHERE : served.get().state();
  }

  @Override
  public Optional<String> filterChainName() {
    return served.map(by -> by.chain().name());
  }

  @Override
  public TrafficDirection trafficDirection() {
    if (served.isEmpty()) {
      return TrafficDirection.UNSPECIFIED;
    }
    return switch (served.get().listener().trafficDirection()) {
      case UNSPECIFIED -> TrafficDirection.UNSPECIFIED;
      case INBOUND -> TrafficDirection.INBOUND;
      case OUTBOUND -> TrafficDirection.OUTBOUND;
    };
  }

  /** What its listener says of itself, by namespace. */
  public Map<String, StructValue.Fields> listenerMetadata() {
    return served.map(by -> by.listener().metadata()).orElse(Map.of());
  }

  /** The same of its filter chain. */
  public Map<String, StructValue.Fields> chainMetadata() {
    return served.map(by -> by.chain().metadata()).orElse(Map.of());
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
