package io.heddle.benchmarks.xds;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 connection with one gRPC call, as a client that does nothing else needs it: no header
 * is decoded, and the windows for what comes are so wide that they are renewed once a gibibyte.
 * Owned by its event loop.
 */
final class ProxyConnection extends ChannelInboundHandlerAdapter {
  /** Takes what the server says. */
  interface Listener {
    /** The connection is open: requests may be sent. */
    void opened(ProxyConnection connection);

    void message(ProxyConnection connection, byte[] message);

    void closed(ProxyConnection connection, String why);
  }

  private static final int RENEW_AT = 1 << 30;
  private static final int GRPC_HEAD = 5;
  private static final int LARGEST_MESSAGE = 64 << 20;

  private final String method;
  private final Listener listener;
  private @Nullable ChannelHandlerContext context;

  // The frame that is being read.
  private final byte[] head = new byte[Wire.FRAME_HEAD];
  private int headFilled;
  private int payloadLeft;
  private byte @Nullable [] control;

  // The message that is being read.
  private final byte[] prefix = new byte[GRPC_HEAD];
  private int prefixFilled;
  private byte @Nullable [] message;
  private int messageFilled;
  private int unrenewed;
  private long received;

  // What the server lets us send.
  private long connectionWindow = Wire.DEFAULT_WINDOW;
  private long streamWindow = Wire.DEFAULT_WINDOW;
  private int initialWindow = Wire.DEFAULT_WINDOW;
  private @Nullable ArrayDeque<ByteBuf> blocked;
  private boolean wrote;
  private boolean ended;

  ProxyConnection(String method, Listener listener) {
    this.method = method;
    this.listener = listener;
  }

  /** Bytes that came, with the frames round them. */
  long received() {
    return received;
  }

  private ChannelHandlerContext context() {
    ChannelHandlerContext known = context;
    if (known == null) {
      throw new IllegalStateException("not open");
    }
    return known;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    context = ctx;
    ByteBuf out = ctx.alloc().buffer(256);
    Wire.open(out, method);
    write(ctx, out);
    wrote = true;
    listener.opened(this);
    flush();
  }

  /** Sends a message; it goes out with the end of what is being read, or with {@link #flush}. */
  void send(byte[] bytes) {
    ChannelHandlerContext ctx = context();
    ByteBuf framed = ctx.alloc().buffer(GRPC_HEAD + bytes.length);
    framed.writeByte(0).writeInt(bytes.length).writeBytes(bytes);
    if (blocked == null) {
      blocked = new ArrayDeque<>(2);
    }
    blocked.add(framed);
    sendBlocked(ctx);
  }

  private void sendBlocked(ChannelHandlerContext ctx) {
    ArrayDeque<ByteBuf> queue = blocked;
    while (queue != null) {
      ByteBuf next = queue.peek();
      if (next == null) {
        blocked = null;
        return;
      }
      int size =
          (int)
              Math.min(
                  Math.min(next.readableBytes(), Wire.LARGEST_FRAME),
                  Math.min(connectionWindow, streamWindow));
      if (size <= 0) {
        return;
      }
      ByteBuf frame = ctx.alloc().buffer(Wire.FRAME_HEAD + size);
      Wire.frame(frame, size, Wire.DATA, 0, 1);
      frame.writeBytes(next, size);
      write(ctx, frame);
      wrote = true;
      connectionWindow -= size;
      streamWindow -= size;
      if (!next.isReadable()) {
        queue.remove();
        next.release();
      }
    }
  }

  /** A failed write ends the connection, and that is told. */
  private static void write(ChannelHandlerContext ctx, ByteBuf bytes) {
    var _ = ctx.write(bytes);
  }

