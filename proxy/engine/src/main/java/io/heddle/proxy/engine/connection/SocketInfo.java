package io.heddle.proxy.engine.connection;

import io.heddle.proxy.api.ConnectionInfo;
import java.net.InetSocketAddress;
import java.util.Optional;

/** A connection as its socket tells, and what listener filters found out about it. */
public record SocketInfo(
    long id,
    InetSocketAddress localAddress,
    InetSocketAddress directRemoteAddress,
    InetSocketAddress remoteAddress,
    Optional<String> serverName)
    implements ConnectionInfo {
  /** As the socket tells. */
  public static SocketInfo of(long id, InetSocketAddress local, InetSocketAddress remote) {
    return new SocketInfo(id, local, remote, remote, Optional.empty());
  }

  /** With the peer's true address. */
  public SocketInfo withRemote(InetSocketAddress address) {
    return new SocketInfo(id, localAddress, address, address, serverName);
  }

  /** With the destination before redirection. */
  public SocketInfo withLocal(InetSocketAddress address) {
    return new SocketInfo(id, address, directRemoteAddress, remoteAddress, serverName);
  }

  /** With the name that the client asked for. */
  public SocketInfo withServerName(String name) {
    return new SocketInfo(id, localAddress, directRemoteAddress, remoteAddress, Optional.of(name));
  }

  @Override
  public boolean secure() {
    return false;
  }

  @Override
  public Optional<PeerIdentity> peer() {
    return Optional.empty();
  }
}
