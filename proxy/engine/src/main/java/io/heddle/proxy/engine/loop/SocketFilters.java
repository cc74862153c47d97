package io.heddle.proxy.engine.loop;

import io.netty.channel.ChannelFuture;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.AttributeKey;

/**
 * What network filters put between a socket and whatever ends its chain. Where there are none the
 * socket is used as it is. On the connection's loop.
 */
public interface SocketFilters {
  /** Where a channel keeps its filters. */
  AttributeKey<SocketFilters> KEY = AttributeKey.valueOf(SocketFilters.class, "filters");

  /** Ends the output after what was written and what the filters still hold. */
  ChannelFuture endOutput();

  /** Shuts the output down; what was written must have left, unless filters hold it. */
  static ChannelFuture endOutput(DuplexChannel channel) {
    return channel.hasAttr(KEY) ? channel.attr(KEY).get().endOutput() : channel.shutdownOutput();
  }
}
