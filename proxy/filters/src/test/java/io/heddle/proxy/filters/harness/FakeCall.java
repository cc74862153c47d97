package io.heddle.proxy.filters.harness;

import com.google.protobuf.MessageLite;
import io.heddle.proxy.api.AsyncHttpClient;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.codec.HeadPool;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.codec.Trailers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** A call that the filter made to another service; the test answers it. */
public final class FakeCall implements AsyncHttpClient.Call {
  private final HeadPool pool;
  private final AsyncHttpClient.Request request;
  private final AsyncHttpClient.ResponseHandler handler;
  private boolean over;
  private boolean cancelled;

  FakeCall(
      HeadPool pool, AsyncHttpClient.Request request, AsyncHttpClient.ResponseHandler handler) {
    this.pool = pool;
    this.request = request;
    this.handler = handler;
  }

  /** What was asked. */
  public AsyncHttpClient.Request request() {
    return request;
  }

  /** Whether the filter, or the end of the exchange, gave it up. */
  public boolean cancelled() {
    return cancelled;
  }

  /** Answers; does nothing once the call is over. */
  public void respond(int status, String body) {
    if (over) {
      return;
    }
    over = true;
    ResponseHead head = pool.response().start(status);
    ByteBuf bytes = Unpooled.copiedBuffer(body, StandardCharsets.UTF_8);
    handler.onResponse(head, bytes, Optional.empty());
    bytes.release();
    head.release();
  }

  /**
   * Answers as a gRPC service does: one message, and the status in trailers; does nothing once the
   * call is over.
   */
  public void respondGrpc(int grpcStatus, MessageLite message) {
    if (over) {
      return;
    }
    over = true;
    ResponseHead head = pool.response().start(200);
    head.add(HeaderName.of("content-type"), "application/grpc");
    byte[] bytes = message.toByteArray();
    ByteBuf body = Unpooled.buffer().writeByte(0).writeInt(bytes.length).writeBytes(bytes);
    Trailers trailers = pool.trailers();
    trailers.add(HeaderName.of("grpc-status"), Integer.toString(grpcStatus));
    handler.onResponse(head, body, Optional.of(trailers));
    body.release();
    trailers.release();
    head.release();
  }

  /** Fails; does nothing once the call is over. */
  public void fail(AsyncHttpClient.Failure failure) {
    if (!over) {
      over = true;
      handler.onFailure(failure);
    }
  }

  @Override
  public void cancel() {
    if (!over) {
      over = true;
      cancelled = true;
    }
  }
}
