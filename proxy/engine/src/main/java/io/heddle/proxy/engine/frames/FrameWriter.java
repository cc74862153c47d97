package io.heddle.proxy.engine.frames;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.handler.codec.http2.Http2Error;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Writes frames into one buffer a turn. A long body goes by reference behind what the buffer has so
 * far. Whatever is written leaves in its order at the flush. Owned by the connection's loop.
 */
// The channel's handler learns of failures.
@SuppressWarnings("FutureReturnValueIgnored")
final class FrameWriter {
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);

  /** A body up to here costs less to copy than to be a buffer by itself down to the socket. */
  private static final int COPIED = 4_096;

  private static final int SMALLEST_BUFFER = 512;
  private static final int LARGEST_BUFFER = 32_768;

  private final FieldEncoder encoder;
  private @Nullable ChannelHandlerContext context;
  private @Nullable ByteBuf out;
  private int usual = SMALLEST_BUFFER;
  private boolean handedOn;
  private long bytes;
  private long told;
  private long room = -1;
  private int control;
  private boolean freed;

  FrameWriter(FieldEncoder encoder) {
    this.encoder = encoder;
  }

  /** Writes to where this handler writes. */
  void begin(ChannelHandlerContext to) {
    context = to;
  }

  private ChannelHandlerContext ctx() {
    ChannelHandlerContext there = context;
    if (there == null) {
      throw new IllegalStateException("not in a pipeline");
    }
    return there;
  }

  private ByteBuf to(int more) {
    ByteBuf there = out;
    if (there != null && there.readableBytes() + more > LARGEST_BUFFER) {
      handOn();
      there = null;
    }
    if (there == null) {
      there = ctx().alloc().buffer(Math.max(usual, more));
      out = there;
    }
    return there;
  }

  private ByteBuf frame(int length, byte type, int flags, int streamId) {
    ByteBuf to = to(Frame.HEAD + length);
    head(to, length, type, flags, streamId);
    bytes += Frame.HEAD + length;
    return to;
  }

  private static void head(ByteBuf to, int length, byte type, int flags, int streamId) {
    to.writeLong((long) length << 40 | (long) type << 32 | (long) flags << 24 | streamId >>> 8);
    to.writeByte(streamId);
  }

  // --- frames ---

  void preface() {
    to(PREFACE.length).writeBytes(PREFACE);
    bytes += PREFACE.length;
  }

  /** SETTINGS: number and value in turn. */
  void settings(long... values) {
    ByteBuf to = frame(values.length * 3, Frame.SETTINGS, 0, 0);
    for (int i = 0; i < values.length; i += 2) {
      to.writeShort((int) values[i]).writeInt((int) values[i + 1]);
    }
  }

  void settingsAcknowledged() {
    frame(0, Frame.SETTINGS, Frame.ACK, 0);
    control++;
  }

  void ping(boolean answer, long data) {
    frame(8, Frame.PING, answer ? Frame.ACK : 0, 0).writeLong(data);
    control += answer ? 1 : 0;
  }

  void windowUpdate(int streamId, int increment) {
    frame(4, Frame.WINDOW_UPDATE, 0, streamId).writeInt(increment);
  }

  void reset(int streamId, Http2Error error) {
    frame(4, Frame.RST_STREAM, 0, streamId).writeInt((int) error.code());
    control++;
  }

  void goAway(int last, Http2Error error, String detail) {
    int length = Math.min(ByteBufUtil.utf8Bytes(detail), Frame.LONGEST - 8);
    byte[] words = detail.getBytes(StandardCharsets.UTF_8);
    frame(8 + length, Frame.GOAWAY, 0, 0)
        .writeInt(last)
        .writeInt((int) error.code())
        .writeBytes(words, 0, length);
  }

  /** A list of fields; how many bytes it is. */
  int fields(int streamId, FieldList fields, boolean end) {
    ByteBuf to = to(SMALLEST_BUFFER);
    int at = to.writerIndex();
    to.writeZero(Frame.HEAD);
    encoder.encode(fields, to);
    int behind = to.writerIndex();
    int length = behind - at - Frame.HEAD;
    int flags = end ? Frame.END_STREAM : 0;
    if (length <= Frame.LONGEST) {
      to.writerIndex(at);
      head(to, length, Frame.HEADERS, flags | Frame.END_HEADERS, streamId);
      to.writerIndex(behind);
    } else {
      pieces(to, at, length, flags, streamId);
    }
    int written = to.writerIndex() - at;
    bytes += written;
    return written;
  }

  private static void pieces(ByteBuf to, int at, int length, int flags, int streamId) {
    ByteBuf block = to.copy(at + Frame.HEAD, length);
    to.writerIndex(at);
    try {
      byte type = Frame.HEADERS;
      int kind = flags;
      while (block.isReadable()) {
        int n = Math.min(block.readableBytes(), Frame.LONGEST);
        head(to, n, type, kind | (n == block.readableBytes() ? Frame.END_HEADERS : 0), streamId);
        to.writeBytes(block, n);
        type = Frame.CONTINUATION;
        kind = 0;
      }
    } finally {
      block.release();
    }
  }

  /** A piece of a body in one frame. Takes ownership. */
  void data(int streamId, ByteBuf data, boolean end) {
    int length = data.readableBytes();
    int flags = end ? Frame.END_STREAM : 0;
    if (length <= COPIED) {
      frame(length, Frame.DATA, flags, streamId).writeBytes(data);
      data.release();
    } else {
      head(to(Frame.HEAD), length, Frame.DATA, flags, streamId);
      bytes += Frame.HEAD + length;
      handOn();
      handedOn = true;
      ctx().write(data, ctx().voidPromise());
    }
    room = room() - Frame.HEAD - length;
  }

  // --- the flush ---

  /** How many more bytes of bodies the socket's buffer shall be given in this turn. */
  long room() {
    if (room < 0) {
      room = ctx().channel().bytesBeforeUnwritable();
    }
    return Math.max(0, room);
  }

  /** Frames that answer the peer's and have not left, as far as is known. */
  int control() {
    return control;
  }

  private void handOn() {
    ByteBuf there = out;
    if (there != null) {
      out = null;
      usual =
          Math.clamp(
              Integer.highestOneBit(there.readableBytes()) << 1, SMALLEST_BUFFER, LARGEST_BUFFER);
      handedOn = true;
      ctx().write(there, ctx().voidPromise());
    }
  }

  /** Lets everything leave that was written. */
  void flush() {
    handOn();
    if (handedOn) {
      handedOn = false;
      ctx().flush();
    }
    room = -1;
    ChannelOutboundBuffer waiting = ctx().channel().unsafe().outboundBuffer();
    if (waiting == null || waiting.isEmpty()) {
      control = 0;
    }
  }

  /** Bytes since the last time. */
  long take() {
    long more = bytes - told;
    told = bytes;
    return more;
  }

  /** Writes nothing more. */
  void free() {
    if (!freed) {
      freed = true;
      ByteBuf there = out;
      out = null;
      if (there != null) {
        there.release();
      }
    }
  }
}
