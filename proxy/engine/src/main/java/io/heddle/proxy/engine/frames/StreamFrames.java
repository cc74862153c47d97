package io.heddle.proxy.engine.frames;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Knows whose each stream of a connection is, and gives frames to them. Owned by the connection's
 * loop.
 *
 * @param <S> what the owner of the connection has for a stream
 */
public final class StreamFrames<S> extends Http2FrameAdapter {
  /** Who makes something of frames and streams. */
  public interface Owner<S> {
    /** A list of fields has come, on a stream that is nobody's yet where {@code of} is null. */
    void headers(Http2Stream stream, @Nullable S of, Http2Headers headers, boolean end);

    /** A piece of a body has come; returns for how much of it credit is due now. */
    int data(S of, ByteBuf data, boolean end);

    /** The peer has reset a stream, which closes next. */
    void reset(@Nullable S of, long errorCode);

    /** A frame that is neither fields nor body has come on a stream; so many bytes. */
    default void control(S of, int bytes) {}

    /** The peer has said what holds for the connection. */
    default void settings(Http2Settings settings) {}

    /** The peer takes bytes of a stream again, or has stopped to. */
    void writabilityChanged(S of);

    /** A stream is no more, and was the owner's until now. */
    void closed(Http2Stream stream, S of);
  }

  private final Owner<S> owner;
  private @Nullable FrameConnection frames;
  private Http2Connection.@Nullable PropertyKey key;

  /** For this owner. */
  public StreamFrames(Owner<S> owner) {
    this.owner = owner;
  }

  /** Begins, before the first frame. */
  public void begin(FrameConnection of) {
    Http2Connection connection = of.connection();
    frames = of;
    key = connection.newKey();
    connection.addListener(
        new Http2ConnectionAdapter() {
          @Override
          public void onStreamClosed(Http2Stream stream) {
            S closed = stream.removeProperty(key());
            if (closed != null) {
              owner.closed(stream, closed);
            }
          }
        });
    of.encoder()
        .flowController()
        .listener(stream -> {
          S changed = stream.getProperty(key());
          if (changed != null) {
            owner.writabilityChanged(changed);
          }
        });
  }

  private Http2Connection.PropertyKey key() {
    Http2Connection.PropertyKey known = key;
    if (known == null) {
      throw new IllegalStateException("not begun");
    }
    return known;
  }

  private Http2Connection connection() {
    FrameConnection of = frames;
    if (of == null) {
      throw new IllegalStateException("not begun");
    }
    return of.connection();
  }

  /** Says whose a stream is. */
  public void put(Http2Stream stream, S of) {
    stream.setProperty(key(), of);
  }

  /** Whose it is; null where it is nobody's, or over. */
  public @Nullable S of(int streamId) {
    Http2Stream stream = connection().stream(streamId);
    return stream == null ? null : stream.getProperty(key());
  }

  /** Shows all that are somebody's. */
  public void forEach(Consumer<S> to) {
    try {
      connection()
          .forEachActiveStream(stream -> {
            S of = stream.getProperty(key());
            if (of != null) {
              to.accept(of);
            }
            return true;
          });
    } catch (Http2Exception e) {
      throw new IllegalStateException("a visitor that throws nothing", e);
    }
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx,
      int streamId,
      Http2Headers headers,
      int streamDependency,
      short weight,
      boolean exclusive,
      int padding,
      boolean endStream) {
    onHeadersRead(ctx, streamId, headers, padding, endStream);
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx, int streamId, Http2Headers headers, int padding, boolean end) {
    Http2Stream stream = connection().stream(streamId);
    if (stream != null) {
      owner.headers(stream, stream.getProperty(key()), headers, end);
    }
  }

  @Override
  public int onDataRead(
      ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean endOfStream) {
    S of = of(streamId);
    return padding + (of == null ? data.readableBytes() : owner.data(of, data, endOfStream));
  }

  @Override
  public void onRstStreamRead(ChannelHandlerContext ctx, int streamId, long errorCode) {
    control(streamId);
    owner.reset(of(streamId), errorCode);
  }

  @Override
  public void onWindowUpdateRead(ChannelHandlerContext ctx, int streamId, int increment) {
    control(streamId);
  }

  private void control(int streamId) {
    S of = of(streamId);
    FrameConnection from = frames;
    if (of != null && from != null) {
      owner.control(of, from.frameBytes());
    }
  }

  @Override
  public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) {
    owner.settings(settings);
  }

  @Override
  public void onPingAckRead(ChannelHandlerContext ctx, long data) {
    FrameConnection of = frames;
    if (of != null) {
      of.pong();
    }
  }
}
