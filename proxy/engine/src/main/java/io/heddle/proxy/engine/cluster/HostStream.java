package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.codec.FieldSection;
import io.heddle.proxy.codec.Framing;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.codec.Trailers;
import io.heddle.proxy.engine.cluster.UpstreamStream.UpstreamReset;
import io.heddle.proxy.engine.frames.FieldList;
import io.heddle.proxy.engine.frames.FrameConnection;
import io.heddle.proxy.engine.frames.FrameStream;
import io.heddle.proxy.engine.frames.StreamFlow;
import io.heddle.proxy.engine.loop.ByteMeter;
import io.heddle.proxy.engine.loop.Worker;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.util.AsciiString;
import org.jspecify.annotations.Nullable;

/** One stream of an HTTP/2 connection to a host. Owned by the connection's loop. */
// A stream that failed closes.
@SuppressWarnings("FutureReturnValueIgnored")
final class HostStream implements UpstreamConnection {
  private static final AsciiString CONNECT = AsciiString.cached("CONNECT");
  private static final AsciiString METHOD = AsciiString.cached(":method");
  private static final AsciiString PATH = AsciiString.cached(":path");
  private static final AsciiString SCHEME = AsciiString.cached(":scheme");
  private static final AsciiString AUTHORITY = AsciiString.cached(":authority");
  private static final AsciiString PROTOCOL = AsciiString.cached(":protocol");
  private static final AsciiString TE = AsciiString.cached("te");
  private static final AsciiString TRAILERS = AsciiString.cached("trailers");
  private static final AsciiString HTTP = AsciiString.cached("http");
  private static final AsciiString HTTPS = AsciiString.cached("https");
  private static final int FRAME_HEAD = 9;

  private final Worker worker;
  private final Http2UpstreamConnection connection;
  private final FrameConnection<HostStream> frames;
  private final StreamFlow<HostStream> flow;
  private final boolean reused;
  private @Nullable UpstreamStream target;
  private boolean requestDone;
  private boolean headGiven;
  private boolean responseDone;
  private boolean anyByte;
  private boolean over;
  private long resetCode = -1;
  private @Nullable String malformed;
  private @Nullable String offered;

  HostStream(
      Worker worker,
      Http2UpstreamConnection connection,
      FrameConnection<HostStream> frames,
      UpstreamStream target,
      boolean reused) {
    this.worker = worker;
    this.connection = connection;
    this.frames = frames;
    this.flow = new StreamFlow<>(frames);
    this.target = target;
    this.reused = reused;
  }

  // --- the request ---

  @Override
  public UpstreamSocket socket() {
    return connection.socket();
  }

  @Override
  public boolean reused() {
    return reused;
  }

  @Override
  public boolean switchesProtocols(RequestHead offer) {
    return offer.methodIs("CONNECT") || connection.extendedConnect();
  }

  @Override
  public void sendHead(RequestHead head, Framing framing, long contentLength, boolean end) {
    FrameStream<HostStream> opened = frames.open(this);
    if (opened == null) {
      over = true;
      connection.neverOpened();
      lost(new UpstreamReset(false, reused, false, "no stream could be opened", true, true));
      return;
    }
    flow.begin(opened);
    requestDone = end;
    FieldList fields = frames.fields();
    if (framing == Framing.UNTIL_CLOSE) {
      offer(head, fields);
    } else {
      fields
          .add(METHOD, FieldSection.method(head))
          .add(PATH, FieldSection.path(head))
          .add(SCHEME, head.scheme().equals("https") ? HTTPS : HTTP)
          .add(AUTHORITY, FieldSection.authority(head));
    }
    if (head.acceptsTrailers()) {
      fields.add(TE, TRAILERS);
    }
    sent(frames.writeHeaders(opened, fields.rest(head), end), true);
  }

  /** A CONNECT (RFC 9113, 8.5), an extended one where a protocol is offered (RFC 8441, 4). */
  private void offer(RequestHead head, FieldList fields) {
    fields.add(METHOD, CONNECT);
    AsciiString protocol = head.offered();
    if (!protocol.isEmpty()) {
      offered = protocol.toString();
      fields
          .add(PROTOCOL, protocol)
          .add(SCHEME, head.scheme().equals("https") ? HTTPS : HTTP)
          .add(PATH, FieldSection.path(head));
    }
    fields.add(AUTHORITY, FieldSection.authority(head));
  }

