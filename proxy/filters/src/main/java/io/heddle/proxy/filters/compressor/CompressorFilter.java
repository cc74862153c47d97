package io.heddle.proxy.filters.compressor;

import io.heddle.proxy.api.DataDecision;
import io.heddle.proxy.api.FilterState;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.api.StreamInfo;
import io.heddle.proxy.api.TrailersDecision;
import io.heddle.proxy.filters.compression.Compressor;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Compresses what passes the rules of its direction; a response only in the coding that the
 * compressors of the chain choose together.
 */
final class CompressorFilter implements HttpFilter {
  private static final HeaderName ACCEPT_ENCODING = HeaderName.of("accept-encoding");
  private static final HeaderName CONTENT_LENGTH = HeaderName.of("content-length");
  private static final HeaderName CONTENT_ENCODING = HeaderName.of("content-encoding");
  private static final HeaderName ETAG = HeaderName.of("etag");
  private static final HeaderName VARY = HeaderName.of("vary");
  private static final FilterState.Key<Offers> OFFERS =
      new FilterState.Key<>("envoy.filters.http.compressor.offers", Offers.class);

  private final CompressorConfig config;
  private final HttpFilterContext context;
  private CompressorConfig.Change route = CompressorConfig.Change.NOTHING;
  private AcceptEncoding accepts = new AcceptEncoding(List.of(), List.of());
  private boolean acceptThere;
  private @Nullable Compressor request;
  private @Nullable Compressor response;

  /** The compressors of a chain, in its order, with what they take. */
  private record Offers(List<AcceptEncoding.Offer> all, List<DirectionRules> rules) {
    List<AcceptEncoding.Offer> fitting(HeaderMap headers) {
      List<AcceptEncoding.Offer> fitting = new ArrayList<>();
      for (int i = 0; i < all.size(); i++) {
        if (rules.get(i).typeFits(headers)) {
          fitting.add(all.get(i));
        }
      }
      return fitting;
    }
  }

  CompressorFilter(CompressorConfig config, HttpFilterContext context) {
    this.config = config;
    this.context = context;
  }

  private Compressor.Library library() {
    return route.library().orElse(config.library());
  }

  private boolean compressesResponses() {
    return !route.disabled() && (config.response().enabled() || route.enablesResponse());
  }

