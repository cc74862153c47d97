package io.heddle.proxy.engine.http2;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.codec.FieldSection;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.codec.Trailers;
import io.heddle.proxy.engine.connection.ConnectionGroup;
import io.heddle.proxy.engine.connection.DownstreamConnection;
import io.heddle.proxy.engine.exchange.ConnectionLife;
import io.heddle.proxy.engine.exchange.HttpChain;
import io.heddle.proxy.engine.exchange.RefusalSubject;
import io.heddle.proxy.engine.frames.FieldList;
import io.heddle.proxy.engine.frames.FrameConnection;
import io.heddle.proxy.engine.frames.FrameOwner;
import io.heddle.proxy.engine.frames.FrameStream;
import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.LastFlush;
import io.heddle.proxy.engine.loop.ReadSwitch;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.overload.HeaviestStreams;
import io.netty.buffer.ByteBuf;
import io.netty.channel.socket.DuplexChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client's HTTP/2 connection, whose streams are exchanges. Owned by its event loop.
 *
 * <p>A drain says GOAWAY twice (RFC 9113, 6.8): at first for no stream at all, so that what is on
 * its way still comes, and after {@code drain_timeout} for the last one seen; the connection closes
 * when that has ended.
 */
// The channel's handler learns of failures.
@SuppressWarnings("FutureReturnValueIgnored")
public final class Http2Downstream implements FrameOwner<ClientStream>, DownstreamConnection {
  private final Worker worker;
  private final HttpChain manager;
  private final ConnectionGroup group;
  private final ConnectionLife life;
  private final DuplexChannel channel;
  private final ConnectionInfo info;
  private final FrameConnection<ClientStream> frames;
  private final List<ClientStream> idle = new ArrayList<>();
  private final Deadline timer =
      new Deadline() {
        @Override
        protected void expired() {
          timerExpired();
        }
      };
  private int active;
  private long requests;
  private boolean draining;
  private boolean lastSaid;
  private boolean ending;
  private boolean closed;

  /**
   * A connection whose {@link #handler} is to be put into the pipeline; its life may have begun.
   */
  public Http2Downstream(
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
    this.info = info;
    this.frames =
        FrameConnection.server(
            worker,
            this,
            manager.config().http2(),
            manager.limits().headBytes(),
            manager.stats().http2,
            reading);
  }

  /** What reads and writes the frames. */
  public FrameConnection<ClientStream> handler() {
    return frames;
  }

  @Override
  public void opened() {
    life.begin(this, manager.stats().cxHttp2Total, manager.stats().cxHttp2Active);
    idleTimer();
  }

  @Override
  public void received(int bytes) {
    worker.stats().add(manager.stats().rxBytes, bytes);
  }

  // --- requests ---

  @Override
  public void headers(
      FrameStream<ClientStream> stream, @Nullable ClientStream of, FieldList fields, boolean end) {
    if (of == null) {
      begin(stream, fields, end);
    } else {
      trailers(of, fields);
    }
  }

  @Override
  public int data(ClientStream of, ByteBuf data, int length, boolean end) {
    return of.data(data, length, end);
  }

  @Override
  public void reset(@Nullable ClientStream of, long errorCode) {
    worker.stats().increment(manager.stats().http2.rxReset);
    // Its exchange ends when the stream closes, which is next.
  }

  @Override
  public void writabilityChanged(ClientStream of) {
    of.writabilityChanged();
  }

  private void begin(FrameStream<ClientStream> stream, FieldList fields, boolean end) {
    if (!draining) {
      // Else it is the moment between the two GOAWAYs.
      worker.wheel().disarm(timer);
    }
    requests++;
    worker.stats().increment(manager.stats().rqHttp2Total);
    RequestHead head = worker.heads().request();
    if (fields.size() > manager.limits().headers() + 4) {
      worker.stats().increment(manager.stats().http2.headerOverflow);
      head.release();
      refused(stream, "http2.too_many_headers");
      return;
    }
    String wrong = request(head, fields, manager.config().http2().allowConnect());
    if (wrong != null) {
      head.release();
      worker.stats().increment(manager.stats().http2.rxMessagingError);
      refused(stream, wrong);
      return;
    }
    long most = manager.config().limits().maxRequestsPerConnection();
    if (most > 0 && requests == most) {
      worker.stats().increment(manager.stats().cxMaxRequests);
      drain();
    }
    ClientStream client =
        idle.isEmpty() ? new ClientStream(worker, manager, this, frames, info) : idle.removeLast();
    active++;
    worker.stats().increment(manager.stats().http2.streamsActive);
    frames.put(stream, client);
    client.begin(stream, head, end);
  }

