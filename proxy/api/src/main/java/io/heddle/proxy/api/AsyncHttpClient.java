package io.heddle.proxy.api;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Calls services through the proxy's own clusters: same pools, balancing and breakers as traffic.
 * Belongs to an event loop; callbacks come on the same one.
 */
public interface AsyncHttpClient {
  /** Sends a whole request and gathers the whole response. */
  Call send(Request request, ResponseHandler handler);

  /**
   * A request.
   *
   * @param cluster name of a cluster of this proxy
   * @param headers {@code :method}, {@code :path} and {@code :authority} are required
   * @param body may be empty
   * @param timeout above zero; the call ends in {@link Failure#TIMEOUT} after it
   * @param maxResponseBytes 0 to 16 MiB; a longer body ends in {@link Failure#TOO_LARGE}
   */
  record Request(
      String cluster,
      Map<HeaderName, String> headers,
      ByteString body,
      Duration timeout,
      int maxResponseBytes) {
    /** Checks the ranges and copies. */
    public Request {
      headers = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(headers));
      for (String required : List.of(":method", ":path", ":authority")) {
        if (!headers.containsKey(HeaderName.of(required))) {
          throw new IllegalArgumentException("headers: no " + required);
        }
      }
      if (timeout.isZero() || timeout.isNegative()) {
        throw new IllegalArgumentException("timeout: " + timeout + " (expected: > 0)");
      }
      if (maxResponseBytes < 0 || maxResponseBytes > 16 << 20) {
        throw new IllegalArgumentException(
            "maxResponseBytes: " + maxResponseBytes + " (expected: 0 to 16777216)");
      }
    }
  }

  /** Takes the outcome; exactly one of the two methods is called, once. */
  interface ResponseHandler {
    /** The response is whole. {@code body} is borrowed. */
    void onResponse(ResponseHeaders headers, ByteBuf body, Optional<HeaderMap> trailers);

    /** There is no response. */
    void onFailure(Failure failure);
  }

  /** Why there is no response. */
  enum Failure {
    /** No such cluster. */
    NO_CLUSTER,
    /** No healthy host, or its breaker was open. */
    UNAVAILABLE,
    /** Connecting failed, or the connection broke. */
    CONNECTION,
    /** The timeout passed. */
    TIMEOUT,
    /** The body was longer than allowed. */
    TOO_LARGE
  }

  /** A call under way. */
  interface Call {
    /**
     * Gives up; the handler is not called any more. Also done by the engine when the exchange
     * completes.
     */
    void cancel();
  }
}
