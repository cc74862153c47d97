package io.heddle.proxy.api;

import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.Set;

/**
 * What is known of an exchange; final when {@link HttpFilter#onComplete} sees it. Durations in
 * nanoseconds.
 */
public interface StreamInfo {
  /** When the request's head was complete, nanoseconds since the epoch. */
  long startEpochNanos();

  /** Until the last byte of the response left, or until now. */
  long durationNanos();

  /** Bytes of request body received. */
  long bytesReceived();

  /** Bytes of response body sent. */
  long bytesSent();

  /** The response's status; 0 before there is one, or when there was none. */
  int responseCode();

  /** Why the response is what it is; {@code via_upstream} when it came from there. */
  Optional<String> responseCodeDetails();

  /** Response flags set so far. */
  Set<ResponseFlag> flags();

  /** Attempts at the upstream, first included. */
  int attempts();

  /** {@code address:port} of the upstream host of the last attempt. */
  Optional<String> upstreamHost();

  /** Cluster of the last attempt. */
  Optional<String> upstreamCluster();

  /** {@code HTTP/1.1}, {@code HTTP/1.0} or {@code HTTP/2}. */
  String protocol();

  /**
   * The kind of entry that an access logger is asked to write, as {@code
   * envoy.data.accesslog.v3.AccessLogType} names it: {@code DownstreamEnd} at the end, others
   * before it where {@code access_log_options} say so.
   */
  default String logType() {
    return "DownstreamEnd";
  }

  /** When what happened. */
  default Times times() {
    return Times.UNKNOWN;
  }

  /** Bytes on the client's connection. */
  default WireBytes downstreamBytes() {
    return WireBytes.NONE;
  }

  /** Bytes on the connections to hosts, of all attempts together. */
  default WireBytes upstreamBytes() {
    return WireBytes.NONE;
  }

  /** Our end of the upstream connection. */
  default Optional<InetSocketAddress> upstreamLocalAddress() {
    return Optional.empty();
  }

  /** What the transport said of an upstream connection that failed. */
  default Optional<String> upstreamFailure() {
    return Optional.empty();
  }

  /** Whether a filter called the exchange a health check. */
  default boolean healthCheck() {
    return false;
  }

  /**
   * Bytes of one stream as they are on the wire before encryption.
   *
   * @param received all that came: start lines, fields, framing and bodies
   * @param sent all that was given to the connection
   * @param headReceived of {@code received}, the fields of heads and trailers
   * @param headSent of {@code sent}, the fields of heads and trailers
   */
  record WireBytes(long received, long sent, long headReceived, long headSent) {
    /** Nothing was counted. */
    public static final WireBytes NONE = new WireBytes(0, 0, 0, 0);
  }

  /**
   * Moments in nanoseconds from the start; -1 where one has not come.
   *
   * @param requestEnd last byte of the request received
   * @param upstreamBegin first byte sent to the upstream
   * @param upstreamEnd last byte sent to the upstream
   * @param responseBegin first byte of the upstream's response received
   * @param responseEnd last byte of the upstream's response received
   * @param sendBegin first byte of the response sent to the client
   * @param sendEnd last byte of the response sent to the client
   */
  record Times(
      long requestEnd,
      long upstreamBegin,
      long upstreamEnd,
      long responseBegin,
      long responseEnd,
      long sendBegin,
      long sendEnd) {
    /** Nothing is known. */
    public static final Times UNKNOWN = new Times(-1, -1, -1, -1, -1, -1, -1);
  }
}
