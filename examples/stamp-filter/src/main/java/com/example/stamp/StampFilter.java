package com.example.stamp;

import com.google.protobuf.ByteString;
import io.heddle.proxy.api.AsyncHttpClient;
import io.heddle.proxy.api.BodyWhileSuspended;
import io.heddle.proxy.api.DataDecision;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResetReason;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.api.StreamInfo;
import io.heddle.proxy.api.TrailersDecision;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/**
 * Holds a request until its body is whole and its ticket has come, then sends it on with the stamp
 * before the body; upper-cases the response as it streams, and puts the stamp behind it.
 */
final class StampFilter implements HttpFilter {
  private static final HeaderName TICKET = HeaderName.of("x-ticket");
  private static final HeaderName CONTENT_LENGTH = HeaderName.of("content-length");
  private static final HeaderName CONTENT_ENCODING = HeaderName.of("content-encoding");
  private static final int MAX_TICKET_BYTES = 256;

  private final StampConfig configured;
  private final StatsScope.Counter stamped;
  private final StatsScope.Counter refused;
  private final HttpFilterContext context;

  private StampConfig config;
  private Optional<AsyncHttpClient.Call> call = Optional.empty();
  private boolean hasBody;
  private boolean changesResponse;
  private boolean over;

  StampFilter(
      StampConfig configured,
      StatsScope.Counter stamped,
      StatsScope.Counter refused,
      HttpFilterContext context) {
    this.configured = configured;
    this.config = configured;
    this.stamped = stamped;
    this.refused = refused;
    this.context = context;
  }

  // --- the request: gathered, rewritten, and held until another service has answered ---

  @Override
  public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean endStream) {
    // The most specific configuration of the route wins over the filter's own.
    config = context.routeConfig(StampConfig.class).orElse(configured);
    // A client must not bring a ticket of its own.
    headers.remove(TICKET);
    if (endStream) {
      if (config.ticket().isEmpty()) {
        return HeadersDecision.CONTINUE;
      }
      askForTicket();
      return new HeadersDecision.Suspend(BodyWhileSuspended.PAUSE);
    }
    hasBody = true;
    // DELIVER: the body is shown to onRequestData while the headers are held.
    return new HeadersDecision.Suspend(BodyWhileSuspended.DELIVER);
  }

  @Override
  public DataDecision onRequestData(ByteBuf data, boolean endStream) {
    if (endStream) {
      whole();
    }
    // The last piece too is in the buffer only once this callback has returned; what is asked for
    // in
    // whole() runs after that. Beyond the buffer's limit the proxy replies 413 by itself.
    return DataDecision.BUFFER;
  }

  @Override
  public TrailersDecision onRequestTrailers(HeaderMap trailers) {
    whole();
    return TrailersDecision.SUSPEND;
  }

  private void whole() {
    if (config.ticket().isPresent()) {
      askForTicket();
    } else {
      context.execute(this::release);
    }
  }

  private void askForTicket() {
    StampConfig.Ticket ticket = config.ticket().orElseThrow();
    AsyncHttpClient.Request request =
        new AsyncHttpClient.Request(
            ticket.cluster(),
            Map.of(
                HeaderName.of(":method"), "GET",
                HeaderName.of(":path"), ticket.path(),
                HeaderName.of(":authority"), ticket.cluster()),
            ByteString.EMPTY,
            ticket.timeout(),
            MAX_TICKET_BYTES);
    // Not from here: an answer that is there at once would come before the decision to suspend.
    context.execute(() -> {
      if (!over) {
        call = Optional.of(context.httpClient().send(request, new TicketHandler()));
      }
    });
  }

  private final class TicketHandler implements AsyncHttpClient.ResponseHandler {
    @Override
    public void onResponse(ResponseHeaders headers, ByteBuf body, Optional<HeaderMap> trailers) {
      call = Optional.empty();
      String ticket = body.toString(StandardCharsets.US_ASCII).strip();
      if (headers.status() != 200 || !ticket.matches("[!-~]{1,64}")) {
        refuse();
        return;
      }
      context.requestHeaders().set(TICKET, ticket);
      release();
    }

    @Override
    public void onFailure(AsyncHttpClient.Failure failure) {
      call = Optional.empty();
      refuse();
    }
  }

  private void refuse() {
    refused.increment();
    context.reply(LocalReply.of(503, "stamp_no_ticket", "no ticket\n"));
  }

  private void release() {
    if (over || !context.request().suspended()) {
      return;
    }
    if (hasBody) {
      // Ours is a copy, so that the buffer which the proxy owns is replaced whole; the proxy
      // corrects
      // content-length.
      ByteBuf stampedBody = Unpooled.buffer();
      ByteBufUtil.writeAscii(stampedBody, config.stamp() + ' ');
      context
          .request()
          .buffered()
          .ifPresent(
              body -> stampedBody.writeBytes(body, body.readerIndex(), body.readableBytes()));
      context.request().replaceBuffered(stampedBody);
      stamped.increment();
    }
    context.request().resume();
  }

  // --- the response: changed piece by piece while it streams ---

  @Override
  public HeadersDecision onResponseHeaders(ResponseHeaders headers, boolean endStream) {
    changesResponse = !endStream && !headers.contains(CONTENT_ENCODING);
    if (changesResponse) {
      // It will be longer than it was.
      headers.remove(CONTENT_LENGTH);
    }
    return HeadersDecision.CONTINUE;
  }

  @Override
  public DataDecision onResponseData(ByteBuf data, boolean endStream) {
    if (!changesResponse) {
      return DataDecision.CONTINUE;
    }
    ByteBuf changed = Unpooled.buffer(data.readableBytes() + config.stamp().length() + 2);
    for (int i = data.readerIndex(); i < data.writerIndex(); i++) {
      byte b = data.getByte(i);
      changed.writeByte(b >= 'a' && b <= 'z' ? b - 32 : b);
    }
    if (endStream) {
      ByteBufUtil.writeAscii(changed, " " + config.stamp());
    }
    // CONSUME and inject: the piece that came goes nowhere, ours goes in its place and its order.
    context.response().inject(changed, endStream);
    return DataDecision.CONSUME;
  }

  @Override
  public TrailersDecision onResponseTrailers(HeaderMap trailers) {
    if (changesResponse) {
      ByteBuf tail = Unpooled.buffer();
      ByteBufUtil.writeAscii(tail, " " + config.stamp());
      context.response().inject(tail, false);
    }
    return TrailersDecision.CONTINUE;
  }

  // --- the end ---

  @Override
  public void onReset(ResetReason reason) {
    // What was buffered is the proxy's and is released by it; what we have asked for is given up.
    over = true;
    call.ifPresent(AsyncHttpClient.Call::cancel);
    call = Optional.empty();
  }

  @Override
  public void onComplete(StreamInfo info) {
    over = true;
  }
}
