package io.heddle.xds.client;

import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.netty.handler.ssl.SslContext;
import java.time.Duration;
import java.util.concurrent.Executor;

/**
 * Makes the channel of one attempt to reach the control plane. Each attempt has its own, so that
 * the waits between attempts are the caller's and not gRPC's. Safe on every thread.
 */
public interface ChannelSource extends AutoCloseable {

  /** Loads what the first channel needs; called once, on a thread that may take its time. */
  void prepare();

  /**
   * Opens a channel; it connects with the first call.
   *
   * @param authority sent as {@code :authority}; empty for the target's own
   * @param keepAlive how long the connection may be silent before it is pinged
   * @param executor where calls are told what comes; runs one task at a time, in order
   * @throws IllegalArgumentException where the target is neither {@code HOST:PORT}, the absolute
   *     path of a unix socket, nor a URI
   */
  ManagedChannel open(String target, String authority, Duration keepAlive, Executor executor);

  /** The same under the target's own authority. */
  default ManagedChannel open(String target, Duration keepAlive, Executor executor) {
    return open(target, "", keepAlive, executor);
  }

  /** The same channels over TLS; they end with these. */
  default ChannelSource over(SslContext tls) {
    throw new UnsupportedOperationException("TLS");
  }

  /** The same channels, whose calls pass this first; they end with these. */
  default ChannelSource calling(ClientInterceptor interceptor) {
    throw new UnsupportedOperationException("an interceptor");
  }

  /** Ends the event loop of the channels; they should have been shut down before. */
  @Override
  void close();

  /** Clear-text HTTP/2 on one event loop of its own. */
  static ChannelSource netty(ClientLimits limits) {
    return new NettyChannelSource(limits);
  }
}
