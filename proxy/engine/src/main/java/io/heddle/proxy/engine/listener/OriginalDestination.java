package io.heddle.proxy.engine.listener;

import io.netty.channel.ChannelException;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.unix.RawUnixChannelOption;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Optional;

/** Asks the kernel where a connection was going before netfilter redirected it. Stateless. */
final class OriginalDestination {
  private static final int SOL_IP = 0;
  private static final int SOL_IPV6 = 41;
  private static final int SO_ORIGINAL_DST = 80;
  private static final RawUnixChannelOption V4 =
      new RawUnixChannelOption("SO_ORIGINAL_DST", SOL_IP, SO_ORIGINAL_DST, 16);
  private static final RawUnixChannelOption V6 =
      new RawUnixChannelOption("IP6T_SO_ORIGINAL_DST", SOL_IPV6, SO_ORIGINAL_DST, 28);

  private OriginalDestination() {}

  /** The destination; empty where it was not redirected, or the transport cannot ask. */
  static Optional<InetSocketAddress> of(DuplexChannel channel) {
    if (!(channel instanceof EpollSocketChannel epoll)) {
      return Optional.empty();
    }
    InetSocketAddress local = epoll.localAddress();
    boolean v6 =
        local != null
            && local.getAddress() instanceof Inet6Address address
            && !address.isIPv4CompatibleAddress();
    try {
      ByteBuffer answer = epoll.config().getOption(v6 ? V6 : V4);
      return answer == null
          ? Optional.empty()
          : parse(answer, v6).filter(found -> !found.equals(local));
    } catch (ChannelException | IllegalArgumentException _) {
      // ENOENT where there is no such entry: it came here directly.
      return Optional.empty();
    }
  }

  /** Reads a {@code sockaddr_in} or {@code sockaddr_in6}. */
  static Optional<InetSocketAddress> parse(ByteBuffer answer, boolean v6) {
    byte[] bytes = new byte[v6 ? 16 : 4];
    if (answer.limit() < (v6 ? 24 : 8)) {
      return Optional.empty();
    }
    int port = (answer.get(2) & 0xff) << 8 | (answer.get(3) & 0xff);
    answer.get(v6 ? 8 : 4, bytes);
    try {
      return Optional.of(new InetSocketAddress(InetAddress.getByAddress(bytes), port));
    } catch (UnknownHostException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
