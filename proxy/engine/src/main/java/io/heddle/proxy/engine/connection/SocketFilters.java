package io.heddle.proxy.engine.connection;

import io.netty.channel.socket.SocketChannel;
import io.netty.util.AttributeKey;

/**
 * What network filters put between a socket and whatever ends its chain. Where there are none the
 * socket is used as it is. On the connection's loop.
 */
public interface SocketFilters {
  /** Where a channel keeps its filters. */
  AttributeKey<SocketFilters> KEY = AttributeKey.valueOf(SocketFilters.class, "filters");

  /** Whether what ends the chain wants bytes; they come only while the filters agree. */
  void reading(boolean wanted);

  /** Ends the output after what the filters still hold. */
  void endOutput();

  /** Says whether bytes of this channel are wanted. */
  static void reading(SocketChannel channel, boolean wanted) {
    if (channel.hasAttr(KEY)) {
      channel.attr(KEY).get().reading(wanted);
    } else {
      channel.config().setAutoRead(wanted);
    }
  }

  /** Shuts the output down. */
  static void endOutput(SocketChannel channel) {
    if (channel.hasAttr(KEY)) {
      channel.attr(KEY).get().endOutput();
    } else {
      var _ = channel.shutdownOutput();
    }
  }
}
