package io.heddle.proxy.filters.ratelimit;

import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse;
import io.heddle.proxy.api.BodyWhileSuspended;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.api.RouteView;
import io.heddle.proxy.api.StreamInfo;
import io.heddle.proxy.filters.config.GrpcText;
import io.heddle.proxy.filters.config.HeaderEdit;
import io.heddle.proxy.filters.descriptors.Descriptor;
import io.heddle.proxy.filters.descriptors.DescriptorRules;
import io.heddle.proxy.filters.descriptors.DescriptorRules.DisableKeys;
import io.heddle.proxy.filters.descriptors.DescriptorRules.HostRules;
import io.heddle.proxy.filters.descriptors.DescriptorRules.Selection;
import io.heddle.proxy.filters.ratelimit.RateLimitConfig.Replies;
import io.heddle.proxy.filters.ratelimit.ServiceHeaders.Header;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Holds a request until the service has said whether it may pass. */
final class RateLimitFilter implements HttpFilter {
  private static final String NAMESPACE = "envoy.filters.http.ratelimit";
  private static final String HITS = "envoy.ratelimit.hits_addend";
  private static final HeaderName INTERNAL = HeaderName.of("x-envoy-internal");
  private static final HeaderName LIMITED = HeaderName.of("x-envoy-ratelimited");
  private static final HeaderName CONTENT_TYPE = HeaderName.of("content-type");
  private static final HeaderName GRPC_STATUS = HeaderName.of("grpc-status");
  private static final String RESOURCE_EXHAUSTED = "8";
  private static final long MOST_HITS = 0xffff_ffffL;

  private final RateLimitConfig config;
  private final HttpFilterContext context;

  /** Of the cluster that the request was for when it came. */
  private ClusterStats.@Nullable Counters counters;

  private @Nullable RateLimitPerRouteConfig ofRoute;
  private List<Header> responseHeaders = List.of();
  private List<HeaderEdit> edits = List.of();

  RateLimitFilter(RateLimitConfig config, HttpFilterContext context) {
    this.config = config;
    this.context = context;
  }

