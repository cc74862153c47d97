package io.heddle.proxy.api;

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
}
