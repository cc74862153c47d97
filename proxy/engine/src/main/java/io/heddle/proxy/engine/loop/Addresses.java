package io.heddle.proxy.engine.loop;

import io.heddle.xds.model.SocketEndpoint;
import io.netty.channel.unix.DomainSocketAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Addresses as the engine has them everywhere: of a unix socket the path, or {@code @} and an
 * abstract name, is the host's name of an address that is not resolved. Stateless.
 */
public final class Addresses {
  private Addresses() {}

  /** Of a unix socket with this path, which is empty where the other side has none. */
  public static InetSocketAddress pipe(String path) {
    return InetSocketAddress.createUnresolved(path, 0);
  }

  /** Whether it is that of a unix socket. */
  public static boolean isPipe(InetSocketAddress address) {
    return address.isUnresolved();
  }

  /** As a channel tells it; null where it tells none. */
  public static @Nullable InetSocketAddress of(@Nullable SocketAddress address) {
    return switch (address) {
      case InetSocketAddress ip -> ip;
      case DomainSocketAddress domain -> pipe(shown(domain.path()));
      case UnixDomainSocketAddress unix -> pipe(unix.getPath().toString());
      case null, default -> null;
    };
  }

  private static String shown(String path) {
    return path.startsWith("\0") ? "@" + path.substring(1) : path;
  }

  /** As a channel is bound or connected to it. */
  public static SocketAddress forChannel(InetSocketAddress address, Sockets sockets) {
    return isPipe(address) ? sockets.pipes().address().apply(address.getHostString()) : address;
  }

  /** {@code address:port}, or the path. */
  public static String text(InetSocketAddress address) {
    return isPipe(address)
        ? address.getHostString()
        : new SocketEndpoint(
                io.netty.util.NetUtil.toAddressString(address.getAddress()), address.getPort())
            .toString();
  }
}
