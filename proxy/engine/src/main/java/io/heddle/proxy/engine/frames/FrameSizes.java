package io.heddle.proxy.engine.frames;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2CodecUtil;

/**
 * Finds out where frames end before they are decoded, so that each can be decoded, and counted, by
 * itself (RFC 9113, 4.1). Owned by the connection's loop.
 */
final class FrameSizes {
  /** What is there is not a whole frame, and nothing that the decoder could refuse already. */
  static final int INCOMPLETE = -1;

  private static final int HEAD = 9;
  private static final int TYPE = 3;
  private static final int HEADERS = 1;
  private static final int CONTINUATION = 9;

  /** What we have never said to be other than it is by default. */
  private static final int LONGEST = Http2CodecUtil.DEFAULT_MAX_FRAME_SIZE;

  private int preface;
  private int frame;
  private int fields;

  /** {@code preface} is how many bytes come before the first frame. */
  FrameSizes(int preface) {
    this.preface = preface;
  }

  /**
   * How many bytes the decoder shall see next: the rest of the preface, one whole frame, or
   * everything of a frame that is longer than it may be.
   */
  int next(ByteBuf in) {
    int there = in.readableBytes();
    if (preface > 0) {
      return Math.min(preface, there);
    }
    if (there < HEAD) {
      return INCOMPLETE;
    }
    int at = in.readerIndex();
    int payload = in.getUnsignedMedium(at);
    if (payload > LONGEST) {
      return there;
    }
    if (there < HEAD + payload) {
      return INCOMPLETE;
    }
    frame = HEAD + payload;
    int type = in.getByte(at + TYPE);
    if (type == HEADERS) {
      fields = frame;
    } else if (type == CONTINUATION) {
      fields += frame;
    }
    return frame;
  }

  /** The decoder took so many. */
  void took(int bytes) {
    preface = Math.max(0, preface - bytes);
  }

  /** Bytes of the frame that is decoded now. */
  int frame() {
    return frame;
  }

  /** The same of the frames of the list of fields that was decoded last. */
  int fields() {
    return fields;
  }
}
