package io.heddle.proxy.filters.localratelimit;

import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.filters.config.HeaderEdit;
import java.util.List;
import java.util.Map;

/** Takes a token for the request, or refuses it. */
final class LocalRateLimitFilter implements HttpFilter {
  private final LocalRateLimitConfig configured;
  private final HttpFilterContext context;

  /** What goes on the response of a refused request. */
  private List<HeaderEdit> responseHeaders = List.of();

  LocalRateLimitFilter(LocalRateLimitConfig configured, HttpFilterContext context) {
    this.configured = configured;
    this.context = context;
  }

  @Override
  public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean endStream) {
    LocalRateLimitConfig config =
        context.routeConfig(LocalRateLimitConfig.class).orElse(configured);
    if (config.bucket().isEmpty() || !config.enabled().hit(context.random())) {
      return HeadersDecision.CONTINUE;
    }
    config.stats().enabled().increment();
    if (config.bucket().get().tryTake(context.nanoTime())) {
      config.stats().ok().increment();
      return HeadersDecision.CONTINUE;
    }
    config.stats().rateLimited().increment();
    if (!config.enforced().hit(context.random())) {
      HeaderEdit.applyAll(config.requestHeaders(), headers, context);
      return HeadersDecision.CONTINUE;
    }
    config.stats().enforced().increment();
    responseHeaders = config.responseHeaders();
    return new HeadersDecision.Reply(
        new LocalReply(
            config.status(),
            "local_rate_limited",
            List.of(ResponseFlag.RATE_LIMITED),
            Map.of(),
            "local_rate_limited"));
  }

  @Override
  public HeadersDecision onResponseHeaders(ResponseHeaders headers, boolean endStream) {
    HeaderEdit.applyAll(responseHeaders, headers, context);
    return HeadersDecision.CONTINUE;
  }
}
