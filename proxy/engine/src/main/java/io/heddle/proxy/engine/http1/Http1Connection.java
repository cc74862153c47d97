package io.heddle.proxy.engine.http1;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.codec.Framing;
import io.heddle.proxy.codec.Outcome;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.codec.RequestParser;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.codec.ResponseWriter;
import io.heddle.proxy.codec.Trailers;
import io.heddle.proxy.codec.Violation;
import io.heddle.proxy.engine.connection.ConnectionGroup;
import io.heddle.proxy.engine.connection.DownstreamConnection;
import io.heddle.proxy.engine.exchange.ConnectionLife;
import io.heddle.proxy.engine.exchange.Downstream;
import io.heddle.proxy.engine.exchange.Exchange;
import io.heddle.proxy.engine.exchange.ExchangeBytes;
import io.heddle.proxy.engine.exchange.ExchangeTimers;
import io.heddle.proxy.engine.exchange.HttpChain;
import io.heddle.proxy.engine.exchange.HttpStats;
import io.heddle.proxy.engine.exchange.RefusalSubject;
import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.LastFlush;
import io.heddle.proxy.engine.loop.ReadSwitch;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.overload.HeaviestStreams;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.DuplexChannel;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A client's HTTP/1.1 connection. Owned by its event loop.
 *
 * <p>Requests are served one after another, and none is begun while the client does not take the
 * responses before it. What it sends ahead waits in {@code ahead}, with reading stopped, so that it
 * is at most what one read brought. A connection whose response ended before its request does not
 * read the rest: it says so, half-closes, and waits a moment for the client to have read the
 * response before it closes, as closing with unread input would reset it.
 */
