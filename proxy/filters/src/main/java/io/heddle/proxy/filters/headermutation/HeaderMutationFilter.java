package io.heddle.proxy.filters.headermutation;

import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.api.TrailersDecision;
import io.heddle.proxy.filters.config.HeaderEdit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Applies the filter's own mutations, then those of every level of the route, in their order. */
final class HeaderMutationFilter implements HttpFilter {
  private final Mutations mutations;
  private final boolean mostSpecificWins;
  private final HttpFilterContext context;
  private @Nullable List<Mutations> levels;

  HeaderMutationFilter(Mutations mutations, boolean mostSpecificWins, HttpFilterContext context) {
    this.mutations = mutations;
    this.mostSpecificWins = mostSpecificWins;
    this.context = context;
  }

  /**
   * The levels of the route, the winner last. Looked up once, before anything changes: the route is
   * the one that the client's headers chose, for the response too.
   */
  private List<Mutations> levels() {
    List<Mutations> found = levels;
    if (found == null) {
      List<Mutations> leastSpecificFirst = context.routeConfigs(Mutations.class);
      found = mostSpecificWins ? leastSpecificFirst : leastSpecificFirst.reversed();
      levels = found;
    }
    return found;
  }

  @Override
  public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean endStream) {
    List<Mutations> ofRoute = levels();
    request(mutations, headers);
    for (Mutations level : ofRoute) {
      request(level, headers);
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
    for (Mutations level : levels()) {
      HeaderEdit.applyAll(level.requestTrailers(), trailers, context);
    }
    return TrailersDecision.CONTINUE;
  }

  @Override
  public HeadersDecision onResponseHeaders(ResponseHeaders headers, boolean endStream) {
    HeaderEdit.applyAll(mutations.response(), headers, context);
    for (Mutations level : levels()) {
      HeaderEdit.applyAll(level.response(), headers, context);
    }
    return HeadersDecision.CONTINUE;
  }

  @Override
  public TrailersDecision onResponseTrailers(HeaderMap trailers) {
    HeaderEdit.applyAll(mutations.responseTrailers(), trailers, context);
    for (Mutations level : levels()) {
      HeaderEdit.applyAll(level.responseTrailers(), trailers, context);
    }
    return TrailersDecision.CONTINUE;
  }
}
