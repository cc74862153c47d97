package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.codec.HttpVersion;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.xds.model.HttpConnectionManagerConfig.HeadersWithUnderscores;
import io.heddle.xds.model.HttpConnectionManagerConfig.PathNormalization;
import io.heddle.xds.model.OverloadConfig.Action;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the connection manager does not serve; it also brings the path to its normal form. */
final class Refusals {
  private static final HeaderName LOCATION = HeaderName.of("location");

  private static final HeaderName RETRY_AFTER = HeaderName.of("retry-after");

  private static final HeaderName EXPECT = HeaderName.of("expect");

  private Refusals() {}

  /** The reply to the offer of a protocol that nobody allows. */
  static LocalReply upgrade(HttpChain manager, Worker worker) {
    worker.stats().increment(manager.stats.rqUpgradeRefused);
    return LocalReply.of(403, "upgrade_failed", "");
  }

  /**
   * The reply that refuses this request, or null where it is served.
   *
   * @param upgrade whether the protocol that it offers may be switched to
   */
  static @Nullable LocalReply check(
      RequestHead request, boolean upgrade, HttpChain manager, Worker worker) {
    if (worker.overload().hits(Action.STOP_ACCEPTING_REQUESTS, worker.random())) {
      worker.stats().increment(manager.stats.rqOverload);
      return new LocalReply(
          503,
          "overload",
          List.of(ResponseFlag.OVERLOAD_MANAGER),
          Map.of(RETRY_AFTER, "1"),
          "overloaded");
    }
    if (request.version() == HttpVersion.HTTP_2
        && !request.expectsContinue()
        && request.contains(EXPECT)) {
      // As the codec of HTTP/1.1 does: what we do not know no host would be told of in time.
      return LocalReply.of(417, "unknown_expectation", "");
    }
    if (request.version() == HttpVersion.HTTP_1_0) {
      if (!manager.config.http1().acceptHttp10()) {
        return LocalReply.of(426, "low_version", "");
      }
      if (request.authority().isEmpty()) {
        String host = manager.config.http1().defaultHostForHttp10();
        if (host.isEmpty()) {
          return LocalReply.of(400, "missing_host_header", "");
        }
        request.authority(host);
      }
    }
    if (!upgrade && request.offersProtocol()) {
      return upgrade(manager, worker);
    }
    HeadersWithUnderscores underscores = manager.config.headersWithUnderscores();
    if (underscores == HeadersWithUnderscores.REJECT_REQUEST && request.hasUnderscoreName()) {
      worker.stats().increment(manager.stats.rqRejectedUnderscores);
      return new LocalReply(
          400,
          "http1.unexpected_underscore",
          List.of(ResponseFlag.DOWNSTREAM_PROTOCOL_ERROR),
          Map.of(),
          "Bad Request");
    }
    if (underscores == HeadersWithUnderscores.DROP_HEADER) {
      worker.stats().add(manager.stats.rqDroppedUnderscores, request.removeUnderscoreNames());
    }
    PathNormalization path = manager.config.path();
    if (request.pathLength() == 0) {
      // Of a CONNECT.
      return null;
    }
    if (path.normalize()
        || path.mergeSlashes()
        || path.escapedSlashes() != PathNormalization.EscapedSlashes.KEEP_UNCHANGED) {
      switch (PathNormalizer.normalize(request.path(), path)) {
        case PathNormalizer.Result.Path same when same.path().equals(request.path()) -> {}
        case PathNormalizer.Result.Path normal -> request.path(normal.path());
        case PathNormalizer.Result.Redirect redirect -> {
          return new LocalReply(
              307, "path_normalization_failed", List.of(), Map.of(LOCATION, redirect.path()), "");
        }
        case PathNormalizer.Result.Refused _ -> {
          worker.stats().increment(manager.stats.rqFailedPath);
          return LocalReply.of(400, "path_normalization_failed", "");
        }
      }
    }
    return null;
  }

  /** A filter would have to keep more of a message than it may. */
  static LocalReply tooLarge(boolean request) {
    return request
        ? LocalReply.of(413, "request_payload_too_large", "Payload Too Large")
        : LocalReply.of(500, "response_payload_too_large", "Internal Server Error");
  }
}
