package io.heddle.proxy.engine.frames;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;

/**
 * Netty's HPACK into one list that is used again. Fields are not validated here: whoever makes a
 * head of them does that. Owned by the connection's loop.
 */
final class FieldDecoder extends DefaultHttp2HeadersDecoder {
  private final FieldList fields = new FieldList();

  /** {@code listBytes} is the most that a list may have (RFC 9113, 6.5.2). */
  FieldDecoder(long listBytes) {
    super(false, listBytes, -1);
  }

  @Override
  protected Http2Headers newHeaders() {
    return fields.clear();
  }

  /**
   * The fields of a block, good until the next.
   *
   * @throws TooLarge the list is over the limit, and the block decoded
   * @throws FrameException the block is malformed, and the connection at its end
   */
  FieldList decode(int streamId, ByteBuf block) throws FrameException, TooLarge {
    try {
      var _ = decodeHeaders(streamId, block);
      return fields;
    } catch (Http2Exception failure) {
      if (failure instanceof Http2Exception.HeaderListSizeException) {
        throw new TooLarge();
      }
      throw FrameException.connection(
          failure.error() == Http2Error.NO_ERROR ? Http2Error.COMPRESSION_ERROR : failure.error(),
          String.valueOf(failure.getMessage()));
    }
  }

  /** A list that is over the limit. */
  static final class TooLarge extends Exception {
    private static final long serialVersionUID = 1;

    private TooLarge() {
      super("Header size exceeded max allowed size", null, false, false);
    }
  }
}
