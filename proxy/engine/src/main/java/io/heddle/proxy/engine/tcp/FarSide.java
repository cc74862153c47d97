package io.heddle.proxy.engine.tcp;

import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What a client's connection is joined to once it stands. On the loop. */
interface FarSide {
  /** Sends bytes. Takes ownership. */
  void write(ByteBuf data);

  /** What was written leaves. */
  void flush();

  /** Whether more bytes would not only gather. */
  boolean writable();

  /** No more bytes will come; {@link TcpConnection#ended} is told when all before have left. */
  void end();

  /** Reads on, after it was told to stop by {@link TcpConnection#fromHost}. */
  void readOn();

  /** What was written leaves, and then it closes; no byte may stay for longer than this. */
  void finish(Duration patience);

  /** Closes at once. */
  void close();

  /** Our end. */
  @Nullable InetSocketAddress localAddress();
}
