package io.heddle.xds.model;

import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which requests are sent again, how often and when ({@code envoy.config.route.v3.RetryPolicy}).
 *
 * @param on what is a reason; a request's headers may add some
 * @param retries attempts after the first
 * @param perTryTimeout of one attempt; zero means none but the route's
 * @param hostAttempts how often another host is chosen where {@code avoidsTriedHosts} dislikes one
 * @param avoidsTriedHosts whether a host that was tried is chosen only where no other is found
 * @param statuses that {@link On#RETRIABLE_STATUS_CODES} means; 100 to 599
 * @param responseHeaders of which one must match for {@link On#RETRIABLE_HEADERS}
 * @param requestHeaders of which one must match for the request to be sent again at all; empty for
 *     every request
 * @param perTryIdleTimeout how long one attempt may be silent; zero means for ever
 */
public record RetryPolicy(
    Set<On> on,
    int retries,
    Duration perTryTimeout,
    int hostAttempts,
    boolean avoidsTriedHosts,
    Set<Integer> statuses,
    List<RouteMatch.HeaderMatch> responseHeaders,
    List<RouteMatch.HeaderMatch> requestHeaders,
    BackOff backOff,
    List<ResetHeader> resetHeaders,
    Duration longestReset,
    Duration perTryIdleTimeout) {
  /** What a request that asks for retries by its headers has where its route says nothing. */
  public static final RetryPolicy BY_HEADERS =
      new RetryPolicy(
          EnumSet.noneOf(On.class),
          1,
          Duration.ZERO,
          1,
          false,
          Set.of(),
          List.of(),
          List.of(),
          BackOff.DEFAULT,
          List.of(),
          Duration.ofMinutes(5),
          Duration.ZERO);

  public RetryPolicy {
    on = Set.copyOf(on);
    statuses = Set.copyOf(statuses);
    responseHeaders = List.copyOf(responseHeaders);
    requestHeaders = List.copyOf(requestHeaders);
    resetHeaders = List.copyOf(resetHeaders);
  }

  /** A reason to send a request again, by Envoy's words in {@code retry_on}. */
  public enum On {
    /** A status of 500 to 599, or no response at all. */
    SERVER_ERROR("5xx"),
    /** 502, 503 or 504, or no response at all. */
    GATEWAY_ERROR("gateway-error"),
    /** No response at all: disconnected, reset, or out of its time. */
    RESET("reset"),
    /** The same before anything of the request was sent. */
    RESET_BEFORE_REQUEST("reset-before-request"),
    /** There was no connection. */
    CONNECT_FAILURE("connect-failure"),
    /** A response that has {@code x-envoy-ratelimited}. */
    ENVOY_RATELIMITED("envoy-ratelimited"),
    /** 409. */
    RETRIABLE_4XX("retriable-4xx"),
    /** The host has refused the stream (RFC 9113, 8.7). */
    REFUSED_STREAM("refused-stream"),
    /** A status that is listed. */
    RETRIABLE_STATUS_CODES("retriable-status-codes"),
    /** A response with a header that is listed. */
    RETRIABLE_HEADERS("retriable-headers"),
    /** gRPC's status 1, in the head of the response. */
    CANCELLED("cancelled"),
    /** Status 4. */
    DEADLINE_EXCEEDED("deadline-exceeded"),
    /** Status 8. */
    RESOURCE_EXHAUSTED("resource-exhausted"),
    /** Status 13. */
    INTERNAL("internal"),
    /** Status 14. */
    UNAVAILABLE("unavailable");

    private final String word;

    On(String word) {
      this.word = word;
    }

    /** Envoy's word. */
    public String word() {
      return word;
    }

    /** The reason of this word. */
    public static Optional<On> of(String word) {
      for (On each : values()) {
        if (each.word.equals(word)) {
          return Optional.of(each);
        }
      }
      return Optional.empty();
    }
  }

  /**
   * How long to wait: a random time below {@code base} doubled with each retry.
   *
   * @param base at least a millisecond
   * @param longest at least {@code base}
   */
  public record BackOff(Duration base, Duration longest) {
    public static final BackOff DEFAULT =
        new BackOff(Duration.ofMillis(25), Duration.ofMillis(250));
  }

  /** A header of a response that says when to come again; its name in lower case. */
  public record ResetHeader(String name, Format format) {
    /** What its value is. */
    public enum Format {
      /** So many seconds from now. */
      SECONDS,
      /** Seconds since the epoch. */
      UNIX_TIMESTAMP
    }
  }
}
