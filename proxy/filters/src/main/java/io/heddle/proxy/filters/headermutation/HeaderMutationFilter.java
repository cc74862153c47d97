package io.heddle.proxy.filters.headermutation;

import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.api.TrailersDecision;
import io.heddle.proxy.filters.config.HeaderEdit;
import java.util.Optional;

/** Applies the filter's own mutations, then those of the route, which therefore win. */
final class HeaderMutationFilter implements HttpFilter {
  private final Mutations mutations;
  private final HttpFilterContext context;

  HeaderMutationFilter(Mutations mutations, HttpFilterContext context) {
    this.mutations = mutations;
    this.context = context;
  }

  private Optional<Mutations> ofRoute() {
    return context.routeConfig(Mutations.class);
  }

  @Override
  public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean endStream) {
    // Asked for before anything changes: the route is the one that the client's headers chose.
    Optional<Mutations> ofRoute = ofRoute();
    request(mutations, headers);
    if (ofRoute.isPresent()) {
      request(ofRoute.get(), headers);
    }
    return HeadersDecision.CONTINUE;
  }

  private void request(Mutations level, RequestHeaders headers) {
    if (level.touchesRequest()) {
      HeaderEdit.applyAll(level.request(), headers, context);
      QueryEdit.applyAll(level.query(), headers, context);
    }
  }

  @Override
  public TrailersDecision onRequestTrailers(HeaderMap trailers) {
    HeaderEdit.applyAll(mutations.requestTrailers(), trailers, context);
    ofRoute().ifPresent(route -> HeaderEdit.applyAll(route.requestTrailers(), trailers, context));
    return TrailersDecision.CONTINUE;
  }

  @Override
  public HeadersDecision onResponseHeaders(ResponseHeaders headers, boolean endStream) {
    HeaderEdit.applyAll(mutations.response(), headers, context);
    ofRoute().ifPresent(route -> HeaderEdit.applyAll(route.response(), headers, context));
    return HeadersDecision.CONTINUE;
  }

  @Override
  public TrailersDecision onResponseTrailers(HeaderMap trailers) {
    HeaderEdit.applyAll(mutations.responseTrailers(), trailers, context);
    ofRoute().ifPresent(route -> HeaderEdit.applyAll(route.responseTrailers(), trailers, context));
    return TrailersDecision.CONTINUE;
  }
}
