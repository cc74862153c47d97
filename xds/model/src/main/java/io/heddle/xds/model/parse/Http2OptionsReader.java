package io.heddle.xds.model.parse;

import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.KeepaliveSettings;
import io.heddle.xds.model.Http2Options;
import java.time.Duration;

/** Reads the options of HTTP/2, of a listener or of a cluster. */
final class Http2OptionsReader {
  private static final int LEAST_WINDOW = 65_535;

  private Http2OptionsReader() {}

  static Http2Options read(Http2ProtocolOptions options, Path path, Findings findings) {
    Http2Options absent = Http2Options.DEFAULT;
    KeepaliveSettings keepalive = options.getConnectionKeepalive();
    Path alive = path.field("connection_keepalive");
    Duration interval =
        findings.positive(
            keepalive.hasInterval(),
            keepalive.getInterval(),
            Duration.ZERO,
            alive.field("interval"));
    Duration timeout =
        findings.positive(
            keepalive.hasTimeout(), keepalive.getTimeout(), Duration.ZERO, alive.field("timeout"));
    if (options.hasConnectionKeepalive() && timeout.isZero()) {
      findings.error(alive.field("timeout"), "nothing", "a duration above zero");
    }
    return new Http2Options(
        findings.bounded(
            options.hasHpackTableSize(),
            options.getHpackTableSize().getValue(),
            absent.hpackTableSize(),
            0,
            Integer.MAX_VALUE,
            path.field("hpack_table_size")),
        findings.bounded(
            options.hasMaxConcurrentStreams(),
            options.getMaxConcurrentStreams().getValue(),
            (int) absent.maxConcurrentStreams(),
            1,
            Integer.MAX_VALUE,
            path.field("max_concurrent_streams")),
        findings.bounded(
            options.hasInitialStreamWindowSize(),
            options.getInitialStreamWindowSize().getValue(),
            absent.streamWindowBytes(),
            LEAST_WINDOW,
            Integer.MAX_VALUE,
            path.field("initial_stream_window_size")),
        findings.bounded(
            options.hasInitialConnectionWindowSize(),
            options.getInitialConnectionWindowSize().getValue(),
            absent.connectionWindowBytes(),
            LEAST_WINDOW,
            Integer.MAX_VALUE,
            path.field("initial_connection_window_size")),
        findings.bounded(
            options.hasMaxOutboundControlFrames(),
            options.getMaxOutboundControlFrames().getValue(),
            absent.maxOutboundControlFrames(),
            1,
            Integer.MAX_VALUE,
            path.field("max_outbound_control_frames")),
        findings.bounded(
            options.hasMaxConsecutiveInboundFramesWithEmptyPayload(),
            options.getMaxConsecutiveInboundFramesWithEmptyPayload().getValue(),
            absent.maxEmptyFrames(),
            0,
            Integer.MAX_VALUE,
            path.field("max_consecutive_inbound_frames_with_empty_payload")),
        findings.bounded(
            options.hasMaxInboundPriorityFramesPerStream(),
            options.getMaxInboundPriorityFramesPerStream().getValue(),
            absent.maxPriorityFramesPerStream(),
            0,
            Integer.MAX_VALUE,
            path.field("max_inbound_priority_frames_per_stream")),
        findings.bounded(
            options.hasMaxInboundWindowUpdateFramesPerDataFrameSent(),
            options.getMaxInboundWindowUpdateFramesPerDataFrameSent().getValue(),
            absent.maxWindowUpdatesPerDataFrame(),
            1,
            Integer.MAX_VALUE,
            path.field("max_inbound_window_update_frames_per_data_frame_sent")),
        interval,
        timeout,
        options.getAllowConnect(),
        options.hasOverrideStreamErrorOnInvalidHttpMessage()
            && !options.getOverrideStreamErrorOnInvalidHttpMessage().getValue());
  }
}
