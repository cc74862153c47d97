package io.heddle.proxy.engine.frames;

import io.heddle.proxy.engine.loop.Worker;
import io.heddle.xds.model.Http2Options;
import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2Settings;
import org.jspecify.annotations.Nullable;

/** Makes a {@link FrameConnection} with all limits on frames set. */
public final class FrameConnectionBuilder
    extends AbstractHttp2ConnectionHandlerBuilder<FrameConnection, FrameConnectionBuilder> {
  /** As Netty's: more than these resets in so many seconds end a connection (CVE-2023-44487). */
  private static final int RESETS = 200;

  private static final int RESETS_SECONDS = 30;

  private final Worker worker;
  private final FrameConnection.Owner owner;
  private final Http2Options options;
  private final FrameStats stats;
  private @Nullable FloodGuard guard;

  private FrameConnectionBuilder(
      Worker worker, FrameConnection.Owner owner, Http2Options options, FrameStats stats) {
    this.worker = worker;
    this.owner = owner;
    this.options = options;
    this.stats = stats;
  }

  /**
   * The connection of a client.
   *
   * @param headerListBytes that a request's fields may have, as RFC 9113 counts them
   */
  public static FrameConnection server(
      Worker worker,
      FrameConnection.Owner owner,
      Http2FrameListener listener,
      Http2Options options,
      long headerListBytes,
      FrameStats stats) {
    FrameConnectionBuilder builder =
        new FrameConnectionBuilder(worker, owner, options, stats).server(true);
    return builder.common(listener, headerListBytes).build();
  }

  /** The connection to a host; arguments as of {@link #server}. */
  public static FrameConnection client(
      Worker worker,
      FrameConnection.Owner owner,
      Http2FrameListener listener,
      Http2Options options,
      long headerListBytes,
      FrameStats stats) {
    FrameConnectionBuilder builder =
        new FrameConnectionBuilder(worker, owner, options, stats).server(false);
    return builder.common(listener, headerListBytes).build();
  }

  private FrameConnectionBuilder common(Http2FrameListener listener, long headerListBytes) {
    Http2Settings settings =
        new Http2Settings()
            .headerTableSize(options.hpackTableSize())
            .initialWindowSize(options.streamWindowBytes())
            .maxHeaderListSize(headerListBytes);
    if (isServer()) {
      if (options.allowConnect()) {
        settings.connectProtocolEnabled(true);
      }
      settings.maxConcurrentStreams(options.maxConcurrentStreams());
      decoderEnforceMaxRstFramesPerWindow(RESETS, RESETS_SECONDS);
    } else {
      settings.pushEnabled(false);
    }
    FloodGuard flood = new FloodGuard(listener, worker, options, stats);
    guard = flood;
    return initialSettings(settings)
        .frameListener(flood)
        .validateHeaders(true)
        .encoderEnforceMaxQueuedControlFrames(options.maxOutboundControlFrames())
        .decoderEnforceMaxConsecutiveEmptyDataFrames(Math.max(1, options.maxEmptyFrames()))
        .gracefulShutdownTimeoutMillis(0);
  }

  @Override
  protected FrameConnection build(
      Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
    FloodGuard flood = guard;
    if (flood == null) {
      throw new IllegalStateException("no frame listener");
    }
    return new FrameConnection(decoder, encoder, settings, worker, owner, options, stats, flood);
  }
}
