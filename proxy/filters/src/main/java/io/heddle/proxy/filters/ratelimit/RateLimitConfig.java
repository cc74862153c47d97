package io.heddle.proxy.filters.ratelimit;

import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimit;
import io.heddle.proxy.api.AsyncHttpClient;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.filters.config.HeaderEdit;
import io.heddle.proxy.filters.config.RuntimeShare;
import io.heddle.proxy.filters.config.SetFields;
import io.heddle.proxy.filters.descriptors.Descriptor;
import io.heddle.proxy.filters.descriptors.DescriptorRules;
import io.heddle.xds.model.Fraction;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * What is asked of whom, and what becomes of requests ({@code
 * envoy.extensions.filters.http.ratelimit.v3.RateLimit}).
 *
 * @param enabled share of requests that are asked for
 * @param enforced share of those beyond a limit that are refused
 * @param denyOnError share of requests that are refused where the service does not answer
 * @param own rules of the filter; where there are none those of the route and its host count
 * @param background for what is asked behind exchanges
 * @param nanoTime a monotonic clock
 */
record RateLimitConfig(
    String domain,
    int stage,
    RequestType requests,
    RateLimitService service,
    RuntimeShare enabled,
    RuntimeShare enforced,
    RuntimeShare denyOnError,
    Replies replies,
    DescriptorRules own,
    ClusterStats stats,
    AsyncHttpClient background,
    Leases leases,
    LongSupplier nanoTime) {

  private static final Set<String> FIELDS =
      Set.of(
          "domain",
          "stage",
          "request_type",
          "timeout",
          "failure_mode_deny",
          "rate_limited_as_resource_exhausted",
          "rate_limit_service",
          "enable_x_ratelimit_headers",
          "disable_x_envoy_ratelimited_header",
          "rate_limited_status",
          "response_headers_to_add",
          "status_on_error",
          "stat_prefix",
          "filter_enabled",
          "filter_enforced",
          "failure_mode_deny_percent",
          "rate_limits");

  private static final int LAST_STAGE = 10;
  private static final int MAX_EDITS = 10;
  private static final int LIMITED = 429;
  private static final int BROKEN = 500;

  /** Whose requests are asked for. */
  enum RequestType {
    INTERNAL,
    EXTERNAL,
    BOTH
  }

  /**
   * What clients are told.
   *
   * @param limitedStatus of requests beyond a limit
   * @param errorStatus of requests refused as the service did not answer
   * @param mark whether refusals have {@code x-envoy-ratelimited}
   * @param tellLimits whether responses have {@code x-ratelimit-*}
   * @param resourceExhausted what gRPC clients are told in the place of UNAVAILABLE
   * @param edits of refusals
   */
  record Replies(
      int limitedStatus,
      int errorStatus,
      boolean mark,
      boolean tellLimits,
      boolean resourceExhausted,
      List<HeaderEdit> edits) {}

  static RateLimitConfig of(RateLimit message, FilterFactoryContext context)
      throws FilterConfigException {
    SetFields.allow(message, "", FIELDS);
    if (message.getDomain().isEmpty()) {
      throw new FilterConfigException("domain", "", "not empty");
    }
    int stage = message.getStage();
    if (stage < 0 || stage > LAST_STAGE) {
      throw new FilterConfigException(
          "stage", Integer.toUnsignedString(stage), "0 to " + LAST_STAGE);
    }
    RateLimitService service =
        RateLimitService.of(
            message.hasRateLimitService(),
            message.getRateLimitService(),
            message.hasTimeout(),
            message.getTimeout());
    return new RateLimitConfig(
        message.getDomain(),
        stage,
        requestType(message.getRequestType()),
        service,
        share(
            message.hasFilterEnabled(),
            message.getFilterEnabled(),
            "filter_enabled",
            new RuntimeShare(context.runtime(), "ratelimit.http_filter_enabled", Fraction.ALL),
            context),
        share(
            message.hasFilterEnforced(),
            message.getFilterEnforced(),
            "filter_enforced",
            new RuntimeShare(context.runtime(), "ratelimit.http_filter_enforcing", Fraction.ALL),
            context),
        share(
            message.hasFailureModeDenyPercent(),
            message.getFailureModeDenyPercent(),
            "failure_mode_deny_percent",
            RuntimeShare.fixed(message.getFailureModeDeny() ? Fraction.ALL : new Fraction(0, 100)),
            context),
        replies(message, context),
        DescriptorRules.ofFilter(message.getRateLimitsList(), "", context),
        new ClusterStats(context.serverStats(), message.getStatPrefix(), context.server()),
        context.httpClient(),
        new Leases(service.timeout().toNanos(), context.nanoTime()),
        context::nanoTime);
  }

  /** Fetches leases behind the traffic. */
  void fetch(String domain, List<Descriptor> low, long wanted) {
    var _ =
        service.ask(
            background,
            domain,
            low,
            0,
            wanted,
            answer -> leases.answered(domain, low, answer, nanoTime.getAsLong()));
  }

  private static RuntimeShare share(
      boolean set,
      RuntimeFractionalPercent share,
      String field,
      RuntimeShare otherwise,
      FilterFactoryContext context)
      throws FilterConfigException {
    return set ? RuntimeShare.of(share, field, context.runtime()) : otherwise;
  }

  private static RequestType requestType(String type) throws FilterConfigException {
    return switch (type) {
      case "internal" -> RequestType.INTERNAL;
      case "external" -> RequestType.EXTERNAL;
      case "both", "" -> RequestType.BOTH;
      default ->
          throw new FilterConfigException("request_type", type, "internal, external or both");
    };
  }

  private static Replies replies(RateLimit message, FilterFactoryContext context)
      throws FilterConfigException {
    if (message.getResponseHeadersToAddCount() > MAX_EDITS) {
      throw new FilterConfigException(
          "response_headers_to_add",
          message.getResponseHeadersToAddCount() + " headers",
          "at most " + MAX_EDITS);
    }
    boolean tell =
        switch (message.getEnableXRatelimitHeaders()) {
          case OFF -> false;
          case DRAFT_VERSION_03 -> true;
          case UNRECOGNIZED ->
              throw new FilterConfigException(
                  "enable_x_ratelimit_headers",
                  Integer.toString(message.getEnableXRatelimitHeadersValue()),
                  "OFF or DRAFT_VERSION_03");
        };
    int limited = status(message.getRateLimitedStatus().getCodeValue(), "rate_limited_status.code");
    int error = status(message.getStatusOnError().getCodeValue(), "status_on_error.code");
    return new Replies(
        limited < 400 ? LIMITED : limited,
        error == 0 ? BROKEN : error,
        !message.getDisableXEnvoyRatelimitedHeader(),
        tell,
        message.getRateLimitedAsResourceExhausted(),
        HeaderEdit.of(
            message.getResponseHeadersToAddList(), "", "response_headers_to_add", context));
  }

  private static int status(int code, String field) throws FilterConfigException {
    if (code != 0 && (code < 200 || code > 599)) {
      throw new FilterConfigException(field, Integer.toString(code), "200 to 599");
    }
    return code;
  }
}
