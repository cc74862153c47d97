package io.heddle.proxy.filters.grpcstats;

import io.heddle.proxy.api.DataDecision;
import io.heddle.proxy.api.FilterState;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.api.RouteView;
import io.heddle.proxy.api.StreamInfo;
import io.heddle.proxy.api.TrailersDecision;
import io.heddle.proxy.filters.config.GrpcText;
import io.netty.buffer.ByteBuf;
import java.util.Optional;

/** Counts one call. */
final class GrpcStatsFilter implements HttpFilter {
  /** Where the counts of an exchange lie, {@code requests,responses} as text. */
  static final FilterState.Key<Counts> COUNTS =
      new FilterState.Key<>("envoy.filters.http.grpc_stats", Counts.class);

  private static final HeaderName CONTENT_TYPE = HeaderName.of("content-type");
  private static final HeaderName GRPC_STATUS = HeaderName.of("grpc-status");
  private static final long NANOS_PER_MILLI = 1_000_000;

  private final GrpcStatsFilterFactory.Config config;
  private final HttpFilterContext context;
  private final MessageCounter requests = new MessageCounter();
  private final MessageCounter responses = new MessageCounter();
  private boolean grpcRequest;
  private boolean grpcResponse;
  private Optional<MethodStats> stats = Optional.empty();
  private Optional<Counts> counts = Optional.empty();

  /** Messages so far, as logs show them. Owned by the exchange's event loop. */
  static final class Counts {
    private long requests;
    private long responses;

    @Override
    public String toString() {
      return requests + "," + responses;
    }
  }

  GrpcStatsFilter(GrpcStatsFilterFactory.Config config, HttpFilterContext context) {
    this.config = config;
    this.context = context;
  }

  @Override
  public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean endStream) {
    grpcRequest = GrpcText.isGrpc(headers.first(CONTENT_TYPE).orElse(""));
    if (grpcRequest) {
      stats =
          context
              .route()
              .flatMap(RouteView::cluster)
              .flatMap(cluster -> config.methods().find(cluster, headers.path()));
    }
    return HeadersDecision.CONTINUE;
  }

  @Override
  public DataDecision onRequestData(ByteBuf data, boolean endStream) {
    if (grpcRequest) {
      int messages = requests.count(data);
      if (messages > 0) {
        emitted().ifPresent(held -> held.requests += messages);
        stats.ifPresent(method -> method.requests(messages));
      }
    }
    return DataDecision.CONTINUE;
  }

  @Override
  public HeadersDecision onResponseHeaders(ResponseHeaders headers, boolean endStream) {
    grpcResponse =
        endStream
            ? headers.contains(GRPC_STATUS)
            : headers.status() == 200 && GrpcText.isGrpc(headers.first(CONTENT_TYPE).orElse(""));
    ended(headers);
    if (endStream) {
      time();
    }
    return HeadersDecision.CONTINUE;
  }

  @Override
  public DataDecision onResponseData(ByteBuf data, boolean endStream) {
    if (grpcResponse) {
      int messages = responses.count(data);
      if (messages > 0) {
        emitted().ifPresent(held -> held.responses += messages);
        stats.ifPresent(method -> method.responses(messages));
      }
    }
    return DataDecision.CONTINUE;
  }

  @Override
  public TrailersDecision onResponseTrailers(HeaderMap trailers) {
    ended(trailers);
    time();
    return TrailersDecision.CONTINUE;
  }

  private void ended(HeaderMap headers) {
    if (stats.isPresent()) {
      Optional<String> status = headers.first(GRPC_STATUS);
      if (status.isPresent()) {
        stats.get().ended(status.get());
      }
    }
  }

  /** From the last byte of the request to the last of the response. */
  private void time() {
    if (config.timesUpstream() && stats.isPresent()) {
      StreamInfo.Times times = context.streamInfo().times();
      if (times.requestEnd() >= 0 && times.responseEnd() >= times.requestEnd()) {
        stats.get().upstreamTime((times.responseEnd() - times.requestEnd()) / NANOS_PER_MILLI);
      }
    }
  }

  private Optional<Counts> emitted() {
    if (config.emits() && counts.isEmpty()) {
      Counts made = new Counts();
      counts = Optional.of(made);
      context.filterState().put(COUNTS, made);
    }
    return counts;
  }
}
