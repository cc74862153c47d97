package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.FilterState;
import io.heddle.proxy.api.TlsInfo;
import java.net.InetSocketAddress;
import java.util.Optional;

/** A connection whose client is another than its peer, as trusted forwarders said. */
record ForwardedConnection(ConnectionInfo connection, InetSocketAddress remoteAddress)
    implements ConnectionInfo {
  @Override
  public InetSocketAddress localAddress() {
    return connection.localAddress();
  }

  @Override
  public InetSocketAddress directRemoteAddress() {
    return connection.directRemoteAddress();
  }

  @Override
  public boolean localAddressRestored() {
    return connection.localAddressRestored();
  }

  @Override
  public boolean secure() {
    return connection.secure();
  }

  @Override
  public Optional<String> serverName() {
    return connection.serverName();
  }

  @Override
  public Optional<PeerIdentity> peer() {
    return connection.peer();
  }

  @Override
  public Optional<TlsInfo> tls() {
    return connection.tls();
  }

  @Override
  public String applicationProtocol() {
    return connection.applicationProtocol();
  }

  @Override
  public Optional<String> filterChainName() {
    return connection.filterChainName();
  }

  @Override
  public TrafficDirection trafficDirection() {
    return connection.trafficDirection();
  }

  @Override
  public long id() {
    return connection.id();
  }

  @Override
  public FilterState state() {
    return connection.state();
  }
}
