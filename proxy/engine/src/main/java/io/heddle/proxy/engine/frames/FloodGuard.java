package io.heddle.proxy.engine.frames;

import io.heddle.proxy.engine.loop.Worker;
import io.heddle.xds.model.Http2Options;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;

/**
 * Ends a connection whose peer sends more PRIORITY or WINDOW_UPDATE frames than its streams and the
 * data it is sent explain, as Envoy bounds them. Owned by the connection's loop.
 */
final class FloodGuard extends Http2FrameListenerDecorator {
  /** The smallest that a peer may ask frames to be kept to (RFC 9113, 6.5.2). */
  private static final int SMALLEST_FRAME = 16_384;

  /** How its errors begin. */
  static final String WORDS = "more ";

  private final Worker worker;
  private final Http2Options options;
  private final FrameStats stats;
  private long streams;
  private long priorities;
  private long windowUpdates;
  private long dataFramesSent;

  FloodGuard(Http2FrameListener listener, Worker worker, Http2Options options, FrameStats stats) {
    super(listener);
    this.worker = worker;
    this.options = options;
    this.stats = stats;
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
      boolean endStream)
      throws Http2Exception {
    streams++;
    super.onHeadersRead(
        ctx, streamId, headers, streamDependency, weight, exclusive, padding, endStream);
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx, int streamId, Http2Headers headers, int padding, boolean end)
      throws Http2Exception {
    streams++;
    super.onHeadersRead(ctx, streamId, headers, padding, end);
  }

  @Override
  public void onPriorityRead(
      ChannelHandlerContext ctx, int streamId, int dependency, short weight, boolean exclusive)
      throws Http2Exception {
    if (++priorities > options.maxPriorityFramesPerStream() * (1 + streams)) {
      worker.stats().increment(stats.priorityFlood);
      throw Http2Exception.connectionError(
          Http2Error.ENHANCE_YOUR_CALM, WORDS + "PRIORITY frames than %d streams explain", streams);
    }
    super.onPriorityRead(ctx, streamId, dependency, weight, exclusive);
  }

  @Override
  public void onWindowUpdateRead(ChannelHandlerContext ctx, int streamId, int increment)
      throws Http2Exception {
    // As Envoy: some for each stream opened, and more for each DATA frame that was sent.
    long explained =
        5 + 2 * (1 + streams) + options.maxWindowUpdatesPerDataFrame() * dataFramesSent;
    if (++windowUpdates > explained) {
      worker.stats().increment(stats.windowUpdateFlood);
      throw Http2Exception.connectionError(
          Http2Error.ENHANCE_YOUR_CALM,
          WORDS + "WINDOW_UPDATE frames than %d DATA frames sent explain",
          dataFramesSent);
    }
    super.onWindowUpdateRead(ctx, streamId, increment);
  }

  /** This many bytes of body were handed to the encoder. */
  void dataSent(int bytes) {
    dataFramesSent += 1 + bytes / SMALLEST_FRAME;
  }
}