  @Override
  public void sendData(ByteBuf data, boolean end) {
    FrameStream<HostStream> on = flow.stream();
    if (on == null || over || (!end && !data.isReadable())) {
      data.release();
      return;
    }
    requestDone |= end;
    sent(FRAME_HEAD + data.readableBytes(), false);
    frames.writeData(on, data, end);
    if (!end) {
      writabilityChanged();
    }
  }

  @Override
  public void sendTrailers(Trailers trailers) {
    FrameStream<HostStream> on = flow.stream();
    if (on == null || over) {
      return;
    }
    requestDone = true;
    // They may have to wait for the body before them, and the exchange does not.
    int size = frames.writeHeaders(on, frames.fields().rest(trailers), true);
    sent(size > 0 ? size : FRAME_HEAD + trailers.byteSize(), true);
  }

  private void sent(int bytes, boolean fields) {
    UpstreamStream to = target;
    ByteMeter meter = to == null ? null : to.bytes();
    if (meter != null) {
      meter.sent(bytes);
      meter.headSent(fields ? bytes : 0);
    }
  }

  /** A frame that is neither fields nor body has come. */
  void control(int bytes) {
    received(bytes, false);
  }

  private void received(int bytes, boolean fields) {
    UpstreamStream to = target;
    ByteMeter meter = to == null ? null : to.bytes();
    if (meter != null) {
      meter.received(bytes);
      meter.headReceived(fields ? bytes : 0);
    }
  }

  @Override
  public void abandon() {
    target = null;
    FrameStream<HostStream> on = flow.stream();
    if (on == null) {
      if (!over) {
        over = true;
        connection.neverOpened();
      }
      return;
    }
    flow.giveCredit();
    if (!over) {
      over = true;
      // NO_ERROR: the response is whole, and the rest of the request not worth sending.
      frames.reset(on, responseDone ? Http2Error.NO_ERROR : Http2Error.CANCEL);
    }
  }

  // --- the response ---

  boolean headGiven() {
    return headGiven;
  }

  /** Takes ownership. */
  void head(ResponseHead head, boolean end) {
    UpstreamStream to = target;
    anyByte = true;
    received(frames.fieldBytes(), true);
    String protocol = offered;
    if (protocol != null && head.status() == 200) {
      // As HTTP/1.1 would say it, which is how it is said here.
      head.switching(protocol);
    }
    if (to == null) {
      head.release();
    } else if (head.status() < 200 && head.status() != 101) {
      to.onInformational(head);
    } else {
      headGiven = true;
      responseDone = end;
      to.onHead(head, end);
    }
  }

  /** A piece of the body; returns how much of it needs no more room here. */
  int data(ByteBuf data, int size, boolean end) {
    UpstreamStream to = target;
    if (to == null) {
      return size;
    }
    received(frames.frameBytes(), false);
    responseDone |= end;
    to.onData(data.readRetainedSlice(size), end);
    return over ? size : flow.came(size);
  }

  /** Takes ownership. */
  void trailers(Trailers trailers) {
    UpstreamStream to = target;
    responseDone = true;
    received(frames.fieldBytes(), true);
    if (to == null) {
      trailers.release();
    } else {
      to.onTrailers(trailers);
    }
  }

  void resetByHost(long errorCode) {
    resetCode = errorCode;
  }

  void malformed(String detail) {
    malformed = detail;
  }

  /** The stream is no more. */
  void closed(boolean refused) {
    over = true;
    flow.end();
    if (responseDone) {
      target = null;
      return;
    }
    String wrong = malformed;
    boolean byHost = resetCode >= 0;
    lost(
        new UpstreamReset(
            wrong != null || (connection.broken() && !byHost),
            reused,
            anyByte,
            wrong == null ? "" : wrong,
            byHost,
            refused || resetCode == Http2Error.REFUSED_STREAM.code()));
  }

  private void lost(UpstreamReset reset) {
    UpstreamStream to = target;
    target = null;
    if (to != null) {
      to.onReset(reset);
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

  @Override
  public boolean slow() {
    return flow.slow();
  }

  void writabilityChanged() {
    UpstreamStream to = target;
    if (to != null && !requestDone && flow.slowChanged()) {
      boolean writable = !flow.slow();
      worker.batch(() -> to.onWritable(writable));
    }
  }
}