  /** Fields into the head; what is wrong, or null. */
  private static @Nullable String request(
      RequestHead head, FieldList fields, boolean extendedConnect) {
    if (fields.misplaced()) {
      return "http2.invalid.header.field";
    }
    CharSequence method = "";
    CharSequence path = "";
    CharSequence authority = "";
    CharSequence scheme = "";
    CharSequence protocol = "";
    for (int i = 0; i < fields.size(); i++) {
      CharSequence name = fields.name(i);
      CharSequence value = fields.value(i);
      if (!name.isEmpty() && name.charAt(0) == ':') {
        if (FieldList.same(name, ":method")) {
          method = value;
        } else if (FieldList.same(name, ":path")) {
          if (value.isEmpty()) {
            // RFC 9113, 8.3.1: never empty where it is there.
            return "http2.invalid.header.field";
          }
          path = value;
        } else if (FieldList.same(name, ":authority")) {
          authority = value;
        } else if (FieldList.same(name, ":scheme")) {
          scheme = value;
        } else if (extendedConnect && FieldList.same(name, ":protocol")) {
          protocol = value;
        } else {
          // :protocol, too, where we have not said that we know it (RFC 8441, 3).
          return "http2.invalid.header.field";
        }
      } else {
        String wrong = FieldSection.append(head, name, value);
        if (wrong != null) {
          return wrong;
        }
      }
    }
    boolean connect = "CONNECT".contentEquals(method);
    if (!protocol.isEmpty()) {
      return connect
          ? FieldSection.extendedConnect(head, protocol, path, authority, scheme)
          : "http2.violation.of.messaging.rule";
    }
    if (method.isEmpty() || connect != path.isEmpty() || connect != scheme.isEmpty()) {
      return "http2.violation.of.messaging.rule";
    }
    return FieldSection.request(head, method, path, authority, scheme);
  }

  private void trailers(ClientStream client, FieldList fields) {
    Trailers trailers = worker.heads().trailers();
    worker.stats().increment(manager.stats().http2.trailers);
    String wrong = FieldSection.trailers(trailers, fields);
    if (wrong != null) {
      trailers.release();
      worker.stats().increment(manager.stats().http2.rxMessagingError);
      client.protocolError(wrong);
      return;
    }
    client.trailers(trailers);
  }

  @Override
  public void streams(HeaviestStreams to) {
    frames.forEach(client -> client.show(to));
  }

  /** A request that cannot be served; nobody but the log learns why. */
  private void refused(FrameStream<ClientStream> stream, String detail) {
    RefusalSubject.logReset(worker, manager, info, detail);
    if (!manager.config().http2().malformedEndsConnection()) {
      worker.stats().increment(manager.stats().cxProtocolError);
    }
    frames.malformed(stream, detail);
  }

  @Override
  public void closed(FrameStream<ClientStream> stream, ClientStream client) {
    active--;
    worker.stats().add(manager.stats().http2.streamsActive, -1);
    if (!closed) {
      worker.batch(client::closed);
    } else {
      client.closed();
    }
    if (!closed) {
      idle.add(client);
      if (active == 0) {
        idleTimer();
        closeIfDone();
      }
    }
  }

  // --- ends ---

  private void idleTimer() {
    Duration time = manager.connectionIdle();
    if (!time.isZero() && !draining) {
      worker.wheel().armAt(timer, worker.turnNanos(), time.toNanos());
    }
  }

  private void timerExpired() {
    if (closed) {
      return;
    }
    if (draining && !lastSaid) {
      lastSaid = true;
      frames.sayLastGoAway();
      closeIfDone();
    } else if (active == 0) {
      worker.stats().increment(manager.stats().cxIdleTimeout);
      drain();
    }
  }

  /** A response is about to be sent; it may be the one with which the connection's end begins. */
  void answering() {
    if (!draining && group.closes(worker)) {
      drain();
    }
  }

  @Override
  public void drain() {
    if (draining || closed) {
      return;
    }
    draining = true;
    worker.stats().increment(manager.stats().cxDrainClose);
    frames.sayGoAway(Integer.MAX_VALUE);
    worker.wheel().arm(timer, group.drainWait(worker, manager.config().timeouts().drain()));
  }

  private void closeIfDone() {
    if (lastSaid && active == 0 && !ending && !closed) {
      ending = true;
      frames.flushPending();
      LastFlush.thenClose(worker, channel, manager.config().timeouts().delayedClose());
    }
  }

  @Override
  public void closeNow() {
    channel.close();
  }

  @Override
  public void protocolError(String detail) {
    worker.stats().increment(manager.stats().cxProtocolError);
    ending = true;
    LastFlush.thenLinger(worker, channel, manager.config().timeouts().delayedClose());
  }

  @Override
  public void streamError(@Nullable ClientStream of, boolean head, String detail) {
    if (of != null) {
      of.violated();
    } else if (head) {
      // It was refused before it became a request.
      RefusalSubject.logReset(worker, manager, info, "http2.invalid.header.field");
    }
  }

  @Override
  public void gone() {
    if (closed) {
      return;
    }
    closed = true;
    worker.wheel().remove(timer);
    idle.forEach(ClientStream::free);
    idle.clear();
    life.end(manager.stats().cxHttp2Active, ending);
  }

  @Override
  public void control(ClientStream of, int bytes) {
    of.control(bytes);
  }

  @Override
  public void sent(long bytes) {
    worker.stats().add(manager.stats().txBytes, bytes);
  }
}
