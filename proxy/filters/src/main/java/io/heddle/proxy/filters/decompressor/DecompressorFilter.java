package io.heddle.proxy.filters.decompressor;

import io.heddle.proxy.api.DataDecision;
import io.heddle.proxy.api.FilterDirection;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.api.StreamInfo;
import io.heddle.proxy.filters.compression.Decompressor;
import io.heddle.proxy.filters.config.RuntimeFlag;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Takes the last coding off a body that has this library's. */
final class DecompressorFilter implements HttpFilter {
  private static final HeaderName ACCEPT_ENCODING = HeaderName.of("accept-encoding");
  private static final HeaderName CONTENT_ENCODING = HeaderName.of("content-encoding");
  private static final HeaderName CONTENT_LENGTH = HeaderName.of("content-length");
  private static final HeaderName CACHE_CONTROL = HeaderName.of("cache-control");

  /** What holds for all exchanges. */
  record Settings(
      Decompressor.Library library, Direction request, Direction response, boolean advertise) {}

  /** What holds for one direction, and what is counted of it. */
  record Direction(
      RuntimeFlag flag,
      boolean ignoresNoTransform,
      StatsScope.Counter decompressed,
      StatsScope.Counter notDecompressed,
      StatsScope.Counter uncompressedBytes,
      StatsScope.Counter compressedBytes) {
    /** Whether the direction is switched on now. */
    boolean enabled() {
      return flag.on();
    }
  }

  private final Settings settings;
  private final HttpFilterContext context;
  private @Nullable Decompressor request;
  private @Nullable Decompressor response;

  DecompressorFilter(Settings settings, HttpFilterContext context) {
    this.settings = settings;
    this.context = context;
  }

  @Override
  public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean endStream) {
    if (settings.response().enabled() && settings.advertise()) {
      List<String> lines = headers.all(ACCEPT_ENCODING);
      String encoding = settings.library().encoding();
      headers.set(
          ACCEPT_ENCODING, lines.isEmpty() ? encoding : String.join(",", lines) + ',' + encoding);
    }
    request = endStream ? null : begin(headers, settings.request());
    return HeadersDecision.CONTINUE;
  }

  @Override
  public HeadersDecision onResponseHeaders(ResponseHeaders headers, boolean endStream) {
    response = endStream ? null : begin(headers, settings.response());
    return HeadersDecision.CONTINUE;
  }

  private @Nullable Decompressor begin(HeaderMap headers, Direction direction) {
    if (!direction.enabled()) {
      return null;
    }
    String codings = String.join(",", headers.all(CONTENT_ENCODING));
    int comma = codings.lastIndexOf(',');
    String last = codings.substring(comma + 1).trim();
    if (!last.equalsIgnoreCase(settings.library().encoding())
        || (!direction.ignoresNoTransform() && noTransform(headers))) {
      direction.notDecompressed().increment();
      return null;
    }
    headers.remove(CONTENT_LENGTH);
    if (comma < 0) {
      headers.remove(CONTENT_ENCODING);
    } else {
      headers.set(CONTENT_ENCODING, codings.substring(0, comma).trim());
    }
    direction.decompressed().increment();
    return settings.library().open();
  }

  private static boolean noTransform(HeaderMap headers) {
    for (String line : headers.all(CACHE_CONTROL)) {
      if (line.toLowerCase(Locale.ROOT).contains("no-transform")) {
        return true;
      }
    }
    return false;
  }

  @Override
  public DataDecision onRequestData(ByteBuf data, boolean endStream) {
    return request == null
        ? DataDecision.CONTINUE
        : decompress(request, data, endStream, settings.request(), context.request(), true);
  }

  @Override
  public DataDecision onResponseData(ByteBuf data, boolean endStream) {
    return response == null
        ? DataDecision.CONTINUE
        : decompress(response, data, endStream, settings.response(), context.response(), false);
  }

  private DataDecision decompress(
      Decompressor decompressor,
      ByteBuf data,
      boolean endStream,
      Direction direction,
      FilterDirection to,
      boolean ofRequest) {
    direction.compressedBytes().add(data.readableBytes());
    try {
      decompressor.decompress(
          data,
          piece -> {
            direction.uncompressedBytes().add(piece.readableBytes());
            to.inject(piece, false);
          });
    } catch (Decompressor.BadContentException broken) {
      if (ofRequest) {
        context.reply(LocalReply.of(400, "request_decompression_failed", "Bad Request"));
      } else {
        context.reset();
      }
      return DataDecision.CONSUME;
    }
    if (endStream) {
      to.inject(Unpooled.EMPTY_BUFFER, true);
    }
    return DataDecision.CONSUME;
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
