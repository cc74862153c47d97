package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.codec.HttpVersion;
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
    requestHeaders(exchange, index, end);
  }

  @Override
  public void requestData(int index, ByteBuf data, boolean end) {
    requestData(exchange, index, data, end);
  }

  @Override
  public void requestTrailers(int index, Trailers trailers) {
    requestTrailers(exchange, index, trailers);
  }

  @Override
  public void responseHeaders(int index, boolean end) {
    responseHeaders(exchange, index, end);
  }

  @Override
  public void responseData(int index, ByteBuf data, boolean end) {
    responseData(exchange, index, data, end);
  }

  @Override
  public void responseTrailers(int index, Trailers trailers) {
    responseTrailers(exchange, index, trailers);
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

  // --- the same for an exchange without filters, which has no flow ---

  static void requestHeaders(Exchange of, int index, boolean end) {
    if (index < of.stages.length) {
      of.stages[index].requestDirection().headers(end);
    } else {
      of.upstream.headers(end);
    }
  }

  /** Takes ownership. */
  static void requestData(Exchange of, int index, ByteBuf data, boolean end) {
    if (of.requestClosed()) {
      data.release();
    } else if (index < of.stages.length) {
      of.stages[index].requestDirection().data(data, end);
    } else {
      of.upstream.data(data, end);
    }
  }

  static void requestTrailers(Exchange of, int index, Trailers trailers) {
    if (of.requestClosed()) {
      return;
    }
    if (index < of.stages.length) {
      of.stages[index].requestDirection().trailers(trailers);
    } else {
      of.upstream.trailers(trailers);
    }
  }

  /** An interim response of the upstream. Takes ownership. */
  static void informational(Exchange of, ResponseHead head) {
    for (int i = of.stages.length - 1; i >= 0; i--) {
      of.stages[i].informational(head);
    }
    if (!of.completed() && !of.responseStarted() && of.request.version() != HttpVersion.HTTP_1_0) {
      of.downstream.sendInformational(head);
    }
    head.release();
  }

  static void responseHeaders(Exchange of, int index, boolean end) {
    if (of.completed()) {
      return;
    }
    if (index >= 0) {
      of.stages[index].responseDirection().headers(end);
    } else {
      of.sendHead(end);
    }
  }

  /** Takes ownership. */
  static void responseData(Exchange of, int index, ByteBuf data, boolean end) {
    if (of.completed()) {
      data.release();
    } else if (index >= 0) {
      of.stages[index].responseDirection().data(data, end);
    } else {
      of.log.bytesSent += data.readableBytes();
      of.downstream.sendData(data, end);
      if (end) {
        of.complete(false);
      }
    }
  }

  static void responseTrailers(Exchange of, int index, Trailers trailers) {
    if (of.completed()) {
      return;
    }
    if (index >= 0) {
      of.stages[index].responseDirection().trailers(trailers);
    } else {
      of.downstream.sendTrailers(trailers);
      of.complete(false);
    }
  }
}
