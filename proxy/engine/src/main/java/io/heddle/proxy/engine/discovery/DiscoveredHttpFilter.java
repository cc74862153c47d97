package io.heddle.proxy.engine.discovery;

import io.heddle.proxy.api.DataDecision;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterConfig;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResetReason;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.api.StreamInfo;
import io.heddle.proxy.api.TrailersDecision;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Map;

/**
 * An HTTP filter whose configuration is fetched. Each exchange keeps the one that it began with;
 * where there is none yet it is answered with 500, as Envoy does.
 */
public final class DiscoveredHttpFilter implements HttpFilterConfig {
  private static final HeadersDecision MISSING =
      new HeadersDecision.Reply(
          new LocalReply(
              500,
              "filter_config_not_found",
              List.of(ResponseFlag.NO_FILTER_CONFIG_FOUND),
              Map.of(),
              ""));

  private static final HttpFilter NONE =
      new HttpFilter() {
        @Override
        public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean endStream) {
          return MISSING;
        }
      };

  private final Place<HttpFilterConfig> place;

  /** The filter of this place. */
  public DiscoveredHttpFilter(Place<HttpFilterConfig> place) {
    this.place = place;
  }

  @Override
  public HttpFilter newFilter(HttpFilterContext context) {
    Place.Version<HttpFilterConfig> version = place.use();
    if (version == null) {
      return NONE;
    }
    HttpFilter filter;
    try {
      filter = version.config().newFilter(context);
    } catch (RuntimeException | Error failure) {
      version.done();
      throw failure;
    }
    return new Counted(filter, version);
  }

  @Override
  public void close() {
    place.close();
  }

  /** Lets go of the configuration when the exchange is over. */
  private record Counted(HttpFilter filter, Place.Version<HttpFilterConfig> version)
      implements HttpFilter {
    @Override
    public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean endStream) {
      return filter.onRequestHeaders(headers, endStream);
    }

    @Override
    public DataDecision onRequestData(ByteBuf data, boolean endStream) {
      return filter.onRequestData(data, endStream);
    }

    @Override
    public TrailersDecision onRequestTrailers(HeaderMap trailers) {
      return filter.onRequestTrailers(trailers);
    }

    @Override
    public void onInformational(ResponseHeaders headers) {
      filter.onInformational(headers);
    }

    @Override
    public HeadersDecision onResponseHeaders(ResponseHeaders headers, boolean endStream) {
      return filter.onResponseHeaders(headers, endStream);
    }

    @Override
    public DataDecision onResponseData(ByteBuf data, boolean endStream) {
      return filter.onResponseData(data, endStream);
    }

    @Override
    public TrailersDecision onResponseTrailers(HeaderMap trailers) {
      return filter.onResponseTrailers(trailers);
    }

    @Override
    public LocalReply onLocalReply(LocalReply reply) {
      return filter.onLocalReply(reply);
    }

    @Override
    public void onReset(ResetReason reason) {
      filter.onReset(reason);
    }

    @Override
    public void onComplete(StreamInfo info) {
      try {
        filter.onComplete(info);
      } finally {
        version.done();
      }
    }
  }
}
