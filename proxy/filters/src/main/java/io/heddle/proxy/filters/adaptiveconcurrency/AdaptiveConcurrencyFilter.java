package io.heddle.proxy.filters.adaptiveconcurrency;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResetReason;
import io.heddle.proxy.api.StreamInfo;
import java.util.List;
import java.util.Map;

/** Lets the request go or refuses it, and tells the controller how long it took. */
final class AdaptiveConcurrencyFilter implements HttpFilter {
  private static final HeaderName RETRY_AFTER = HeaderName.of("retry-after");

  private final AdaptiveConcurrencyConfig config;
  private final HttpFilterContext context;
  private long beganNanos;
  private boolean underWay;

  AdaptiveConcurrencyFilter(AdaptiveConcurrencyConfig config, HttpFilterContext context) {
    this.config = config;
    this.context = context;
  }

  @Override
  public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean endStream) {
    // Health checks take less time than what they stand for.
    if (!config.enabled().on() || context.streamInfo().healthCheck()) {
      return HeadersDecision.CONTINUE;
    }
    beganNanos = context.nanoTime();
    underWay = config.controller().tryBegin(beganNanos, context.random());
    return underWay
        ? HeadersDecision.CONTINUE
        : new HeadersDecision.Reply(
            new LocalReply(
                config.status(),
                "reached_concurrency_limit",
                List.of(),
                Map.of(RETRY_AFTER, "1"),
                "reached concurrency limit"));
  }

  @Override
  public void onReset(ResetReason reason) {
    if (underWay) {
      underWay = false;
      config.controller().cancel();
    }
  }

  @Override
  public void onComplete(StreamInfo info) {
    if (underWay) {
      underWay = false;
      config.controller().end(beganNanos, context.nanoTime(), context.random());
    }
  }
}
