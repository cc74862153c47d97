package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.ResetReason;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.engine.cluster.UpstreamStream.PoolFailure;
import io.heddle.proxy.engine.cluster.UpstreamStream.UpstreamReset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What clients are told in the place of an upstream's response, in Envoy's words. */
final class UpstreamReplies {
  private static final HeaderName OVERLOADED = HeaderName.of("x-envoy-overloaded");
  private static final HeaderName RETRY_AFTER = HeaderName.of("retry-after");
  private static final HeaderName DROPS = HeaderName.of("x-envoy-drop-overload");
  private static final HeaderName DROPS_ALL = HeaderName.of("x-envoy-unconditional-drop-overload");
  private static final String RESET =
      "upstream connect error or disconnect/reset before headers. reset reason: ";
  private static final String REPEATED =
      "upstream connect error or disconnect/reset before headers. retried and the latest reset"
          + " reason: ";
  private static final int LONGEST_REASON = 640;

  private UpstreamReplies() {}

  static LocalReply noRoute(boolean routesKnown) {
    return of(
        404,
        routesKnown ? "route_not_found" : "route_configuration_not_found",
        ResponseFlag.NO_ROUTE_FOUND,
        "");
  }

  static LocalReply noCluster(int status) {
    return of(status, "cluster_not_found", ResponseFlag.NO_CLUSTER_FOUND, "");
  }

  static LocalReply noHealthyHost() {
    return of(503, "no_healthy_upstream", ResponseFlag.NO_HEALTHY_UPSTREAM, "no healthy upstream");
  }

  /** The control plane wants fewer requests to reach the cluster, or none. */
  static LocalReply dropOverload(boolean all, boolean suppressHeaders) {
    return new LocalReply(
        503,
        all ? "unconditional_drop_overload" : "drop_overload",
        List.of(all ? ResponseFlag.UNCONDITIONAL_DROP_OVERLOAD : ResponseFlag.DROP_OVERLOAD),
        suppressHeaders ? Map.of() : Map.of(all ? DROPS_ALL : DROPS, "true"),
        all ? "unconditional drop overload" : "drop overload");
  }

  static LocalReply overflow(boolean suppressHeaders) {
    return new LocalReply(
        503,
        detail("overflow"),
        List.of(ResponseFlag.UPSTREAM_OVERFLOW),
        suppressHeaders ? Map.of() : Map.of(OVERLOADED, "true"),
        RESET + "overflow");
  }

  /** For an attempt that has had no connection. */
  static LocalReply of(PoolFailure failure, String detail, boolean suppressHeaders) {
    return switch (failure) {
      case OVERFLOW -> overflow(suppressHeaders);
      case WAITED_TOO_LONG -> waitedTooLong(suppressHeaders);
      case CONNECT_TIMEOUT -> connectTimeout();
      case CONNECT_FAILED -> connectFailed(detail);
    };
  }

  /** What the filters of an attempt hear that ended so. */
  static ResetReason why(UpstreamReset reset) {
    return reset.protocolError() ? ResetReason.UPSTREAM_PROTOCOL_ERROR : ResetReason.UPSTREAM_GONE;
  }

  /** It has waited for a connection as long as requests may there. */
  static LocalReply waitedTooLong(boolean suppressHeaders) {
    Map<HeaderName, String> headers = new LinkedHashMap<>();
    headers.put(RETRY_AFTER, "1");
    if (!suppressHeaders) {
      headers.put(OVERLOADED, "true");
    }
    return new LocalReply(
        503,
        detail("pending time limit"),
        List.of(ResponseFlag.UPSTREAM_OVERFLOW),
        headers,
        RESET + "overflow");
  }

  static LocalReply connectFailed(String reason) {
    return of(
        503,
        detail(
            reason.isEmpty() ? "remote_connection_failure" : "remote_connection_failure|" + reason),
        ResponseFlag.UPSTREAM_CONNECTION_FAILURE,
        RESET + "remote connection failure");
  }