// The channel's handler learns of failures.
@SuppressWarnings("FutureReturnValueIgnored")
public final class Http1Connection extends ChannelInboundHandlerAdapter
    implements Downstream, DownstreamConnection {
  private final Worker worker;
  private final HttpChain manager;
  private final ConnectionGroup group;
  private final ConnectionLife life;
  private final DuplexChannel channel;
  private final ReadSwitch reading;
  private final ConnectionInfo info;
  private final RequestParser parser;
  private final ResponseOut out;
  private final ExchangeTimers timers;
  private final Deadline timer =
      new Deadline() {
        @Override
        protected void expired() {
          timerExpired();
        }
      };
  private @Nullable Exchange exchange;
  private final Ahead ahead = new Ahead();
  private boolean requestEnded = true;
  private boolean endSignalled;
  private boolean parsing;
  private boolean persistent;
  private boolean responseClose;
  private boolean drainWanted;
  private boolean lingering;
  private boolean closed;
  private boolean slow;
  private boolean headerTimer;

  /** Another protocol was offered, and what follows waits until it is known whose it is. */
  private boolean upgrading;

  /** The connection speaks another protocol, to its end. */
  private boolean switched;

  private int readDisabled;
  private long requests;

  /** A connection not yet registered, whose life may have begun without a known protocol. */
  public Http1Connection(
      Worker worker,
      HttpChain manager,
      ConnectionGroup group,
      DuplexChannel channel,
      ReadSwitch reading,
      ConnectionInfo info,
      ConnectionLife life) {
    this.worker = worker;
    this.manager = manager;
    this.group = group;
    this.life = life;
    this.channel = channel;
    this.reading = reading;
    this.info = info;
    this.parser = new RequestParser(worker.heads(), manager.limits(), info.secure());
    this.out = new ResponseOut(worker, channel, manager);
    this.timers = new ExchangeTimers(worker);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    life.begin(this, manager.stats().cxHttp1Total, manager.stats().cxHttp1Active);
    idleTimer();
  }

  // --- reading ---

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    worker.beginBatch();
    ByteBuf in = (ByteBuf) message;
    worker.stats().add(manager.stats().rxBytes, in.readableBytes());
    if (closed || lingering) {
      in.release();
      return;
    }
    if (mustWait() || !ahead.isEmpty()) {
      keepAhead(in);
      return;
    }
    try {
      parse(in);
    } finally {
      in.release();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    worker.endBatch();
  }

  /**
   * Whether no request may be begun: the present one is whole and its response is not, or the
   * client does not take the responses it has, or it may be about to switch protocols.
   */
  private boolean mustWait() {
    return exchange == null ? slow : requestEnded || upgrading;
  }

  /** Takes ownership. */
  private void keepAhead(ByteBuf in) {
    if (ahead.keep(in)) {
      disableRead();
    }
  }

  private void parse(ByteBuf in) {
    parsing = true;
    try {
      while (!closed && !lingering) {
        if (mustWait()) {
          if (in.isReadable()) {
            ByteBuf rest = worker.allocator().directBuffer(in.readableBytes());
            rest.writeBytes(in);
            keepAhead(rest);
          }
          return;
        }
        int from = in.readerIndex();
        Outcome outcome = parser.parse(in);
        count(in.readerIndex() - from, outcome);
        switch (outcome) {
          case NEED_MORE -> {
            if (exchange == null && !parser.idle()) {
              headTimer();
            }
            return;
          }
          case HEAD -> begin(parser.takeHead());
          case DATA -> data(in);
          case TRAILERS -> trailers(parser.takeTrailers());
          case END -> ended();
          case ERROR -> {
            refuse();
            return;
          }
        }
      }
    } finally {
      parsing = false;
    }
  }

  /** Before anybody hears of them, who may write to the log at once. */
  private void count(int taken, Outcome outcome) {
    out.received(outcome == Outcome.DATA ? taken + parser.dataLength() : taken);
  }

  private void begin(RequestHead head) {
    out.headReceived(head.enteredBytes());
    headerTimer = false;
    worker.wheel().disarm(timer);
    requests++;
    worker.stats().increment(manager.stats().rqHttp1Total);
    // With a body of its own it is not clear what the other protocol would begin with.
    upgrading = parser.framing() == Framing.NONE && head.offersProtocol();
    boolean end = parser.exhausted() && !upgrading;
    requestEnded = false;
    endSignalled = end;
    persistent = head.keepAlive();
    out.begin(head);
    Exchange next = new Exchange(worker, manager, this, head);
    exchange = next;
    if (end) {
      // The parser must stand at the next request before the exchange may complete.
      Outcome outcome = parser.parse(Unpooled.EMPTY_BUFFER);
      if (outcome != Outcome.END) {
        throw new IllegalStateException("expected the end, not " + outcome);
      }
      requestEnded = true;
    }
    if (upgrading) {
      next.beginUpgrade();
    } else {
      next.begin(end);
    }
  }

  /** The offer is answered: what follows is the other protocol's, or the next request. */
  private void upgradeAnswered(boolean accepted) {
    upgrading = false;
    if (accepted) {
      switched = true;
      parser.tunnel();
    } else {
      endSignalled = true;
      requestEnded = parser.parse(Unpooled.EMPTY_BUFFER) == Outcome.END;
    }
  }

  private void data(ByteBuf in) {
    int size = parser.dataLength();
    Exchange current = exchange;
    if (current == null) {
      in.skipBytes(size);
      return;
    }
    ByteBuf data = in.readRetainedSlice(size);
    boolean end = parser.exhausted();
    if (end) {
      endSignalled = true;
      if (parser.parse(Unpooled.EMPTY_BUFFER) == Outcome.END) {
        requestEnded = true;
      }
    }
    current.requestData(data, end);
  }

  private void trailers(Trailers trailers) {
    Exchange current = exchange;
    endSignalled = true;
    if (current == null) {
      trailers.release();
      return;
    }
    out.headReceived(trailers.enteredBytes());
    if (parser.parse(Unpooled.EMPTY_BUFFER) == Outcome.END) {
      requestEnded = true;
    }
    current.requestTrailers(trailers);
  }

  private void ended() {
    requestEnded = true;
    Exchange current = exchange;
    if (current != null && !endSignalled) {
      endSignalled = true;
      current.requestData(Unpooled.EMPTY_BUFFER, true);
    }
  }

  private void refuse() {
    worker.stats().increment(manager.stats().cxProtocolError);
    Violation violation = parser.violation().orElse(Violation.REQUEST_LINE);
    Exchange current = exchange;
    persistent = false;
    if (current != null) {
      requestEnded = false;
      current.downstreamProtocolError(violation.details(), violation.status());
      return;
    }
    boolean withBody = parser.partialHead().map(head -> !head.methodIs("HEAD")).orElse(true);
    manager.stats().refused(worker.stats(), violation.status());
    String reason = ResponseWriter.reason(violation.status());
    out.whole(violation.status(), reason, withBody);
    new RefusedRequest(
            worker,
            manager,
            info,
            parser.partialHead(),
            violation,
            withBody ? reason.length() : 0,
            bytes().client.now())
        .log();
    linger();
  }

  // --- writing ---

  @Override
  public void sendInformational(ResponseHead head) {
    out.informational(head);
  }

  @Override
  public void sendContinue() {
    out.goOn();
  }

  @Override
  public void sendHead(ResponseHead head, boolean end) {
    if (upgrading) {
      upgradeAnswered(exchange != null && exchange.switched());
      if (switched) {
        responseClose = true;
        out.switched(head);
        goOnAhead();
        return;
      }
    }
    boolean untilClose = out.frame(head, end);
    long most = manager.config().limits().maxRequestsPerConnection();
    boolean last = most > 0 && requests >= most;
    if (last) {
      worker.stats().increment(manager.stats().cxMaxRequests);
    }
    boolean draining = drainWanted || group.closes(worker);
    if (draining && persistent) {
      worker.stats().increment(manager.stats().cxDrainClose);
    }
    // A response that is whole before its request: whatever else of that comes is not read.
    boolean early = !requestEnded && (end || (exchange != null && exchange.requestClosed()));
    responseClose = !persistent || last || draining || untilClose || early;
    out.head(head, responseClose);
  }

  @Override
  public void sendData(ByteBuf data, boolean end) {
    out.data(data, end);
  }

  @Override
  public void sendTrailers(Trailers trailers) {
    out.trailers(trailers);
  }

  @Override
  public void completed(boolean broken) {
    exchange = null;
    out.count();
    out.renewBytes();
    if (closed) {
      return;
    }
    if (broken) {
      out.flushIfQueued();
      channel.close();
      return;
    }
    if (!requestEnded) {
      if (!switched) {
        worker.stats().increment(manager.stats().rqResponseBeforeComplete);
      }
      linger();
      return;
    }
    if (responseClose || drainWanted) {
      // Bytes sent ahead may lie in this read, in the kernel or on the way: none may reset what we
      // said.
      linger();
      return;
    }
    idleTimer();
    goOnAhead();
  }

  /** Never from within, as a response may be under way further up the stack. */
  private void goOnAhead() {
    if (!parsing && !ahead.isEmpty()) {
      worker.loop().execute(() -> worker.batch(this::parseAhead));
    }
  }

  private void parseAhead() {
    if (closed || lingering || mustWait()) {
      return;
    }
    ByteBuf in = ahead.take();
    if (in == null) {
      return;
    }
    try {
      parse(in);
    } finally {
      in.release();
    }
    if (ahead.mayReadOn()) {
      enableRead();
    }
  }

  private void closeAfterFlush() {
    stopServing();
    LastFlush.thenClose(worker, channel, manager.config().timeouts().delayedClose());
  }

  /** The client may still be sending: it gets a moment to read what we said. */
  private void linger() {
    stopServing();
    // What still comes is read and dropped: unread it would reset the connection at its close.
    while (readDisabled > 0) {
      enableRead();
    }
    LastFlush.thenLinger(worker, channel, manager.config().timeouts().delayedClose());
  }

  private void stopServing() {
    lingering = true;
    headerTimer = false;
    worker.wheel().remove(timer);
    ahead.drop();
    out.flushIfQueued();
  }

  // --- time ---

  private void idleTimer() {
    Duration idle = manager.connectionIdle();
    if (!idle.isZero()) {
      worker.wheel().armAt(timer, worker.turnNanos(), idle.toNanos());
    }
  }

  private void headTimer() {
    long nanos = manager.config().timeouts().requestHeaders().toNanos();
    if (nanos > 0 && !headerTimer) {
      headerTimer = true;
      worker.wheel().armAt(timer, worker.turnNanos(), nanos);
    }
  }

  private void timerExpired() {
    if (headerTimer) {
      headerTimer = false;
      worker.stats().increment(manager.stats().rqHeaderTimeout);
      manager.stats().refused(worker.stats(), 408);
      String body = "request header timeout";
      out.whole(408, body, true);
      RefusalSubject.logLateHead(worker, manager, info, body.length(), bytes().client.now());
      linger();
    } else if (exchange == null) {
      worker.stats().increment(manager.stats().cxIdleTimeout);
      closeAfterFlush();
    }
  }

  // --- flow control ---

  @Override
  public void disableRead() {
    if (readDisabled++ == 0) {
      reading.disable();
    }
  }

  @Override
  public void enableRead() {
    if (readDisabled > 0 && --readDisabled == 0) {
      reading.enable();
    }
  }

  @Override
  public boolean slow() {
    return slow;
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (!channel.isWritable()) {
      out.flushIfQueued();
    }
    boolean now = !channel.isWritable();
    if (now != slow) {
      slow = now;
      Exchange current = exchange;
      if (current != null) {
        worker.batch(() -> current.downstreamWritable(!now));
      } else if (!now) {
        goOnAhead();
      }
    }
  }

  @Override
  public ConnectionInfo info() {
    return info;
  }

  @Override
  public long pendingBytes() {
    ChannelOutboundBuffer written = channel.unsafe().outboundBuffer();
    return written == null ? 0 : written.totalPendingWriteBytes();
  }

  @Override
  public void streams(HeaviestStreams to) {
    Exchange current = exchange;
    if (current != null) {
      to.see(current);
    }
  }

  @Override
  public ExchangeTimers timers() {
    return timers;
  }

  @Override
  public ExchangeBytes bytes() {
    return out.bytes();
  }

  // --- ends ---

  @Override
  public boolean endSoon() {
    drainWanted = true;
    return true;
  }

  @Override
  public void drain() {
    drainWanted = true;
    if (exchange == null && !lingering && !closed && parser.idle() && ahead.isEmpty()) {
      worker.stats().increment(manager.stats().cxDrainClose);
      closeAfterFlush();
    }
  }

  @Override
  public void closeNow() {
    channel.close();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    worker.batch(this::gone);
  }

  private void gone() {
    if (closed) {
      return;
    }
    closed = true;
    HttpStats stats = manager.stats();
    Exchange current = exchange;
    if (current != null) {
      worker
          .stats()
          .increment(lingering ? stats.cxDestroyLocalActive : stats.cxDestroyRemoteActive);
      current.downstreamGone();
    }
    out.count();
    timers.remove();
    worker.wheel().remove(timer);
    parser.close();
    out.discard();
    ahead.drop();
    life.end(stats.cxHttp1Active, lingering);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (!(cause instanceof java.io.IOException)) {
      org.slf4j.LoggerFactory.getLogger(Http1Connection.class)
          .error("Connection {} failed and is closed", info.id(), cause);
    }
    channel.close();
  }
}
