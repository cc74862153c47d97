package io.heddle.proxy.filters.healthcheck;

import io.heddle.proxy.api.BodyWhileSuspended;
import io.heddle.proxy.api.DataDecision;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.api.ServerView;
import io.heddle.proxy.api.TrailersDecision;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Knows a health check by its headers; answers it once it is whole, or lets it pass. */
final class HealthCheckFilter implements HttpFilter {
  private static final HeaderName DEGRADED = HeaderName.of("x-envoy-degraded");
  private static final HeaderName CLUSTER = HeaderName.of("x-envoy-upstream-healthchecked-cluster");
  private static final HeaderName FAIL = HeaderName.of("x-envoy-immediate-health-check-fail");

  private final HealthCheckConfig config;
  private final AnswerCache cache;
  private final ServerView server;
  private final String localCluster;
  private final HttpFilterContext context;
  private boolean healthCheck;
  private boolean answering;

  HealthCheckFilter(
      HealthCheckConfig config,
      AnswerCache cache,
      ServerView server,
      String localCluster,
      HttpFilterContext context) {
    this.config = config;
    this.cache = cache;
    this.server = server;
    this.localCluster = localCluster;
    this.context = context;
  }

  @Override
  public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean endStream) {
    if (!config.isHealthCheck(headers)) {
      return HeadersDecision.CONTINUE;
    }
    healthCheck = true;
    context.markHealthCheck();
    answering =
        !config.passThrough()
            || server.healthCheckFailed()
            || cache.fresh(context.nanoTime()).isPresent();
    if (!answering) {
      return HeadersDecision.CONTINUE;
    }
    return endStream
        ? new HeadersDecision.Reply(answer())
        : new HeadersDecision.Suspend(BodyWhileSuspended.DELIVER);
  }

  @Override
  public DataDecision onRequestData(ByteBuf data, boolean endStream) {
    if (!answering) {
      return DataDecision.CONTINUE;
    }
    if (endStream) {
      context.reply(answer());
    }
    return DataDecision.CONSUME;
  }

  @Override
  public TrailersDecision onRequestTrailers(HeaderMap trailers) {
    if (!answering) {
      return TrailersDecision.CONTINUE;
    }
    context.reply(answer());
    return TrailersDecision.SUSPEND;
  }

  private LocalReply answer() {
    if (server.healthCheckFailed()) {
      return reply(503, "health_check_failed", false);
    }
    Optional<AnswerCache.Answer> kept = cache.fresh(context.nanoTime());
    if (kept.isPresent()) {
      return reply(kept.get().status(), "health_check_cached", kept.get().degraded());
    }
    for (Map.Entry<String, Integer> entry : config.minHealthy().entrySet()) {
      Optional<ServerView.Membership> hosts = server.membership(entry.getKey());
      if (hosts.isEmpty()) {
        return reply(503, "health_check_failed_no_cluster_found", false);
      }
      ServerView.Membership of = hosts.get();
      int least = entry.getValue();
      if (of.total() == 0) {
        if (least > 0) {
          return reply(503, "health_check_failed_cluster_empty", false);
        }
      } else if (100 * (of.healthy() + of.degraded()) < of.total() * least) {
        return reply(503, "health_check_failed_cluster_unhealthy", false);
      }
    }
    return reply(200, "health_check_ok", false);
  }

  private static LocalReply reply(int status, String detail, boolean degraded) {
    return new LocalReply(
        status,
        detail,
        status / 100 == 2 ? List.of() : List.of(ResponseFlag.FAILED_LOCAL_HEALTH_CHECK),
        degraded ? Map.of(DEGRADED, "") : Map.of(),
        "");
  }

  @Override
  public HeadersDecision onResponseHeaders(ResponseHeaders headers, boolean endStream) {
    if (healthCheck) {
      if (!answering) {
        cache.keep(headers.status(), headers.contains(DEGRADED), context.nanoTime());
      }
      if (!localCluster.isEmpty()) {
        headers.set(CLUSTER, localCluster);
      }
    } else if (server.healthCheckFailed()) {
      headers.set(FAIL, "true");
    }
    return HeadersDecision.CONTINUE;
  }
}
