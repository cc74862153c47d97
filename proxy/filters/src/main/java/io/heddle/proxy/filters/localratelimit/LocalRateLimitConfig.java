package io.heddle.proxy.filters.localratelimit;

import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.api.HttpFilterFactory.RouteFilterConfig;
import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.filters.config.HeaderEdit;
import io.heddle.proxy.filters.config.Percentages;
import io.heddle.proxy.filters.config.RuntimeShare;
import io.heddle.proxy.filters.config.SetFields;
import io.heddle.proxy.filters.descriptors.DescriptorRules;
import io.heddle.proxy.filters.descriptors.DescriptorRules.DisableKeys;
import io.heddle.proxy.filters.descriptors.DescriptorRules.HostRules;
import io.heddle.proxy.filters.descriptors.DescriptorRules.Selection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A limit and what happens beyond it ({@code local_ratelimit.v3.LocalRateLimit}).
 *
 * @param limits what buckets there are
 * @param buckets those of the process; empty where each connection has its own
 * @param share of a limit that the local cluster has together
 * @param enabled share of requests that take a token
 * @param enforced share of the limited ones that are refused
 * @param own rules that stand in the filter's configuration; where there are none those of the
 *     route and its virtual host count
 * @param stage of the route's rules
 * @param tellLimits whether responses have {@code x-ratelimit-*}
 * @param resourceExhausted what gRPC clients are told in the place of UNAVAILABLE
 */
record LocalRateLimitConfig(
    LocalLimits limits,
    Optional<LocalLimiter> buckets,
    Optional<ClusterShare> share,
    RuntimeShare enabled,
    RuntimeShare enforced,
    int status,
    List<HeaderEdit> requestHeaders,
    List<HeaderEdit> responseHeaders,
    DescriptorRules own,
    Selection stage,
    HostRules hostRules,
    boolean tellLimits,
    boolean resourceExhausted,
    Stats stats)
    implements RouteFilterConfig {

  private static final Set<String> FIELDS =
      Set.of(
          "stat_prefix",
          "status",
          "token_bucket",
          "filter_enabled",
          "filter_enforced",
          "request_headers_to_add_when_not_enforced",
          "response_headers_to_add",
          "descriptors",
          "stage",
          "local_rate_limit_per_downstream_connection",
          "local_cluster_rate_limit",
          "enable_x_ratelimit_headers",
          "vh_rate_limits",
          "always_consume_default_token_bucket",
          "rate_limited_as_resource_exhausted",
          "rate_limits",
          "max_dynamic_descriptors");

  private static final int DEFAULT_STATUS = 429;
  private static final int MAX_EDITS = 10;
  private static final int LAST_STAGE = 10;

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
    int stage = message.getStage();
    if (stage < 0 || stage > LAST_STAGE) {
      throw new FilterConfigException(
          "stage", Integer.toUnsignedString(stage), "0 to " + LAST_STAGE);
    }
    LocalLimits limits = LocalLimits.of(message);
    DescriptorRules own = DescriptorRules.ofFilter(message.getRateLimitsList(), "", context);
    boolean perConnection = message.getLocalRateLimitPerDownstreamConnection();
    return new LocalRateLimitConfig(
        limits,
        perConnection ? Optional.empty() : Optional.of(limits.fill(context.nanoTime())),
        share(message, context),
        share(message.hasFilterEnabled(), message.getFilterEnabled(), "filter_enabled", context),
        share(message.hasFilterEnforced(), message.getFilterEnforced(), "filter_enforced", context),
        status(message),
        edits(
            message.getRequestHeadersToAddWhenNotEnforcedList(),
            "request_headers_to_add_when_not_enforced",
            context),
        edits(message.getResponseHeadersToAddList(), "response_headers_to_add", context),
        own,
        new Selection.OfStage(stage, DisableKeys.ALWAYS, /* atEnd= */ false),
        hostRules(message),
        tellLimits(message),
        message.getRateLimitedAsResourceExhausted(),
        Stats.of(context.serverStats(), message.getStatPrefix()));
  }

  private static RuntimeShare share(
      boolean set,
      io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent share,
      String field,
      FilterFactoryContext context)
      throws FilterConfigException {
    return set
        ? RuntimeShare.of(share, field, context.runtime())
        : RuntimeShare.fixed(Percentages.NONE);
  }

  private static Optional<ClusterShare> share(LocalRateLimit message, FilterFactoryContext context)
      throws FilterConfigException {
    if (!message.hasLocalClusterRateLimit()) {
      return Optional.empty();
    }
    String field = "local_cluster_rate_limit";
    if (message.getLocalRateLimitPerDownstreamConnection()) {
      throw new FilterConfigException(
          field, "set", "not set beside local_rate_limit_per_downstream_connection");
    }
    String cluster = context.server().localCluster();
    if (cluster.isEmpty()) {
      throw new FilterConfigException(
          field, "set", "a bootstrap with cluster_manager.local_cluster_name");
    }
    return Optional.of(new ClusterShare(context.server(), cluster, context.nanoTime()));
  }

  private static HostRules hostRules(LocalRateLimit message) throws FilterConfigException {
    return switch (message.getVhRateLimits()) {
      case OVERRIDE -> HostRules.OVERRIDE;
      case INCLUDE -> HostRules.INCLUDE;
      case IGNORE -> HostRules.IGNORE;
      case UNRECOGNIZED ->
          throw new FilterConfigException(
              "vh_rate_limits",
              Integer.toString(message.getVhRateLimitsValue()),
              "OVERRIDE, INCLUDE or IGNORE");
    };
  }

  private static boolean tellLimits(LocalRateLimit message) throws FilterConfigException {
    return switch (message.getEnableXRatelimitHeaders()) {
      case OFF -> false;
      case DRAFT_VERSION_03 -> true;
      case UNRECOGNIZED ->
          throw new FilterConfigException(
              "enable_x_ratelimit_headers",
              Integer.toString(message.getEnableXRatelimitHeadersValue()),
              "OFF or DRAFT_VERSION_03");
    };
  }

  private static List<HeaderEdit> edits(
      List<HeaderValueOption> options, String field, FilterFactoryContext context)
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
}
