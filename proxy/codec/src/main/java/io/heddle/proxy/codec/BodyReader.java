package io.heddle.proxy.codec;

import io.netty.buffer.ByteBuf;

/** Where the body of the current message is. Passes bytes on without touching them. */
final class BodyReader {
  private final ChunkDecoder chunks;
  private Framing framing = Framing.NONE;
  private long contentLength = -1;
  private long remaining;
  private int dataLength;

  BodyReader(ChunkDecoder chunks) {
    this.chunks = chunks;
  }

  void begin(Framing newFraming, long newContentLength) {
    framing = newFraming;
    contentLength = newContentLength;
    remaining = Math.max(0, newContentLength);
    dataLength = 0;
    if (newFraming == Framing.CHUNKED) {
      chunks.begin();
    }
  }

  Outcome next(ByteBuf in) {
    return switch (framing) {
      case NONE -> Outcome.END;
      case LENGTH -> {
        if (remaining == 0) {
          yield Outcome.END;
        }
        dataLength = (int) Math.min(in.readableBytes(), remaining);
        remaining -= dataLength;
        yield dataLength == 0 ? Outcome.NEED_MORE : Outcome.DATA;
      }
      case CHUNKED -> {
        Outcome outcome = chunks.next(in);
        dataLength = chunks.dataLength();
        yield outcome;
      }
      case UNTIL_CLOSE -> {
        dataLength = in.readableBytes();
        yield dataLength == 0 ? Outcome.NEED_MORE : Outcome.DATA;
      }
    };
  }

  Framing framing() {
    return framing;
  }

  long contentLength() {
    return contentLength;
  }

  int dataLength() {
    return dataLength;
  }

  /** Whether nothing follows the head, or the data just handed out. */
  boolean exhausted() {
    return framing == Framing.NONE || (framing == Framing.LENGTH && remaining == 0);
  }
}
