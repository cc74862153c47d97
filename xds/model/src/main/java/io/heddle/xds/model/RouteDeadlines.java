package io.heddle.xds.model;

import java.time.Duration;
import java.util.Optional;

/**
 * What a route makes of the time that clients of gRPC give ({@code grpc-timeout}).
 *
 * @param durationOnly whether the route's timeout does not hold, as its {@code max_stream_duration}
 *     is set, whatever stands in it
 * @param maxGrpcTimeout the route's timeout for gRPC: the client's, but at most this; zero takes
 *     the client's as it is
 * @param grpcTimeoutOffset taken off the client's time, where it is longer
 * @param headerMax the duration of a stream: the client's, but at most this; zero takes the
 *     client's as it is
 * @param headerOffset taken off that duration
 */
public record RouteDeadlines(
    boolean durationOnly,
    Optional<Duration> maxGrpcTimeout,
    Optional<Duration> grpcTimeoutOffset,
    Optional<Duration> headerMax,
    Optional<Duration> headerOffset) {
  /** What clients say does not count. */
  public static final RouteDeadlines NONE =
      new RouteDeadlines(
          false, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
}
