package io.heddle.proxy.engine.tls;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSessionContext;

/**
 * TLS to hosts for connections that another library makes, which speaks HTTP/2 on them. What is
 * current when a connection begins is used.
 */
public final class ChannelContext extends SslContext {
  /** All hosts share their sessions, as the names are the same. */
  private static final int ONE_HOST = 1;

  private final UpstreamTls tls;

  /** Over what is made by this. */
  public ChannelContext(UpstreamTls tls) {
    this.tls = tls;
  }

  @Override
  public boolean isClient() {
    return true;
  }

  @Override
  public List<String> cipherSuites() {
    return List.of();
  }

  @Override
  @SuppressWarnings("deprecation") // The base class still wants it.
  public io.netty.handler.ssl.ApplicationProtocolNegotiator applicationProtocolNegotiator() {
    return () -> List.of("h2");
  }

  @Override
  public SSLEngine newEngine(ByteBufAllocator allocator) {
    return newEngine(allocator, "", -1);
  }

  @Override
  public SSLEngine newEngine(ByteBufAllocator allocator, String host, int port) {
    TlsBegun begun = tls.begin(allocator, AlpnOffer.HTTP, "", PeerNames.NONE, ONE_HOST);
    if (begun == null) {
      throw new IllegalStateException("a secret of the cluster's TLS is not there yet");
    }
    return begun.engine();
  }

  @Override
  public SSLSessionContext sessionContext() {
    throw new UnsupportedOperationException("sessions are the cluster's affair");
  }
}