  /** The connection's protocol has no way to offer another one. */
  static LocalReply upgradeUnsupported() {
    return of(
        503,
        detail("upgrade_unsupported"),
        ResponseFlag.UPSTREAM_CONNECTION_FAILURE,
        RESET + "upgrade unsupported");
  }

  static LocalReply connectTimeout() {
    return of(
        503,
        detail("connection timeout"),
        ResponseFlag.UPSTREAM_CONNECTION_FAILURE,
        RESET + "connection timeout");
  }

  /** What the client reads where it was not the first attempt that failed like this. */
  static LocalReply repeated(LocalReply reply) {
    return reply.body().startsWith(RESET)
        ? new LocalReply(
            reply.status(),
            reply.detail(),
            reply.flags(),
            reply.headers(),
            REPEATED + reply.body().substring(RESET.length()))
        : reply;
  }

  /** For an attempt that ended before its response began. */
  static LocalReply of(UpstreamReset reset) {
    if (reset.protocolError()) {
      return protocolError();
    }
    return reset.byHost() ? reset() : terminated();
  }

  /** The flag of a response that ended before its time. */
  static ResponseFlag cutOff(UpstreamReset reset) {
    if (reset.protocolError()) {
      return ResponseFlag.UPSTREAM_PROTOCOL_ERROR;
    }
    return reset.byHost()
        ? ResponseFlag.UPSTREAM_REMOTE_RESET
        : ResponseFlag.UPSTREAM_CONNECTION_TERMINATION;
  }

  /** The same in words. */
  static String cutOffDetail(UpstreamReset reset) {
    return switch (cutOff(reset)) {
      case UPSTREAM_PROTOCOL_ERROR -> "upstream_reset_after_response_started{protocol_error}";
      case UPSTREAM_REMOTE_RESET -> "upstream_reset_after_response_started{remote_reset}";
      default -> "upstream_reset_after_response_started{connection_termination}";
    };
  }

  private static LocalReply terminated() {
    return of(
        503,
        detail("connection termination"),
        ResponseFlag.UPSTREAM_CONNECTION_TERMINATION,
        RESET + "connection termination");
  }

  private static LocalReply reset() {
    return of(
        503, detail("remote reset"), ResponseFlag.UPSTREAM_REMOTE_RESET, RESET + "remote reset");
  }

  private static LocalReply protocolError() {
    return of(
        502,
        detail("protocol error"),
        ResponseFlag.UPSTREAM_PROTOCOL_ERROR,
        RESET + "protocol error");
  }

  static LocalReply timeout() {
    return of(
        504, "response_timeout", ResponseFlag.UPSTREAM_REQUEST_TIMEOUT, "upstream request timeout");
  }

  static LocalReply perTryTimeout() {
    return of(
        504,
        "upstream_per_try_timeout",
        ResponseFlag.UPSTREAM_REQUEST_TIMEOUT,
        "upstream request timeout");
  }

  static LocalReply perTryIdleTimeout() {
    return of(
        504,
        "upstream_per_try_idle_timeout",
        ResponseFlag.UPSTREAM_REQUEST_TIMEOUT,
        "upstream request timeout");
  }

  /** More of the request came, while another attempt was waited for, than is kept for one. */
  static LocalReply tooLongToRepeat() {
    return LocalReply.of(
        507,
        "request_payload_exceeded_retry_buffer_limit",
        "exceeded request buffer limit while retrying upstream");
  }

  private static LocalReply of(int status, String detail, ResponseFlag flag, String body) {
    return new LocalReply(status, detail, List.of(flag), Map.of(), body);
  }

  private static String detail(String reason) {
    String words = reason.replace(' ', '_');
    String cut = words.length() > LONGEST_REASON ? words.substring(0, LONGEST_REASON) : words;
    return "upstream_reset_before_response_started{" + cut + "}";
  }
}
