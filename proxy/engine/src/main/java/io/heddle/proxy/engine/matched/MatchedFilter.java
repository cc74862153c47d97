package io.heddle.proxy.engine.matched;

import io.heddle.proxy.api.DataDecision;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResetReason;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.api.StreamInfo;
import io.heddle.proxy.api.TrailersDecision;
import io.heddle.xds.model.FilterAction;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * A filter that is made when the request's headers come, unless the decision is against it. One
 * that did not see them, as somebody before it has answered, is asked about the response
 * nevertheless, as with Envoy. Owned by the exchange's loop.
 */
final class MatchedFilter implements HttpFilter {
  private final HttpFilterContext context;
  private final HttpFilterConfig config;
  private final Decision decision;

  /** Counts what a composite filter becomes; null where the filter is another. */
  private final StatsScope.@Nullable Counter becomes;

  private boolean decided;

  /** Null before the decision, and where it is against the filter. */
  private @Nullable HttpFilter filter;

  MatchedFilter(
      HttpFilterContext context,
      HttpFilterConfig config,
      Decision decision,
      StatsScope.@Nullable Counter becomes) {
    this.context = context;
    this.config = config;
    this.decision = decision;
    this.becomes = becomes;
  }

  private void decide() {
    decided = true;
    Decision own =
        context
            .routeConfig(MatchedFilterFactory.OnRoute.class)
            .map(MatchedFilterFactory.OnRoute::decision)
            .orElse(decision);
    FilterAction action = own.of(context);
    if (action instanceof FilterAction.Skip) {
      return;
    }
    StatsScope.Counter counts = becomes;
    HttpFilterConfig chosen = config;
    if (counts != null && action instanceof FilterAction.Execute(int index)) {
      chosen = own.chosen(index, context);
      if (chosen == null) {
        return;
      }
      counts.increment();
    }
    filter = chosen.newFilter(context);
  }

  /** The filter on the response's way. */
  private @Nullable HttpFilter onTheWayBack() {
    if (!decided) {
      decided = true;
      filter = config.newFilter(context);
    }
    return filter;
  }

  @Override
  public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean endStream) {
    if (!decided) {
      decide();
    }
    HttpFilter to = filter;
    return to == null ? HeadersDecision.CONTINUE : to.onRequestHeaders(headers, endStream);
  }

  @Override
  public DataDecision onRequestData(ByteBuf data, boolean endStream) {
    HttpFilter to = filter;
    return to == null ? DataDecision.CONTINUE : to.onRequestData(data, endStream);
  }

  @Override
  public TrailersDecision onRequestTrailers(HeaderMap trailers) {
    HttpFilter to = filter;
    return to == null ? TrailersDecision.CONTINUE : to.onRequestTrailers(trailers);
  }

  @Override
  public void onInformational(ResponseHeaders headers) {
    HttpFilter to = filter;
    if (to != null) {
      to.onInformational(headers);
    }
  }

  @Override
  public HeadersDecision onResponseHeaders(ResponseHeaders headers, boolean endStream) {
    HttpFilter to = onTheWayBack();
    return to == null ? HeadersDecision.CONTINUE : to.onResponseHeaders(headers, endStream);
  }

  @Override
  public DataDecision onResponseData(ByteBuf data, boolean endStream) {
    HttpFilter to = onTheWayBack();
    return to == null ? DataDecision.CONTINUE : to.onResponseData(data, endStream);
  }

  @Override
  public TrailersDecision onResponseTrailers(HeaderMap trailers) {
    HttpFilter to = onTheWayBack();
    return to == null ? TrailersDecision.CONTINUE : to.onResponseTrailers(trailers);
  }

  @Override
  public LocalReply onLocalReply(LocalReply reply) {
    HttpFilter to = filter;
    return to == null ? reply : to.onLocalReply(reply);
  }

  @Override
  public void onReset(ResetReason reason) {
    HttpFilter to = filter;
    if (to != null) {
      to.onReset(reason);
    }
  }

  @Override
  public void onComplete(StreamInfo info) {
    HttpFilter to = filter;
    if (to != null) {
      to.onComplete(info);
    }
  }
}
