package io.heddle.proxy.engine.frames;

import io.heddle.proxy.engine.loop.Worker;
import io.heddle.xds.model.Http2Options;
import io.netty.handler.codec.http2.Http2Error;
import java.util.concurrent.TimeUnit;

/**
 * Ends a connection whose peer sends more frames than its streams and the data it is sent explain,
 * as Envoy bounds them. Owned by the connection's loop.
 */
final class FloodGuard {
  /** The smallest that a peer may ask frames to be kept to (RFC 9113, 6.5.2). */
  private static final int SMALLEST_FRAME = 16_384;

  /** More than these resets of a client's in so long end its connection (CVE-2023-44487). */
  private static final int RESETS = 200;

  private static final long RESETS_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final Worker worker;
  private final Http2Options options;
  private final FrameStats stats;
  private final boolean server;
  private final Resets received = new Resets();
  private final Resets provoked = new Resets();
  private long streams;
  private long priorities;
  private long windowUpdates;
  private long dataFramesSent;
  private int emptyFrames;

  FloodGuard(Worker worker, Http2Options options, FrameStats stats, boolean server) {
    this.worker = worker;
    this.options = options;
    this.stats = stats;
    this.server = server;
  }

  private static FrameException calm(String detail) {
    return FrameException.connection(Http2Error.ENHANCE_YOUR_CALM, detail);
  }

  /** A list of fields has come. */
  void fields() {
    streams++;
    emptyFrames = 0;
  }

  /** A piece of a body has come. */
  void data(int length, boolean end) throws FrameException {
    if (length > 0 || end) {
      emptyFrames = 0;
    } else if (emptyFrames++ == Math.max(1, options.maxEmptyFrames())) {
      worker.stats().increment(stats.emptyFramesFlood);
      throw calm(
          "Maximum number "
              + Math.max(1, options.maxEmptyFrames())
              + " of empty data frames without end_of_stream flag received");
    }
  }

  void priority() throws FrameException {
    if (++priorities > options.maxPriorityFramesPerStream() * (1 + streams)) {
      worker.stats().increment(stats.priorityFlood);
      throw calm("more PRIORITY frames than " + streams + " streams explain");
    }
  }

  void windowUpdate() throws FrameException {
    // As Envoy: some for each stream opened, and more for each DATA frame that was sent.
    long explained =
        5 + 2 * (1 + streams) + options.maxWindowUpdatesPerDataFrame() * dataFramesSent;
    if (++windowUpdates > explained) {
      worker.stats().increment(stats.windowUpdateFlood);
      throw calm("more WINDOW_UPDATE frames than " + dataFramesSent + " DATA frames sent explain");
    }
  }

  /** This many bytes of body are sent. */
  void dataSent(int bytes) {
    dataFramesSent += 1 + bytes / SMALLEST_FRAME;
  }

  /** The peer has reset a stream. */
  void reset() throws FrameException {
    if (server) {
      received.one("received");
    }
  }

  /** The peer has made us reset a stream. */
  void provoked() throws FrameException {
    if (server) {
      provoked.one("sent");
    }
  }

  /** So many frames that answer the peer's wait for it to read. */
  void waiting(int frames) throws FrameException {
    if (frames > options.maxOutboundControlFrames()) {
      worker.stats().increment(stats.controlFlood);
      throw calm(
          "Maximum number "
              + options.maxOutboundControlFrames()
              + " of outstanding control frames reached");
    }
  }

  private final class Resets {
    private long since;
    private int count;

    void one(String how) throws FrameException {
      long now = worker.turnNanos();
      if (count == 0 || now - since >= RESETS_NANOS) {
        since = now;
        count = 0;
      }
      if (++count > RESETS) {
        worker.stats().increment(stats.controlFlood);
        throw calm("Maximum number " + RESETS + " of RST frames " + how + " within 30 seconds");
      }
    }
  }
}
