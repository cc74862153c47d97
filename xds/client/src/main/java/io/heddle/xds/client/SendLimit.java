package io.heddle.xds.client;

import io.heddle.xds.model.SourceConfig;
import java.time.Duration;

/** The bucket of {@code rate_limit_settings}. Owned by the client's thread. */
final class SendLimit {
  private final SourceConfig.RateLimit limit;
  private double tokens;
  private long filledAt;

  SendLimit(SourceConfig.RateLimit limit, long now) {
    this.limit = limit;
    this.tokens = limit.maxTokens();
    this.filledAt = now;
  }

  /** How long to wait before something may be sent; zero where it may be now. */
  Duration delay(long now) {
    if (limit.maxTokens() == 0) {
      return Duration.ZERO;
    }
    tokens = Math.min(limit.maxTokens(), tokens + (now - filledAt) * limit.fillRate() / 1e9);
    filledAt = now;
    if (tokens >= 1) {
      return Duration.ZERO;
    }
    return Duration.ofNanos((long) Math.ceil((1 - tokens) * 1e9 / limit.fillRate()) + 1);
  }

  /** One message was sent; several that belong together may overdraw the bucket. */
  void sent() {
    if (limit.maxTokens() > 0) {
      tokens--;
    }
  }
}
