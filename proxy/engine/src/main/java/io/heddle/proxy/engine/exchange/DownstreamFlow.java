package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.codec.Trailers;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** The connection manager's chain: from the client's connection to the router. */
record DownstreamFlow(Exchange exchange) implements Flow {
  @Override
  public boolean over() {
    return exchange.completed();
  }

  @Override
  public @Nullable ResponseHead responseHead() {
    return exchange.response();
  }

  @Override
  public void requestHeaders(int index, boolean end) {
    exchange.requestHeaders(index, end);
  }

  @Override
  public void requestData(int index, ByteBuf data, boolean end) {
    exchange.requestData(index, data, end);
  }

  @Override
  public void requestTrailers(int index, Trailers trailers) {
    exchange.requestTrailers(index, trailers);
  }

  @Override
  public void responseHeaders(int index, boolean end) {
    exchange.responseHeaders(index, end);
  }

  @Override
  public void responseData(int index, ByteBuf data, boolean end) {
    exchange.responseData(index, data, end);
  }

  @Override
  public void responseTrailers(int index, Trailers trailers) {
    exchange.responseTrailers(index, trailers);
  }

  @Override
  public boolean slow(boolean ofRequest) {
    return ofRequest ? exchange.upstream.slow() : exchange.downstream.slow();
  }

  @Override
  public void disableRead(boolean ofRequest) {
    if (ofRequest) {
      exchange.downstream.disableRead();
    } else {
      exchange.upstream.disableRead();
    }
  }

  @Override
  public void enableRead(boolean ofRequest) {
    if (ofRequest) {
      exchange.downstream.enableRead();
    } else {
      exchange.upstream.enableRead();
    }
  }
}
