package io.heddle.control.core.translate;

import com.google.protobuf.BoolValue;
import com.google.protobuf.Duration;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions.HeadersWithUnderscoresAction;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.PathWithEscapedSlashesAction;
import io.heddle.control.api.resource.ClientTrafficPolicySpec;
import io.heddle.control.api.resource.RouteTimeout;
import java.util.function.Consumer;

/** Writes what a ClientTrafficPolicy wants otherwise. */
final class ClientProtos {
  private ClientProtos() {}

  static void apply(ClientTrafficPolicySpec policy, HttpConnectionManager.Builder out) {
    ClientTrafficPolicySpec.Timeouts timeouts = policy.timeouts();
    limit(timeouts.requestReceived(), out::setRequestTimeout);
    limit(timeouts.streamIdle(), out::setStreamIdleTimeout);
    limit(timeouts.idle(), out.getCommonHttpProtocolOptionsBuilder()::setIdleTimeout);
    switch (policy.underscores()) {
      case UNSET -> {}
      case ALLOW -> underscores(out, HeadersWithUnderscoresAction.ALLOW);
      case REJECT_REQUEST -> underscores(out, HeadersWithUnderscoresAction.REJECT_REQUEST);
      case DROP_HEADER -> underscores(out, HeadersWithUnderscoresAction.DROP_HEADER);
    }
    switch (policy.escapedSlashes()) {
      case UNSET -> {}
      case KEEP_UNCHANGED ->
          out.setPathWithEscapedSlashesAction(PathWithEscapedSlashesAction.KEEP_UNCHANGED);
      case REJECT_REQUEST ->
          out.setPathWithEscapedSlashesAction(PathWithEscapedSlashesAction.REJECT_REQUEST);
      case UNESCAPE_AND_FORWARD ->
          out.setPathWithEscapedSlashesAction(PathWithEscapedSlashesAction.UNESCAPE_AND_FORWARD);
      case UNESCAPE_AND_REDIRECT ->
          out.setPathWithEscapedSlashesAction(PathWithEscapedSlashesAction.UNESCAPE_AND_REDIRECT);
    }
    if (policy.keepSlashes()) {
      out.setMergeSlashes(false);
    }
    if (policy.trustedHops() > 0) {
      out.setUseRemoteAddress(BoolValue.of(true)).setXffNumTrustedHops(policy.trustedHops());
    }
    ClientTrafficPolicySpec.Http2 http2 = policy.http2();
    number(http2.streamWindow(), out.getHttp2ProtocolOptionsBuilder()::setInitialStreamWindowSize);
    number(
        http2.connectionWindow(),
        out.getHttp2ProtocolOptionsBuilder()::setInitialConnectionWindowSize);
    number(
        http2.concurrentStreams(), out.getHttp2ProtocolOptionsBuilder()::setMaxConcurrentStreams);
  }

  private static void underscores(
      HttpConnectionManager.Builder out, HeadersWithUnderscoresAction action) {
    out.getCommonHttpProtocolOptionsBuilder().setHeadersWithUnderscoresAction(action);
  }

  /** Zero is no limit, as in Envoy. */
  static void limit(RouteTimeout timeout, Consumer<Duration> set) {
    switch (timeout) {
      case RouteTimeout.Absent _ -> {}
      case RouteTimeout.Disabled _ -> set.accept(Duration.getDefaultInstance());
      case RouteTimeout.After after -> set.accept(RouteProtos.duration(after.duration()));
    }
  }

  private static void number(int value, Consumer<UInt32Value> set) {
    if (value > 0) {
      set.accept(UInt32Value.of(value));
    }
  }
}
