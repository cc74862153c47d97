package io.heddle.xds.model;

import java.time.Duration;

/**
 * How HTTP/2 is spoken with a peer ({@code envoy.config.core.v3.Http2ProtocolOptions}).
 *
 * @param hpackTableSize bytes of the table of what the peer may refer to; 4096 by default
 * @param maxConcurrentStreams that the peer may have open; of an upstream, that we open at most.
 *     1024 by default
 * @param streamWindowBytes that a stream may send before it is told to go on; 16 MiB by default
 * @param connectionWindowBytes the same for all streams together; 24 MiB by default
 * @param maxOutboundControlFrames that may wait for a peer that does not read; 1000 by default
 * @param maxEmptyFrames without payload and in a row; 1 by default
 * @param maxPriorityFramesPerStream 100 by default
 * @param maxWindowUpdatesPerDataFrame for each DATA frame sent; 10 by default
 * @param keepAliveInterval between PINGs; zero sends none
 * @param keepAliveTimeout how long a PING may go unanswered
 * @param allowConnect whether a client may ask for another protocol with an extended CONNECT (RFC
 *     8441)
 * @param malformedEndsConnection whether a malformed message ends the whole connection, and not its
 *     stream alone (RFC 9113, 8.1.1 leaves both); only where the configuration says so
 */
public record Http2Options(
    int hpackTableSize,
    long maxConcurrentStreams,
    int streamWindowBytes,
    int connectionWindowBytes,
    int maxOutboundControlFrames,
    int maxEmptyFrames,
    int maxPriorityFramesPerStream,
    int maxWindowUpdatesPerDataFrame,
    Duration keepAliveInterval,
    Duration keepAliveTimeout,
    boolean allowConnect,
    boolean malformedEndsConnection) {

  /** Envoy's defaults. */
  public static final Http2Options DEFAULT =
      new Http2Options(
          4096,
          1024,
          16 << 20,
          24 << 20,
          1000,
          1,
          100,
          10,
          Duration.ZERO,
          Duration.ZERO,
          false,
          false);
}
