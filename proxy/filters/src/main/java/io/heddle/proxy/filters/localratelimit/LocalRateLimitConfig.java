package io.heddle.proxy.filters.localratelimit;

import com.google.protobuf.Duration;
import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilterFactory.RouteFilterConfig;
import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.filters.config.HeaderEdit;
import io.heddle.proxy.filters.config.Percentages;
import io.heddle.proxy.filters.config.RuntimeShare;
import io.heddle.proxy.filters.config.SetFields;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A limit and what happens beyond it ({@code local_ratelimit.v3.LocalRateLimit}).
 *
 * @param bucket empty where nothing is limited
 * @param enabled share of requests that take a token
 * @param enforced share of the limited ones that are refused
 */
record LocalRateLimitConfig(
    Optional<TokenBucket> bucket,
    RuntimeShare enabled,
    RuntimeShare enforced,
    int status,
    List<HeaderEdit> requestHeaders,
    List<HeaderEdit> responseHeaders,
    Stats stats)
    implements RouteFilterConfig {

  /**
   * Fields read, and those without effect as long as there are no descriptors: {@code
   * vh_rate_limits}, {@code stage}, {@code always_consume_default_token_bucket} and {@code
   * max_dynamic_descriptors}.
   */
  private static final Set<String> FIELDS =
      Set.of(
          "stat_prefix",
          "status",
          "token_bucket",
          "filter_enabled",
          "filter_enforced",
          "request_headers_to_add_when_not_enforced",
          "response_headers_to_add",
          "stage",
          "vh_rate_limits",
          "always_consume_default_token_bucket",
          "max_dynamic_descriptors");

  private static final int DEFAULT_STATUS = 429;
  private static final int MAX_EDITS = 10;
  private static final long MIN_INTERVAL_NANOS = 50_000_000;
  private static final long MAX_INTERVAL_SECONDS = 100L * 365 * 24 * 3600;

  /**
   * The counters {@code <stat_prefix>.http_local_rate_limit.*}, as with Envoy below no other
   * prefix, whether the limit is the filter's or a route's.
   */
  record Stats(
      StatsScope.Counter enabled,
      StatsScope.Counter enforced,
      StatsScope.Counter rateLimited,
      StatsScope.Counter ok) {
    static Stats of(StatsScope scope, String prefix) {
      StatsScope mine = scope.scope(prefix).scope("http_local_rate_limit");
      return new Stats(
          mine.counter("enabled"),
          mine.counter("enforced"),
          mine.counter("rate_limited"),
          mine.counter("ok"));
    }
  }

  static LocalRateLimitConfig of(
      LocalRateLimit message, boolean route, FilterFactoryContext context)
      throws FilterConfigException {
    SetFields.allow(message, "", FIELDS);
    if (message.getStatPrefix().isEmpty()) {
      throw new FilterConfigException("stat_prefix", "", "not empty");
    }
    if (route && !message.hasTokenBucket()) {
      throw new FilterConfigException("token_bucket", "not set", "a token bucket, on a route");
    }
    return new LocalRateLimitConfig(
        message.hasTokenBucket()
            ? Optional.of(bucket(message.getTokenBucket(), context.nanoTime()))
            : Optional.empty(),
        message.hasFilterEnabled()
            ? RuntimeShare.of(message.getFilterEnabled(), "filter_enabled", context.runtime())
            : RuntimeShare.fixed(Percentages.NONE),
        message.hasFilterEnforced()
            ? RuntimeShare.of(message.getFilterEnforced(), "filter_enforced", context.runtime())
            : RuntimeShare.fixed(Percentages.NONE),
        status(message),
        edits(
            message.getRequestHeadersToAddWhenNotEnforcedList(),
            "request_headers_to_add_when_not_enforced",
            context),
        edits(message.getResponseHeadersToAddList(), "response_headers_to_add", context),
        Stats.of(context.serverStats(), message.getStatPrefix()));
  }

  private static List<HeaderEdit> edits(
      List<io.envoyproxy.envoy.config.core.v3.HeaderValueOption> options,
      String field,
      FilterFactoryContext context)
      throws FilterConfigException {
    if (options.size() > MAX_EDITS) {
      throw new FilterConfigException(field, options.size() + " headers", "at most " + MAX_EDITS);
    }
    return HeaderEdit.of(options, "", field, context);
  }

  private static int status(LocalRateLimit message) throws FilterConfigException {
    int code = message.getStatus().getCodeValue();
    if (code > 599) {
      throw new FilterConfigException("status.code", Integer.toString(code), "at most 599");
    }
    // Envoy: below 400 means the default.
    return code < 400 ? DEFAULT_STATUS : code;
  }

  private static TokenBucket bucket(io.envoyproxy.envoy.type.v3.TokenBucket message, long nowNanos)
      throws FilterConfigException {
    String path = "token_bucket";
    SetFields.allow(message, path, Set.of("max_tokens", "tokens_per_fill", "fill_interval"));
    long max = Integer.toUnsignedLong(message.getMaxTokens());
    if (max == 0) {
      throw new FilterConfigException(SetFields.at(path, "max_tokens"), "0", "above 0");
    }
    long perFill =
        message.hasTokensPerFill()
            ? Integer.toUnsignedLong(message.getTokensPerFill().getValue())
            : 1;
    if (perFill == 0) {
      throw new FilterConfigException(SetFields.at(path, "tokens_per_fill"), "0", "above 0");
    }
    Duration interval = message.getFillInterval();
    if (!Durations.isValid(interval)
        || interval.getSeconds() > MAX_INTERVAL_SECONDS
        || Durations.toNanos(interval) < MIN_INTERVAL_NANOS) {
      throw new FilterConfigException(
          SetFields.at(path, "fill_interval"),
          interval.getSeconds() + " s " + interval.getNanos() + " ns",
          "50 ms to 100 years");
    }
    return new TokenBucket(max, perFill, Durations.toNanos(interval), nowNanos);
  }
}
