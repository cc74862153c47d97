package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.codec.Framing;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.codec.Trailers;
import io.netty.buffer.ByteBuf;

/**
 * What one stream has of a connection to a host: all of an HTTP/1.1 connection while it is its
 * turn, one of the streams of an HTTP/2 connection. On the loop.
 */
public interface UpstreamConnection {
  /** The socket below. */
  UpstreamSocket socket();

  /** Whether the connection served requests before the present one. */
  boolean reused();

  /** Whether this request, which offers another protocol or is a CONNECT, may be sent on it. */
  boolean switchesProtocols(RequestHead offer);

  /**
   * Sends the head of the stream's request. Does not take ownership.
   *
   * @param framing how the body ends where that is told; HTTP/2 goes by {@code end}. {@link
   *     Framing#UNTIL_CLOSE} offers the protocol of the head's {@code Upgrade}, or is a CONNECT:
   *     nothing else is sent before the host has switched to it
   * @param contentLength for {@link Framing#LENGTH}
   */
  void sendHead(RequestHead head, Framing framing, long contentLength, boolean end);

  /** Sends a piece of body. Takes ownership. */
  void sendData(ByteBuf data, boolean end);

  /** Ends the body with trailers, where the protocol has them. Does not take ownership. */
  void sendTrailers(Trailers trailers);

  /** Reads no more until {@link #enableRead} was called as often. */
  void disableRead();

  /** Undoes one {@link #disableRead}. */
  void enableRead();

  /** Whether bytes sent now would only gather. */
  boolean slow();

  /** Gives the stream up. Nothing is called on it any more. */
  void abandon();
}
