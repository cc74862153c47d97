package io.heddle.proxy.filters.admissioncontrol;

import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.api.TrailersDecision;
import io.heddle.proxy.filters.config.GrpcText;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Lets the request go or refuses it, and counts how one that went was answered. */
final class AdmissionControlFilter implements HttpFilter {
  private static final HeaderName CONTENT_TYPE = HeaderName.of("content-type");
  private static final HeaderName GRPC_STATUS = HeaderName.of("grpc-status");

  /** Draws are as fine as Envoy's. */
  private static final int FINENESS = 10_000;

  /** It is the same for all. */
  private static final HeadersDecision REFUSED =
      new HeadersDecision.Reply(
          new LocalReply(
              503,
              "denied_by_admission_control",
              List.of(),
              Map.of(HeaderName.of("retry-after"), "1"),
              ""));

  private final AdmissionControlConfig config;
  private final HttpFilterContext context;

  /** Whether the answer is counted, which is no more once it was. */
  private boolean counts;

  AdmissionControlFilter(AdmissionControlConfig config, HttpFilterContext context) {
    this.config = config;
    this.context = context;
  }

  @Override
  public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean endStream) {
    if (!config.enabled().on() || context.streamInfo().healthCheck()) {
      return HeadersDecision.CONTINUE;
    }
    double refusal = config.refusal(context.nanoTime());
    if (refusal > 0 && FINENESS * refusal > context.random().nextInt(FINENESS)) {
      config.stats().rejected().increment();
      return REFUSED;
    }
    counts = true;
    return HeadersDecision.CONTINUE;
  }

  @Override
  public HeadersDecision onResponseHeaders(ResponseHeaders headers, boolean endStream) {
    if (!counts) {
      return HeadersDecision.CONTINUE;
    }
    Optional<String> status =
        headers.contains(GRPC_STATUS) ? headers.first(GRPC_STATUS) : Optional.empty();
    boolean grpc =
        endStream
            ? status.isPresent()
            : headers.status() == 200 && GrpcText.isGrpc(headers.first(CONTENT_TYPE).orElse(""));
    if (!grpc) {
      count(config.criteria().http(headers.status()));
    } else if (status.isPresent()) {
      count(config.criteria().grpc(status.get()));
    }
    return HeadersDecision.CONTINUE;
  }

  @Override
  public TrailersDecision onResponseTrailers(HeaderMap trailers) {
    if (counts) {
      count(config.criteria().grpc(trailers.first(GRPC_STATUS).orElse("")));
    }
    return TrailersDecision.CONTINUE;
  }

  private void count(boolean success) {
    counts = false;
    config.count(success, context.nanoTime());
  }
}
