package io.heddle.proxy.engine.frames;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http2.Http2Error;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Cuts what is read into frames and checks each by itself (RFC 9113, 4 and 6). A frame that is
 * whole in what was read is not copied; the begin of one is kept until its rest comes, which is at
 * most one frame. Owned by the connection's loop.
 */
final class FrameParser {
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);

  /**
   * Pieces of a block of fields that are shorter than this serve no purpose but ours to be busy.
   */
  private static final int SMALL_PIECE = Frame.LONGEST / 2;

  private static final int SMALL_PIECES = 16;
  private static final int PRIORITY_BYTES = 5;

  private final FrameSink sink;
  private final long blockLimit;
  private int prefaceLeft;
  private boolean settingsSeen;
  private boolean stopped;
  private int allowance = PacedInput.FRAMES_A_TURN;
  private @Nullable ByteBuf carry;

  private @Nullable ByteBuf block;
  private int blockStream;
  private boolean blockEnds;
  private boolean blockOfItself;
  private int smallPieces;

  private int frameBytes;
  private int fieldBytes;

  /**
   * For what a peer says.
   *
   * @param server whether the peer is a client, who begins with the preface
   * @param blockLimit bytes that a block of fields in several frames may have
   */
  FrameParser(FrameSink sink, boolean server, long blockLimit) {
    this.sink = sink;
    this.blockLimit = blockLimit;
    this.prefaceLeft = server ? PREFACE.length : 0;
  }

  /** Bytes of the frame that is taken now. */
  int frameBytes() {
    return frameBytes;
  }

  /** The same of all frames of the fields that are taken now. */
  int fieldBytes() {
    return fieldBytes;
  }

  /** So many frames may be given to the sink from now on. */
  void allow(int frames) {
    allowance = frames;
  }

  /**
   * Gives frames that are whole to the sink, as many as are allowed, and keeps the begin of the
   * next where they were all. What is left in the buffer was not looked at.
   */
  void read(ByteBufAllocator allocator, ByteBuf in) throws FrameException {
    if (prefaceLeft > 0) {
      preface(in);
    }
    while (!stopped && allowance > 0 && in.isReadable()) {
      ByteBuf begun = carry;
      if (begun != null) {
        if (!filled(begun, in)) {
          return;
        }
        carry = null;
        try {
          frame(begun);
        } finally {
          begun.release();
        }
      } else if (whole(in)) {
        frame(in);
      } else {
        keep(allocator, in);
      }
    }
  }

  /** Reads nothing more; also from within a call of the sink. */
  void stop() {
    stopped = true;
  }

  /** Lets go of what is kept. */
  void free() {
    stopped = true;
    ByteBuf begun = carry;
    carry = null;
    if (begun != null) {
      begun.release();
    }
    forgetBlock();
  }

  private void preface(ByteBuf in) throws FrameException {
    while (prefaceLeft > 0 && in.isReadable()) {
      if (in.readByte() != PREFACE[PREFACE.length - prefaceLeft]) {
        throw FrameException.connection(
            Http2Error.PROTOCOL_ERROR, "HTTP/2 client preface string missing or corrupt");
      }
      prefaceLeft--;
    }
  }

  // --- where frames end ---

  private static int length(ByteBuf in) throws FrameException {
    int length = in.getUnsignedMedium(in.readerIndex());
    if (length > Frame.LONGEST) {
      throw FrameException.connection(
          Http2Error.FRAME_SIZE_ERROR,
          "Frame length: " + length + " exceeds maximum: " + Frame.LONGEST);
    }
    return length;
  }

  private static boolean whole(ByteBuf in) throws FrameException {
    int there = in.readableBytes();
    return there >= Frame.HEAD && there >= Frame.HEAD + length(in);
  }

  private void keep(ByteBufAllocator allocator, ByteBuf in) throws FrameException {
    int there = in.readableBytes();
    ByteBuf begun = allocator.buffer(Frame.HEAD + (there >= Frame.HEAD ? length(in) : 0));
    begun.writeBytes(in);
    carry = begun;
  }

  /** Moves what is missing; whether the frame is whole now. */
  private static boolean filled(ByteBuf begun, ByteBuf in) throws FrameException {
    if (begun.readableBytes() < Frame.HEAD) {
      begun.writeBytes(in, Math.min(Frame.HEAD - begun.readableBytes(), in.readableBytes()));
      if (begun.readableBytes() < Frame.HEAD) {
        return false;
      }
    }
    int missing = Frame.HEAD + length(begun) - begun.readableBytes();
    begun.writeBytes(in, Math.min(missing, in.readableBytes()));
    return begun.readableBytes() == Frame.HEAD + length(begun);
  }

  // --- what they are ---

  private void frame(ByteBuf in) throws FrameException {
    int at = in.readerIndex();
    int length = in.getUnsignedMedium(at);
    byte type = in.getByte(at + 3);
    int flags = in.getUnsignedByte(at + 4);
    int streamId = in.getInt(at + 5) & Integer.MAX_VALUE;
    int end = at + Frame.HEAD + length;
    int behind = in.writerIndex();
    in.setIndex(at + Frame.HEAD, end);
    frameBytes = Frame.HEAD + length;
    allowance--;
    try {
      payload(in, type, flags, streamId, length);
    } catch (FrameException failure) {
      if (failure.streamId() == 0) {
        throw failure;
      }
      sink.streamFailed(failure);
    } finally {
      in.setIndex(end, behind);
    }
  }

  private void payload(ByteBuf in, byte type, int flags, int streamId, int length)
      throws FrameException {
    if (!settingsSeen) {
      if (type != Frame.SETTINGS || (flags & Frame.ACK) != 0) {
        throw broken("First received frame was not SETTINGS");
      }
      settingsSeen = true;
    }
    if (blockStream != 0 && (type != Frame.CONTINUATION || streamId != blockStream)) {
      throw broken("a frame of type " + type + " between those of one block of fields");
    }
    switch (type) {
      case Frame.DATA -> data(in, flags, of(streamId, type));
      case Frame.HEADERS -> headers(in, flags, of(streamId, type));
      case Frame.PRIORITY -> priority(in, of(streamId, type), length);
      case Frame.RST_STREAM -> {
        sized(length == 4, type, length);
        sink.reset(of(streamId, type), in.readUnsignedInt());
      }
      case Frame.SETTINGS -> settings(in, flags, streamId, length);
      case Frame.PUSH_PROMISE -> throw broken("a PUSH_PROMISE that nobody allowed");
      case Frame.PING -> {
        ofConnection(streamId, type);
        sized(length == 8, type, length);
        sink.ping((flags & Frame.ACK) != 0, in.readLong());
      }
      case Frame.GOAWAY -> {
        ofConnection(streamId, type);
        sized(length >= 8, type, length);
        sink.goAway(in.readInt() & Integer.MAX_VALUE, in.readUnsignedInt());
      }
      case Frame.WINDOW_UPDATE -> windowUpdate(in, streamId, length);
      case Frame.CONTINUATION -> {
        if (blockStream == 0) {
          throw broken("a CONTINUATION of nothing");
        }
        fieldBytes += frameBytes;
        piece(in, (flags & Frame.END_HEADERS) != 0);
      }
      // Whatever it is, it is to be ignored (RFC 9113, 5.5).
      default -> {}
    }
  }

  private static FrameException broken(String detail) {
    return FrameException.connection(Http2Error.PROTOCOL_ERROR, detail);
  }

  private static int of(int streamId, byte type) throws FrameException {
    if (streamId == 0) {
      throw broken("a frame of type " + type + " on stream 0");
    }
    return streamId;
  }

  private static void ofConnection(int streamId, byte type) throws FrameException {
    if (streamId != 0) {
      throw broken("a frame of type " + type + " on stream " + streamId);
    }
  }

  private static void sized(boolean right, byte type, int length) throws FrameException {
    if (!right) {
      throw FrameException.connection(
          Http2Error.FRAME_SIZE_ERROR, "a frame of type " + type + " with " + length + " bytes");
    }
  }

  /** Passes over the padding; how much of it there is, the byte that tells included. */
  private static int unpad(ByteBuf in, int flags) throws FrameException {
    if ((flags & Frame.PADDED) == 0) {
      return 0;
    }
    sized(in.isReadable(), Frame.DATA, 0);
    int padding = in.readUnsignedByte();
    if (padding > in.readableBytes()) {
      throw broken("a padding of " + padding + " bytes in a frame that is shorter");
    }
    in.writerIndex(in.writerIndex() - padding);
    return padding + 1;
  }

  private void data(ByteBuf in, int flags, int streamId) throws FrameException {
    int padding = unpad(in, flags);
    sink.data(streamId, in, in.readableBytes(), padding, (flags & Frame.END_STREAM) != 0);
  }

  private void headers(ByteBuf in, int flags, int streamId) throws FrameException {
    fieldBytes = frameBytes;
    int _ = unpad(in, flags);
    boolean ofItself = false;
    if ((flags & Frame.PRIORITIZED) != 0) {
      sized(in.readableBytes() >= PRIORITY_BYTES, Frame.HEADERS, in.readableBytes());
      ofItself = (in.readInt() & Integer.MAX_VALUE) == streamId;
      in.skipBytes(1);
    }
    boolean end = (flags & Frame.END_STREAM) != 0;
    if ((flags & Frame.END_HEADERS) != 0) {
      sink.fields(streamId, in, end, ofItself);
      return;
    }
    blockStream = streamId;
    blockEnds = end;
    blockOfItself = ofItself;
    piece(in, false);
  }

  private void piece(ByteBuf in, boolean last) throws FrameException {
    ByteBuf pieces = block;
    if (pieces == null) {
      pieces = in.alloc().buffer(2 * in.readableBytes());
      block = pieces;
    } else if (in.readableBytes() < SMALL_PIECE && ++smallPieces > SMALL_PIECES) {
      throw FrameException.connection(
          Http2Error.ENHANCE_YOUR_CALM, "Number of small consecutive continuations frames");
    }
    if (pieces.readableBytes() + in.readableBytes() > blockLimit) {
      throw broken("Header size exceeded max allowed size (" + blockLimit + ")");
    }
    pieces.writeBytes(in);
    if (last) {
      int streamId = blockStream;
      try {
        sink.fields(streamId, pieces, blockEnds, blockOfItself);
      } finally {
        forgetBlock();
      }
    }
  }

  private void forgetBlock() {
    ByteBuf pieces = block;
    block = null;
    blockStream = 0;
    smallPieces = 0;
    if (pieces != null) {
      pieces.release();
    }
  }

  private void priority(ByteBuf in, int streamId, int length) throws FrameException {
    if (length != PRIORITY_BYTES) {
      throw FrameException.stream(
          streamId, Http2Error.FRAME_SIZE_ERROR, "a PRIORITY with " + length + " bytes");
    }
    sink.priority(streamId);
    if ((in.readInt() & Integer.MAX_VALUE) == streamId) {
      throw FrameException.stream(
          streamId, Http2Error.PROTOCOL_ERROR, "A stream cannot depend on itself.");
    }
  }

  private void settings(ByteBuf in, int flags, int streamId, int length) throws FrameException {
    ofConnection(streamId, Frame.SETTINGS);
    if ((flags & Frame.ACK) != 0) {
      sized(length == 0, Frame.SETTINGS, length);
      sink.settingsAcknowledged();
      return;
    }
    sized(length % 6 == 0, Frame.SETTINGS, length);
    while (in.isReadable()) {
      sink.setting(in.readUnsignedShort(), in.readUnsignedInt());
    }
    sink.settingsEnd();
  }

  private void windowUpdate(ByteBuf in, int streamId, int length) throws FrameException {
    sized(length == 4, Frame.WINDOW_UPDATE, length);
    int increment = in.readInt() & Integer.MAX_VALUE;
    if (increment == 0) {
      String detail = "a WINDOW_UPDATE of 0";
      throw streamId == 0
          ? broken(detail)
          : FrameException.stream(streamId, Http2Error.PROTOCOL_ERROR, detail);
    }
    sink.windowUpdate(streamId, increment);
  }
}
