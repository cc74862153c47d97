package io.heddle.proxy.filters.buffer;

import io.heddle.proxy.api.BodyWhileSuspended;
import io.heddle.proxy.api.DataDecision;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.RequestHeaders;
import io.netty.buffer.ByteBuf;

/** Gathers the body, then sends the request on with its length. */
final class BufferFilter implements HttpFilter {
  private static final HeaderName CONTENT_LENGTH = HeaderName.of("content-length");
  private static final LocalReply TOO_LARGE =
      LocalReply.of(413, "request_payload_too_large", "Payload Too Large");

  private final BufferLimit configured;
  private final HttpFilterContext context;
  private BufferLimit limit = BufferLimit.DISABLED;
  private long held;

  BufferFilter(BufferLimit configured, HttpFilterContext context) {
    this.configured = configured;
    this.context = context;
  }

  @Override
  public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean endStream) {
    limit = context.routeConfig(BufferLimit.class).orElse(configured);
    if (endStream || !limit.enabled()) {
      limit = BufferLimit.DISABLED;
      return HeadersDecision.CONTINUE;
    }
    context.request().bufferLimit(limit.maxBytes());
    return new HeadersDecision.Suspend(BodyWhileSuspended.DELIVER);
  }

  @Override
  public DataDecision onRequestData(ByteBuf data, boolean endStream) {
    if (!limit.enabled()) {
      return DataDecision.CONTINUE;
    }
    held += data.readableBytes();
    if (held > limit.maxBytes()) {
      context.reply(TOO_LARGE);
      return DataDecision.CONSUME;
    }
    if (!endStream) {
      return DataDecision.BUFFER;
    }
    if (!context.requestHeaders().contains(CONTENT_LENGTH)) {
      context.requestHeaders().set(CONTENT_LENGTH, Long.toString(held));
    }
    return DataDecision.CONTINUE;
  }
}
