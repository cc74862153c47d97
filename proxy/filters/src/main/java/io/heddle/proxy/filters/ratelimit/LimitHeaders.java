package io.heddle.proxy.filters.ratelimit;

import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse.DescriptorStatus;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.filters.ratelimit.ServiceHeaders.Header;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code x-ratelimit-limit}, {@code -remaining} and {@code -reset} of what the service says of its
 * limits: the one that is nearest to its end first, all of them with their windows behind it.
 *
 * @see <a href="https://datatracker.ietf.org/doc/html/draft-polli-ratelimit-headers-03">
 *     draft-polli-ratelimit-headers-03</a>
 */
final class LimitHeaders {
  private static final HeaderName LIMIT = HeaderName.of("x-ratelimit-limit");
  private static final HeaderName REMAINING = HeaderName.of("x-ratelimit-remaining");
  private static final HeaderName RESET = HeaderName.of("x-ratelimit-reset");

  private LimitHeaders() {}

  static List<Header> of(List<DescriptorStatus> statuses) {
    @Nullable DescriptorStatus least = null;
    StringBuilder policies = new StringBuilder();
    for (DescriptorStatus status : statuses) {
      if (!status.hasCurrentLimit()) {
        continue;
      }
      if (least == null
          || Integer.compareUnsigned(status.getLimitRemaining(), least.getLimitRemaining()) < 0) {
        least = status;
      }
      RateLimitResponse.RateLimit limit = status.getCurrentLimit();
      long window = seconds(limit.getUnit());
      if (window > 0) {
        policies
            .append(", ")
            .append(Integer.toUnsignedLong(limit.getRequestsPerUnit()))
            .append(";w=")
            .append(window);
        if (!limit.getName().isEmpty()) {
          policies.append(";name=\"").append(limit.getName()).append('"');
        }
      }
    }
    if (least == null) {
      return List.of();
    }
    List<Header> headers = new ArrayList<>(3);
    String limit =
        Integer.toUnsignedString(least.getCurrentLimit().getRequestsPerUnit()) + policies;
    if (ServiceHeaders.isFieldValue(limit)) {
      headers.add(new Header(LIMIT, limit));
    }
    headers.add(new Header(REMAINING, Integer.toUnsignedString(least.getLimitRemaining())));
    headers.add(new Header(RESET, Long.toString(least.getDurationUntilReset().getSeconds())));
    return headers;
  }

  private static long seconds(RateLimitResponse.RateLimit.Unit unit) {
    return switch (unit) {
      case SECOND -> 1;
      case MINUTE -> 60;
      case HOUR -> 3600;
      case DAY -> 24 * 3600;
      case WEEK -> 7 * 24 * 3600;
      case MONTH -> 30 * 24 * 3600;
      case YEAR -> 365 * 24 * 3600;
      case UNKNOWN, UNRECOGNIZED -> 0;
    };
  }
}