  @Override
  public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean endStream) {
    route =
        context.routeConfig(CompressorConfig.Change.class).orElse(CompressorConfig.Change.NOTHING);
    if (compressesResponses()) {
      acceptThere = headers.contains(ACCEPT_ENCODING);
      if (acceptThere) {
        accepts = AcceptEncoding.parse(headers.all(ACCEPT_ENCODING));
        if (route.removeAcceptEncoding().orElse(config.removeAcceptEncoding())) {
          headers.remove(ACCEPT_ENCODING);
        }
      }
      offer();
    }
    if (!endStream && !route.disabled() && config.request().enabled()) {
      if (config.request().longEnough(headers)
          && config.request().typeFits(headers)
          && DirectionRules.plain(headers)) {
        request = begin(headers, config.requestStats());
      } else {
        config.requestStats().notCompressed().increment();
      }
    }
    return HeadersDecision.CONTINUE;
  }

  private void offer() {
    Offers offers = context.filterState().get(OFFERS).orElse(null);
    if (offers == null) {
      offers = new Offers(new ArrayList<>(), new ArrayList<>());
      context.filterState().put(OFFERS, offers);
    }
    offers.all().add(new AcceptEncoding.Offer(library().encoding(), config.first()));
    offers.rules().add(config.response());
  }

  private Compressor begin(HeaderMap headers, CompressorConfig.Stats stats) {
    headers.remove(CONTENT_LENGTH);
    headers.set(CONTENT_ENCODING, library().encoding());
    stats.compressed().increment();
    return library().open();
  }

  @Override
  public HeadersDecision onResponseHeaders(ResponseHeaders headers, boolean endStream) {
    if (!compressesResponses()) {
      return HeadersDecision.CONTINUE;
    }
    CompressorConfig.Stats stats = config.responseStats();
    if (endStream || !compressible(headers, stats)) {
      stats.notCompressed().increment();
      return HeadersDecision.CONTINUE;
    }
    vary(headers);
    if (!chosen(headers, stats)) {
      stats.notCompressed().increment();
      return HeadersDecision.CONTINUE;
    }
    String etag = headers.first(ETAG).orElse("");
    if (!etag.isEmpty() && !etag.regionMatches(true, 0, "W/", 0, 2)) {
      // The bytes are others now; only a weak validator still holds.
      headers.remove(ETAG);
    }
    response = begin(headers, stats);
    return HeadersDecision.CONTINUE;
  }

  private boolean compressible(ResponseHeaders headers, CompressorConfig.Stats stats) {
    if (!config.response().longEnough(headers)) {
      stats.tooSmall().increment();
      return false;
    }
    if (config.disableOnEtag() && headers.contains(ETAG)) {
      stats.etag().increment();
      return false;
    }
    int status = headers.status();
    return config.response().typeFits(headers)
        && DirectionRules.plain(headers)
        // A range is one of the bytes as they are.
        && status >= 200
        && !config.untouched().contains(status);
  }

  private boolean chosen(ResponseHeaders headers, CompressorConfig.Stats stats) {
    List<AcceptEncoding.Offer> offers =
        context.filterState().get(OFFERS).map(all -> all.fitting(headers)).orElse(List.of());
    AcceptEncoding.Choice choice = accepts.choose(offers, acceptThere);
    boolean mine = choice.encoding().equals(library().encoding());
    switch (choice.reason()) {
      case NO_HEADER -> stats.noAcceptHeader().increment();
      case NOT_VALID -> stats.notValid().increment();
      case IDENTITY -> stats.identity().increment();
      case WILDCARD -> stats.wildcard().increment();
      case NAMED -> (mine ? stats.used() : stats.overshadowed()).increment();
    }
    return mine;
  }

  private static void vary(ResponseHeaders headers) {
    for (String line : headers.all(VARY)) {
      String lower = line.toLowerCase(Locale.ROOT);
      if (lower.contains("accept-encoding") || lower.trim().equals("*")) {
        return;
      }
    }
    String before = String.join(", ", headers.all(VARY));
    headers.set(VARY, before.isEmpty() ? "Accept-Encoding" : before + ", Accept-Encoding");
  }

  @Override
  public DataDecision onRequestData(ByteBuf data, boolean endStream) {
    Compressor compressor = request;
    if (compressor == null) {
      return DataDecision.CONTINUE;
    }
    ByteBuf out = compress(compressor, data, endStream, config.requestStats());
    if (out.isReadable() || endStream) {
      context.request().inject(out, endStream);
    } else {
      out.release();
    }
    return DataDecision.CONSUME;
  }

  @Override
  public DataDecision onResponseData(ByteBuf data, boolean endStream) {
    Compressor compressor = response;
    if (compressor == null) {
      return DataDecision.CONTINUE;
    }
    ByteBuf out = compress(compressor, data, endStream, config.responseStats());
    if (out.isReadable() || endStream) {
      context.response().inject(out, endStream);
    } else {
      out.release();
    }
    return DataDecision.CONSUME;
  }

  private static ByteBuf compress(
      Compressor compressor, ByteBuf data, boolean last, CompressorConfig.Stats stats) {
    if (!data.isReadable() && !last) {
      return Unpooled.EMPTY_BUFFER;
    }
    ByteBuf out = compressor.compress(data, last);
    stats.uncompressedBytes().add(data.readableBytes());
    stats.compressedBytes().add(out.readableBytes());
    return out;
  }

  @Override
  public TrailersDecision onRequestTrailers(HeaderMap trailers) {
    Compressor compressor = request;
    if (compressor != null) {
      context
          .request()
          .inject(compress(compressor, Unpooled.EMPTY_BUFFER, true, config.requestStats()), false);
    }
    return TrailersDecision.CONTINUE;
  }

  @Override
  public TrailersDecision onResponseTrailers(HeaderMap trailers) {
    Compressor compressor = response;
    if (compressor != null) {
      context
          .response()
          .inject(compress(compressor, Unpooled.EMPTY_BUFFER, true, config.responseStats()), false);
    }
    return TrailersDecision.CONTINUE;
  }

  @Override
  public void onComplete(StreamInfo info) {
    if (request != null) {
      request.close();
      request = null;
    }
    if (response != null) {
      response.close();
      response = null;
    }
  }
}
