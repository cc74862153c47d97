package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.codec.Trailers;
import io.heddle.proxy.engine.loop.ByteMeter;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** One attempt of a request at a host, as the pool and the connection see it. On the loop. */
public interface UpstreamStream {
  /**
   * A connection is yours: send the head. Called at most once, maybe before {@code acquire}
   * returns.
   */
  void onConnection(UpstreamConnection connection);

  /** There will be no connection; {@code detail} is the transport's failure reason, maybe empty. */
  void onPoolFailure(PoolFailure failure, String detail);

  /** An interim response. Takes ownership. */
  void onInformational(ResponseHead head);

  /** The response's head. Takes ownership. */
  void onHead(ResponseHead head, boolean end);

  /** A piece of the response's body, maybe empty at its end. Takes ownership. */
  void onData(ByteBuf data, boolean end);

  /** The response's trailers, which end it. Takes ownership. */
  void onTrailers(Trailers trailers);

  /** The connection is gone, or the response broke the protocol; nothing is called after it. */
  void onReset(UpstreamReset reset);

  /** The connection takes more bytes again, or would only gather them. */
  void onWritable(boolean writable);

  /**
   * The name that the request is for, where connections depend on it.
   *
   * @param header where it stands; empty for the authority
   */
  default String requestName(String header) {
    return "";
  }

  /** Whose request it is; null for our own. */
  default @Nullable ConnectionInfo client() {
    return null;
  }

  /** Where its bytes are counted; null where nobody asks for them. */
  default @Nullable ByteMeter bytes() {
    return null;
  }

  /** What is to be carried, as far as the choice of a connection depends on it. */
  default Carriage carriage() {
    return Carriage.HTTP1;
  }

  /** What a stream carries. It is the same for all its life. */
  enum Carriage {
    /** A request that came by HTTP/1.1, or that is our own. */
    HTTP1,
    /** A request that came by HTTP/2. */
    HTTP2,
    /** Bytes that are no HTTP to the host. */
    TCP
  }

  /** Why there is no connection. */
  enum PoolFailure {
    /** A breaker is open. */
    OVERFLOW,
    /** It has waited for a connection as long as it may. */
    WAITED_TOO_LONG,
    /** Connecting was refused or failed. */
    CONNECT_FAILED,
    /** Connecting took too long. */
    CONNECT_TIMEOUT;

    /** Whether the host is to blame, and not that others were before. */
    public boolean ofHost() {
      return this == CONNECT_FAILED || this == CONNECT_TIMEOUT;
    }
  }

  /**
   * How a connection was lost.
   *
   * @param protocolError the response was malformed
   * @param reused the connection had served requests before this one
   * @param anyByte some byte of the response had come
   * @param detail for the log: codec's words or the transport's
   * @param byHost the host reset the stream, and its connection stands
   * @param refused the host has certainly not looked at the request (RFC 9113, 8.7)
   */
  record UpstreamReset(
      boolean protocolError,
      boolean reused,
      boolean anyByte,
      String detail,
      boolean byHost,
      boolean refused) {
    /** Of a whole connection, about which no more is known. */
    UpstreamReset(boolean protocolError, boolean reused, boolean anyByte, String detail) {
      this(protocolError, reused, anyByte, detail, false, false);
    }
  }
}
