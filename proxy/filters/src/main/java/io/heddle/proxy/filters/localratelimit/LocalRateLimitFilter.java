package io.heddle.proxy.filters.localratelimit;

import io.heddle.proxy.api.FilterState;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.filters.config.GrpcText;
import io.heddle.proxy.filters.config.HeaderEdit;
import io.heddle.proxy.filters.descriptors.Descriptor;
import io.heddle.proxy.filters.descriptors.DescriptorRules;
import io.heddle.proxy.filters.descriptors.DescriptorRules.Selection;
import io.heddle.proxy.filters.localratelimit.LocalLimiter.Verdict;
import io.heddle.proxy.filters.tokenbucket.TokenBucket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/** Takes a token for the request, or refuses it. */
final class LocalRateLimitFilter implements HttpFilter {
  private static final HeaderName LIMIT = HeaderName.of("x-ratelimit-limit");
  private static final HeaderName REMAINING = HeaderName.of("x-ratelimit-remaining");
  private static final HeaderName RESET = HeaderName.of("x-ratelimit-reset");
  private static final HeaderName CONTENT_TYPE = HeaderName.of("content-type");
  private static final HeaderName GRPC_STATUS = HeaderName.of("grpc-status");
  private static final String RESOURCE_EXHAUSTED = "8";

  private static final FilterState.Key<ConnectionBuckets> CONNECTION =
      new FilterState.Key<>("io.heddle.local_ratelimit", ConnectionBuckets.class);

  private final LocalRateLimitConfig configured;
  private final HttpFilterContext context;

  /** What goes on the response of a refused request. */
  private List<HeaderEdit> responseHeaders = List.of();

  /** The bucket that the response tells of. */
  private @Nullable TokenBucket told;

  /** The buckets of a connection; those of a configuration that is gone go with it. */
  private static final class ConnectionBuckets {
    private final Map<LocalLimits, LocalLimiter> limiters = new WeakHashMap<>();
  }

  LocalRateLimitFilter(LocalRateLimitConfig configured, HttpFilterContext context) {
    this.configured = configured;
    this.context = context;
  }

  @Override
  public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean endStream) {
    LocalRateLimitConfig config =
        context.routeConfig(LocalRateLimitConfig.class).orElse(configured);
    if (!config.enabled().hit(context.random())) {
      return HeadersDecision.CONTINUE;
    }
    config.stats().enabled().increment();
    long now = context.nanoTime();
    long sharers = config.share().isPresent() ? config.share().get().sharers(now) : 1;
    Verdict verdict = limiter(config, now).decide(descriptors(config), now, sharers);
    if (config.tellLimits()) {
      told = verdict.shown();
    }
    if (verdict.admitted()) {
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
            grpcStatus(config, headers),
            "local_rate_limited"));
  }

  private List<Descriptor> descriptors(LocalRateLimitConfig config) {
    if (!config.limits().hasDescriptors()) {
      return List.of();
    }
    List<Descriptor> found = new ArrayList<>(4);
    if (config.own().isEmpty()) {
      DescriptorRules.describeRoute(context, config.stage(), config.hostRules(), found);
    } else {
      config.own().describe(context, Selection.All.BEFORE, found);
    }
    return found;
  }

  private LocalLimiter limiter(LocalRateLimitConfig config, long now) {
    if (config.buckets().isPresent()) {
      return config.buckets().get();
    }
    FilterState state = context.connection().state();
    ConnectionBuckets buckets = state.get(CONNECTION).orElse(null);
    if (buckets == null) {
      buckets = new ConnectionBuckets();
      state.put(CONNECTION, buckets);
    }
    return buckets.limiters.computeIfAbsent(config.limits(), limits -> limits.fill(now));
  }

  private static Map<HeaderName, String> grpcStatus(
      LocalRateLimitConfig config, RequestHeaders headers) {
    return config.resourceExhausted() && GrpcText.isGrpc(headers.first(CONTENT_TYPE).orElse(""))
        ? Map.of(GRPC_STATUS, RESOURCE_EXHAUSTED)
        : Map.of();
  }

  @Override
  public HeadersDecision onResponseHeaders(ResponseHeaders headers, boolean endStream) {
    HeaderEdit.applyAll(responseHeaders, headers, context);
    TokenBucket bucket = told;
    if (bucket != null) {
      long now = context.nanoTime();
      headers.add(LIMIT, Long.toString(bucket.size().max()));
      headers.add(REMAINING, Long.toString(bucket.remaining(now)));
      headers.add(RESET, Long.toString(bucket.resetSeconds(now)));
    }
    return HeadersDecision.CONTINUE;
  }
}