  @Override
  public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean endStream) {
    if (!config.enabled().hit(context.random()) || !asksFor(headers)) {
      return HeadersDecision.CONTINUE;
    }
    Optional<RouteView> route = context.route();
    if (route.isEmpty() || route.get().cluster().isEmpty()) {
      return HeadersDecision.CONTINUE;
    }
    ClusterStats.Counters ofCluster = config.stats().of(route.get().cluster().get());
    if (ofCluster == null) {
      return HeadersDecision.CONTINUE;
    }
    counters = ofCluster;
    ofRoute = context.routeConfig(RateLimitPerRouteConfig.class).orElse(null);
    List<Descriptor> descriptors = describe(/* atEnd= */ false);
    if (descriptors.isEmpty()) {
      return HeadersDecision.CONTINUE;
    }
    String domain = domain();
    long hits = hits();
    return switch (config.leases().decide(domain, descriptors, hits, context.nanoTime())) {
      case Leases.Decision.Made made -> byLease(made, domain, ofCluster);
      case Leases.Decision.Ask(long wanted) -> {
        var _ =
            config
                .service()
                .ask(
                    context.httpClient(),
                    domain,
                    descriptors,
                    hits,
                    wanted,
                    answer -> {
                      config.leases().answered(domain, descriptors, answer, context.nanoTime());
                      answered(answer, ofCluster);
                    });
        yield new HeadersDecision.Suspend(BodyWhileSuspended.PAUSE);
      }
    };
  }

  /** Nobody waits; what runs low is fetched behind the request. */
  private HeadersDecision byLease(
      Leases.Decision.Made made, String domain, ClusterStats.Counters count) {
    if (!made.low().isEmpty()) {
      config.fetch(domain, made.low(), made.wanted());
    }
    count.leased().increment();
    (made.admitted() ? count.ok() : count.overLimit()).increment();
    Replies replies = config.replies();
    List<Header> headers = new ArrayList<>();
    if (!made.admitted() && replies.mark()) {
      headers.add(new Header(LIMITED, "true"));
    }
    if (replies.tellLimits()) {
      headers.addAll(LimitHeaders.of(made.statuses()));
    }
    responseHeaders = headers;
    return made.admitted() || !config.enforced().hit(context.random())
        ? HeadersDecision.CONTINUE
        : new HeadersDecision.Reply(refusal("", replies));
  }

  private boolean asksFor(RequestHeaders headers) {
    return switch (config.requests()) {
      case BOTH -> true;
      case INTERNAL -> headers.valueEquals(INTERNAL, "true");
      case EXTERNAL -> !headers.valueEquals(INTERNAL, "true");
    };
  }

  private String domain() {
    RateLimitPerRouteConfig route = ofRoute;
    return route == null || route.domain().isEmpty() ? config.domain() : route.domain();
  }

  private List<Descriptor> describe(boolean atEnd) {
    List<Descriptor> found = new ArrayList<>(4);
    RateLimitPerRouteConfig route = ofRoute;
    Selection.All own = atEnd ? Selection.All.AT_END : Selection.All.BEFORE;
    if (route != null && !route.own().isEmpty()) {
      route.own().describe(context, own, found);
    } else if (!config.own().isEmpty()) {
      config.own().describe(context, own, found);
    } else {
      DescriptorRules.describeRoute(
          context,
          new Selection.OfStage(config.stage(), DisableKeys.BY_RUNTIME, atEnd),
          route == null ? HostRules.OVERRIDE : route.hostRules(),
          found);
    }
    return found;
  }

  /** What filters before have said that the request counts. */
  private long hits() {
    Optional<String> text = context.filterState().text(HITS);
    if (text.isEmpty()) {
      return 0;
    }
    try {
      long hits = Long.parseLong(text.get());
      return hits >= 0 && hits <= MOST_HITS ? hits : 0;
    } catch (NumberFormatException notANumber) {
      return 0;
    }
  }

  private void answered(Answer answer, ClusterStats.Counters count) {
    switch (answer) {
      case Answer.Decided decided -> decided(decided, count);
      case Answer.Failed.FAILED -> {
        count.error().increment();
        if (config.denyOnError().hit(context.random())) {
          context.reply(
              new LocalReply(
                  config.replies().errorStatus(),
                  "rate_limiter_error",
                  List.of(ResponseFlag.RATE_LIMIT_SERVICE_ERROR),
                  Map.of(),
                  ""));
        } else {
          count.failureModeAllowed().increment();
          context.request().resume();
        }
      }
    }
  }

  private void decided(Answer.Decided decided, ClusterStats.Counters count) {
    RateLimitResponse response = decided.response();
    response
        .getDynamicMetadata()
        .getFieldsMap()
        .forEach((key, value) -> context.dynamicMetadata().put(NAMESPACE, key, value));
    (decided.overLimit() ? count.overLimit() : count.ok()).increment();
    Replies replies = config.replies();
    List<Header> headers =
        new ArrayList<>(ServiceHeaders.of(response.getResponseHeadersToAddList()));
    if (decided.overLimit() && replies.mark()) {
      headers.add(new Header(LIMITED, "true"));
    }
    if (replies.tellLimits()) {
      headers.addAll(LimitHeaders.of(response.getStatusesList()));
    }
    responseHeaders = headers;
    if (decided.overLimit() && config.enforced().hit(context.random())) {
      context.reply(refusal(response.getRawBody().toString(StandardCharsets.UTF_8), replies));
    } else {
      ServiceHeaders.addAll(
          ServiceHeaders.of(response.getRequestHeadersToAddList()), context.requestHeaders());
      context.request().resume();
    }
  }

  private LocalReply refusal(String body, Replies replies) {
    Map<HeaderName, String> own = new LinkedHashMap<>();
    for (Header header : responseHeaders) {
      // In the place of text/plain, which a reply has unless it says something.
      if (header.name().equals(CONTENT_TYPE)) {
        own.put(CONTENT_TYPE, header.value());
      }
    }
    responseHeaders =
        responseHeaders.stream().filter(header -> !header.name().equals(CONTENT_TYPE)).toList();
    if (replies.resourceExhausted()
        && GrpcText.isGrpc(context.requestHeaders().first(CONTENT_TYPE).orElse(""))) {
      own.put(GRPC_STATUS, RESOURCE_EXHAUSTED);
    }
    edits = replies.edits();
    return new LocalReply(
        replies.limitedStatus(),
        "request_rate_limited",
        List.of(ResponseFlag.RATE_LIMITED),
        own,
        body);
  }

  @Override
  public HeadersDecision onResponseHeaders(ResponseHeaders headers, boolean endStream) {
    ServiceHeaders.addAll(responseHeaders, headers);
    HeaderEdit.applyAll(edits, headers, context);
    return HeadersDecision.CONTINUE;
  }

  /** What counts only now is told to the service, whatever it says. */
  @Override
  public void onComplete(StreamInfo info) {
    if (counters == null) {
      return;
    }
    List<Descriptor> descriptors = describe(/* atEnd= */ true);
    if (!descriptors.isEmpty()) {
      var _ =
          config
              .service()
              .ask(config.background(), domain(), descriptors, hits(), Leases.NOTHING, _ -> {});
    }
  }
}