  void flush() {
    if (wrote) {
      wrote = false;
      context().flush();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object read) {
    ByteBuf in = (ByteBuf) read;
    try {
      received += in.readableBytes();
      while (in.isReadable()) {
        if (headFilled < head.length) {
          headFilled += take(in, head, headFilled, head.length - headFilled);
          if (headFilled == head.length) {
            payloadLeft = (head[0] & 0xff) << 16 | (head[1] & 0xff) << 8 | (head[2] & 0xff);
            control = head[3] == Wire.DATA ? null : new byte[payloadLeft];
            if (payloadLeft == 0) {
              frameEnds();
            }
          }
        } else if (control != null) {
          payloadLeft -= take(in, control, control.length - payloadLeft, payloadLeft);
          if (payloadLeft == 0) {
            frameEnds();
          }
        } else {
          int before = in.readableBytes();
          data(in);
          payloadLeft -= before - in.readableBytes();
          if (payloadLeft == 0) {
            frameEnds();
          }
        }
      }
    } finally {
      in.release();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    flush();
  }

  private static int take(ByteBuf in, byte[] target, int at, int most) {
    int count = Math.min(most, in.readableBytes());
    in.readBytes(target, at, count);
    return count;
  }

  /** Reads at most the rest of the frame, and at most to the end of a message. */
  private void data(ByteBuf in) {
    int most = Math.min(payloadLeft, in.readableBytes());
    if (message == null) {
      int count = Math.min(most, GRPC_HEAD - prefixFilled);
      in.readBytes(prefix, prefixFilled, count);
      prefixFilled += count;
      if (prefixFilled == GRPC_HEAD) {
        int size =
            prefix[1] << 24
                | (prefix[2] & 0xff) << 16
                | (prefix[3] & 0xff) << 8
                | (prefix[4] & 0xff);
        if (prefix[0] != 0 || size < 0 || size > LARGEST_MESSAGE) {
          throw new IllegalStateException(
              "a message of %d bytes, flag %d".formatted(size, prefix[0]));
        }
        message = new byte[size];
        messageFilled = 0;
      }
    } else {
      messageFilled +=
          take(in, message, messageFilled, Math.min(most, message.length - messageFilled));
    }
    byte[] whole = message;
    if (whole != null && messageFilled == whole.length) {
      message = null;
      prefixFilled = 0;
      listener.message(this, whole);
    }
  }

  private void frameEnds() {
    headFilled = 0;
    ChannelHandlerContext ctx = context();
    int flags = head[4];
    byte[] payload = control;
    control = null;
    switch (head[3]) {
      case Wire.DATA -> {
        unrenewed += (head[0] & 0xff) << 16 | (head[1] & 0xff) << 8 | (head[2] & 0xff);
        if (unrenewed >= RENEW_AT) {
          ByteBuf out = ctx.alloc().buffer(32);
          Wire.window(out, 0, unrenewed);
          Wire.window(out, 1, unrenewed);
          write(ctx, out);
          wrote = true;
          unrenewed = 0;
        }
        if ((flags & Wire.END_STREAM) != 0) {
          end("the server ended the stream");
        }
      }
      case Wire.HEADERS -> {
        if ((flags & Wire.END_STREAM) != 0) {
          end("the server ended the stream");
        }
      }
      case Wire.SETTINGS -> {
        if ((flags & Wire.ACK) == 0 && payload != null) {
          settings(ctx, payload);
        }
      }
      case Wire.PING -> {
        if ((flags & Wire.ACK) == 0 && payload != null) {
          ByteBuf out = ctx.alloc().buffer(Wire.FRAME_HEAD + payload.length);
          Wire.frame(out, payload.length, Wire.PING, Wire.ACK, 0);
          write(ctx, out.writeBytes(payload));
          wrote = true;
        }
      }
      case Wire.WINDOW_UPDATE -> {
        if (payload != null) {
          int increment = int32(payload, 0);
          if (head[8] == 0) {
            connectionWindow += increment;
          } else {
            streamWindow += increment;
          }
          sendBlocked(ctx);
        }
      }
      case Wire.RST_STREAM, Wire.GOAWAY -> end("the server reset the stream");
      default -> {}
    }
  }

  private void settings(ChannelHandlerContext ctx, byte[] payload) {
    for (int i = 0; i + 6 <= payload.length; i += 6) {
      if (payload[i] == 0 && payload[i + 1] == Wire.INITIAL_WINDOW_SIZE) {
        int size = int32(payload, i + 2);
        streamWindow += size - initialWindow;
        initialWindow = size;
      }
    }
    ByteBuf out = ctx.alloc().buffer(Wire.FRAME_HEAD);
    Wire.frame(out, 0, Wire.SETTINGS, Wire.ACK, 0);
    write(ctx, out);
    wrote = true;
    sendBlocked(ctx);
  }

  private static int int32(byte[] bytes, int at) {
    return bytes[at] << 24
        | (bytes[at + 1] & 0xff) << 16
        | (bytes[at + 2] & 0xff) << 8
        | (bytes[at + 3] & 0xff);
  }

  void close() {
    ended = true;
    var _ = context().close();
  }

  private void end(String why) {
    if (!ended) {
      ended = true;
      listener.closed(this, why);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    ArrayDeque<ByteBuf> queue = blocked;
    blocked = null;
    if (queue != null) {
      queue.forEach(ByteBuf::release);
    }
    end("the connection was closed");
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    end(cause.toString());
    var _ = ctx.close();
  }
}
