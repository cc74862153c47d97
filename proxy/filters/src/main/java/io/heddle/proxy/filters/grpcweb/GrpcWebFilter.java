package io.heddle.proxy.filters.grpcweb;

import io.heddle.proxy.api.BodyWhileSuspended;
import io.heddle.proxy.api.DataDecision;
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
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** Turns a gRPC-Web request into a gRPC one, and the response's trailers into its last frame. */
final class GrpcWebFilter implements HttpFilter {
  private static final HeaderName CONTENT_TYPE = HeaderName.of("content-type");
  private static final HeaderName CONTENT_LENGTH = HeaderName.of("content-length");
  private static final HeaderName ACCEPT = HeaderName.of("accept");
  private static final HeaderName TE = HeaderName.of("te");
  private static final HeaderName GRPC_ACCEPT_ENCODING = HeaderName.of("grpc-accept-encoding");
  private static final HeaderName GRPC_STATUS = HeaderName.of("grpc-status");
  private static final HeaderName GRPC_MESSAGE = HeaderName.of("grpc-message");
  private static final String BINARY = "application/grpc-web";
  private static final String TEXT = "application/grpc-web-text";
  private static final byte TRAILERS_FRAME = (byte) 0x80;

  /** How much of a response that is not gRPC becomes the message of its status. */
  private static final int LONGEST_MESSAGE = 16 << 10;

  private static final LocalReply NOT_BASE64 =
      LocalReply.of(
          400, "grpc_base_64_decode_failed", "Bad gRPC-web request, invalid base64 data.");

  private final HttpFilterContext context;
  private boolean translates;
  private @Nullable Base64Stream requestText;
  private boolean responseText;
  private @Nullable ByteBuf foreign;

  GrpcWebFilter(HttpFilterContext context) {
    this.context = context;
  }

  @Override
  public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean endStream) {
    String type = headers.first(CONTENT_TYPE).orElse("");
    boolean text = GrpcText.kind(type, TEXT);
    if (!text && !GrpcText.kind(type, BINARY)) {
      return HeadersDecision.CONTINUE;
    }
    translates = true;
    requestText = text ? new Base64Stream() : null;
    responseText = GrpcText.kind(headers.first(ACCEPT).orElse(""), TEXT);
    headers.remove(CONTENT_LENGTH);
    headers.set(CONTENT_TYPE, "application/grpc");
    headers.set(TE, "trailers");
    headers.set(GRPC_ACCEPT_ENCODING, "identity,deflate,gzip");
    return HeadersDecision.CONTINUE;
  }

  @Override
  public DataDecision onRequestData(ByteBuf data, boolean endStream) {
    Base64Stream stream = requestText;
    if (stream == null) {
      return DataDecision.CONTINUE;
    }
    ByteBuf decoded = stream.decode(data);
    if (decoded == null || (endStream && !stream.whole())) {
      if (decoded != null) {
        decoded.release();
      }
      context.reply(NOT_BASE64);
      return DataDecision.CONSUME;
    }
    if (decoded.isReadable() || endStream) {
      context.request().inject(decoded, endStream);
    } else {
      decoded.release();
    }
    return DataDecision.CONSUME;
  }

  @Override
  public HeadersDecision onResponseHeaders(ResponseHeaders headers, boolean endStream) {
    if (!translates) {
      return HeadersDecision.CONTINUE;
    }
    boolean grpc = GrpcText.isGrpc(headers.first(CONTENT_TYPE).orElse(""));
    headers.remove(CONTENT_LENGTH);
    if (!grpc && !headers.contains(GRPC_STATUS) && !endStream) {
      // An error page of somebody on the way: a client can only show it as a status.
      foreign = Unpooled.buffer();
      return new HeadersDecision.Suspend(BodyWhileSuspended.DELIVER);
    }
    headers.set(CONTENT_TYPE, responseType());
    if (!grpc && !headers.contains(GRPC_STATUS)) {
      headers.set(GRPC_STATUS, Integer.toString(GrpcText.ofHttpStatus(headers.status())));
    }
    return HeadersDecision.CONTINUE;
  }

  private String responseType() {
    return responseText ? TEXT + "+proto" : BINARY + "+proto";
  }

  @Override
  public DataDecision onResponseData(ByteBuf data, boolean endStream) {
    if (!translates) {
      return DataDecision.CONTINUE;
    }
    ByteBuf page = foreign;
    if (page != null) {
      int room = LONGEST_MESSAGE - page.readableBytes();
      page.writeBytes(data, data.readerIndex(), Math.min(room, data.readableBytes()));
      if (endStream) {
        endForeign(page);
      }
      return DataDecision.CONSUME;
    }
    if (!responseText) {
      return DataDecision.CONTINUE;
    }
    if (data.isReadable() || endStream) {
      context.response().inject(encoded(data), endStream);
    }
    return DataDecision.CONSUME;
  }

  /** The head goes on with the page as its status, and nothing after it. */
  private void endForeign(ByteBuf page) {
    context
        .responseHeaders()
        .ifPresent(headers -> {
          headers.set(CONTENT_TYPE, responseType());
          headers.set(GRPC_STATUS, Integer.toString(GrpcText.ofHttpStatus(headers.status())));
          headers.set(GRPC_MESSAGE, GrpcText.percentEncoded(page.toString(StandardCharsets.UTF_8)));
          headers.set(CONTENT_LENGTH, "0");
        });
    context.response().inject(Unpooled.EMPTY_BUFFER, true);
  }

  private static ByteBuf encoded(ByteBuf data) {
    byte[] bytes = new byte[data.readableBytes()];
    data.getBytes(data.readerIndex(), bytes);
    return Unpooled.wrappedBuffer(Base64.getEncoder().encode(bytes));
  }

  @Override
  public TrailersDecision onResponseTrailers(HeaderMap trailers) {
    if (!translates) {
      return TrailersDecision.CONTINUE;
    }
    ByteBuf page = foreign;
    if (page != null) {
      endForeign(page);
      return TrailersDecision.CONTINUE;
    }
    ByteBuf frame = Unpooled.buffer(64);
    frame.writeByte(TRAILERS_FRAME).writeInt(0);
    trailers.forEach((name, value) -> {
      frame.writeCharSequence(name, StandardCharsets.ISO_8859_1);
      frame.writeByte(':');
      frame.writeCharSequence(value, StandardCharsets.ISO_8859_1);
      frame.writeByte('\r').writeByte('\n');
    });
    frame.setInt(1, frame.readableBytes() - 5);
    context.response().inject(responseText ? encoded(frame) : frame, true);
    return TrailersDecision.CONTINUE;
  }
}
