package io.heddle.proxy.engine.http2;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.codec.Trailers;
import io.heddle.proxy.engine.exchange.Downstream;
import io.heddle.proxy.engine.exchange.Exchange;
import io.heddle.proxy.engine.exchange.ExchangeBytes;
import io.heddle.proxy.engine.exchange.ExchangeTimers;
import io.heddle.proxy.engine.exchange.HttpChain;
import io.heddle.proxy.engine.frames.FrameConnection;
import io.heddle.proxy.engine.frames.FrameStream;
import io.heddle.proxy.engine.frames.StreamFlow;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.overload.HeaviestStreams;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.util.AsciiString;
import org.jspecify.annotations.Nullable;

/**
 * One stream of a client's connection, which carries one exchange; used again for another stream
 * when it has closed. Owned by the connection's loop.
 */
final class ClientStream implements Downstream {
  private static final AsciiString[] STATUS = new AsciiString[600];
  private static final AsciiString STATUS_NAME = AsciiString.cached(":status");
  private static final int FRAME_HEAD = 9;

  static {
    for (int i = 100; i < STATUS.length; i++) {
      STATUS[i] = AsciiString.cached(Integer.toString(i));
    }
  }

  private final Worker worker;
  private final HttpChain manager;
  private final Http2Downstream connection;
  private final FrameConnection<ClientStream> frames;
  private final ConnectionInfo info;
  private final ExchangeTimers timers;
  private final StreamFlow<ClientStream> flow;
  private final ExchangeBytes bytes = new ExchangeBytes();
  private @Nullable Exchange exchange;
  private boolean requestEnded;
  private boolean headRequest;
  private boolean over;

  ClientStream(
      Worker worker,
      HttpChain manager,
      Http2Downstream connection,
      FrameConnection<ClientStream> frames,
      ConnectionInfo info) {
    this.worker = worker;
    this.manager = manager;
    this.connection = connection;
    this.frames = frames;
    this.info = info;
    this.timers = new ExchangeTimers(worker);
    this.flow = new StreamFlow<>(frames);
  }

  void begin(FrameStream<ClientStream> on, RequestHead head, boolean end) {
    flow.renew(on);
    requestEnded = end;
    headRequest = head.methodIs("HEAD");
    over = false;
    bytes.clear();
    received(frames.fieldBytes(), true);
    Exchange next = new Exchange(worker, manager, this, head);
    exchange = next;
    if (!head.offersProtocol()) {
      next.begin(end);
    } else {
      next.beginUpgrade();
      if (end && !next.completed()) {
        next.requestData(Unpooled.EMPTY_BUFFER, true);
      }
    }
  }

  /** A piece of the request's body; returns how much of it needs no more room here. */
  int data(ByteBuf data, int size, boolean end) {
    Exchange current = exchange;
    requestEnded |= end;
    if (current == null) {
      return size;
    }
    received(frames.frameBytes(), false);
    current.requestData(data.readRetainedSlice(size), end);
    // Where whoever takes the body is slow, the client gets this credit when it goes on.
    return flow.came(size);
  }

  /** Takes ownership. */
  void trailers(Trailers trailers) {
    Exchange current = exchange;
    requestEnded = true;
    if (current == null) {
      trailers.release();
    } else {
      received(frames.fieldBytes(), true);
      current.requestTrailers(trailers);
    }
  }

  /** A frame that is neither fields nor body has come. */
  void control(int size) {
    received(size, false);
  }

  private void received(int size, boolean fields) {
    bytes.client.received(size);
    bytes.client.headReceived(fields ? size : 0);
  }

  private void sent(int size, boolean fields) {
    bytes.client.sent(size);
    bytes.client.headSent(fields ? size : 0);
  }

  void protocolError(String detail) {
    Exchange current = exchange;
    if (current != null) {
      current.downstreamProtocolError(detail, 400);
    }
    reset(Http2Error.PROTOCOL_ERROR);
  }

  /** A frame on it breaks the protocol, for which the stream is about to be reset. */
  void violated() {
    Exchange current = exchange;
    over = true;
    if (current != null) {
      current.downstreamViolation("http2.violation.of.messaging.rule");
    }
  }

  /** The stream is no more, whoever ended it. */
  void closed() {
    Exchange current = exchange;
    over = true;
    if (current != null) {
      current.downstreamGone();
    }
    exchange = null;
    flow.end();
  }

  /** Nothing will be served here again. */
  void free() {
    timers.remove();
  }

  // --- the response ---

  @Override
  public void sendInformational(ResponseHead head) {
    // 101 means nothing in HTTP/2 (RFC 9113, 8.6).
    if (!over && head.status() != 101) {
      headers(head, false);
    }
  }

  @Override
  public void sendContinue() {
    if (!over) {
      sent(
          frames.writeHeaders(flow.open(), frames.fields().add(STATUS_NAME, STATUS[100]), false),
          true);
    }
  }

  @Override
  public void sendHead(ResponseHead head, boolean end) {
    if (!over) {
      connection.answering();
      headers(head, end);
      if (end) {
        ended();
      }
    }
  }

  private void headers(ResponseHead head, boolean end) {
    sent(
        frames.writeHeaders(
            flow.open(),
            frames
                .fields()
                // What HTTP/1.1 switches to is a stream's in HTTP/2 (RFC 8441, 5).
                .add(STATUS_NAME, STATUS[head.status() == 101 ? 200 : head.status()])
                .rest(head),
            end),
        true);
  }

  @Override
  public void sendData(ByteBuf data, boolean end) {
    if (over || headRequest) {
      data.release();
      if (end && !over) {
        frames.writeData(flow.open(), Unpooled.EMPTY_BUFFER, true);
        ended();
      }
      return;
    }
    if (!end && !data.isReadable()) {
      data.release();
      return;
    }
    sent(FRAME_HEAD + data.readableBytes(), false);
    frames.writeData(flow.open(), data, end);
    if (end) {
      ended();
    } else {
      writabilityChanged();
    }
  }

  @Override
  public void sendTrailers(Trailers trailers) {
    if (!over) {
      // They may have to wait for the body before them, and the exchange does not.
      int size = frames.writeHeaders(flow.open(), frames.fields().rest(trailers), true);
      sent(size > 0 ? size : FRAME_HEAD + trailers.byteSize(), true);
      ended();
    }
  }

  /**
   * The response is whole. What is left of the request is not wanted: the client is told so when it
   * has been sent the response (RFC 9113, 8.1).
   */
  private void ended() {
    over = true;
    FrameStream<ClientStream> on = flow.stream();
    if (requestEnded || on == null) {
      return;
    }
    worker.stats().increment(manager.stats().rqResponseBeforeComplete);
    frames.unwantedAtEnd(on);
  }

  private void reset(Http2Error error) {
    FrameStream<ClientStream> on = flow.stream();
    if (on != null && !over) {
      over = true;
      frames.reset(on, error);
    }
  }

  @Override
  public void completed(boolean broken) {
    exchange = null;
    flow.giveCredit();
    FrameStream<ClientStream> on = flow.stream();
    if (broken && on != null && !over) {
      over = true;
      frames.reset(on, Http2Error.INTERNAL_ERROR);
    }
  }

  // --- flow control ---

  @Override
  public void disableRead() {
    flow.disableRead();
  }

  @Override
  public void enableRead() {
    flow.enableRead();
  }

  /** The queues of the flow control do not tell: what a slow client is owed is at the limit. */
  @Override
  public long pendingBytes() {
    return flow.slow() ? manager.bufferLimit() : 0;
  }

  void show(HeaviestStreams to) {
    Exchange current = exchange;
    if (current != null) {
      to.see(current);
    }
  }

  @Override
  public boolean slow() {
    return flow.slow();
  }

  void writabilityChanged() {
    Exchange current = exchange;
    if (current != null && !over && flow.slowChanged()) {
      boolean writable = !flow.slow();
      worker.batch(() -> current.downstreamWritable(writable));
    }
  }

  @Override
  public ConnectionInfo info() {
    return info;
  }

  @Override
  public ExchangeTimers timers() {
    return timers;
  }

  @Override
  public ExchangeBytes bytes() {
    return bytes;
  }
}
