package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.codec.FieldSection;
import io.heddle.proxy.codec.HttpVersion;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.codec.Trailers;
import io.heddle.proxy.engine.frames.FieldList;
import io.heddle.proxy.engine.frames.FrameConnection;
import io.heddle.proxy.engine.frames.FrameOwner;
import io.heddle.proxy.engine.frames.FrameStream;
import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.ReadSwitch;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.stats.LoopStats;
import io.heddle.xds.model.ClusterConfig;
import io.netty.buffer.ByteBuf;
import io.netty.channel.socket.DuplexChannel;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/2 connection to a host, serving many streams at once. Owned by its event loop.
 *
 * <p>It takes no new stream after a GOAWAY, after its last request, or when its host is gone, and
 * closes when the streams that it has are over.
 */
// The channel's handler learns of failures.
@SuppressWarnings("FutureReturnValueIgnored")
final class Http2UpstreamConnection implements FrameOwner<HostStream> {
  private final Worker worker;
  private final Cluster cluster;
  private final Host host;
  private final HttpPool pool;
  private final UpstreamConnector connector;
  private final DuplexChannel channel;
  private final FrameConnection<HostStream> frames;
  private final Deadline idle =
      new Deadline() {
        @Override
        protected void expired() {
          if (active == 0 && !closed) {
            worker.stats().increment(cluster.stats().cxIdleTimeout);
            close();
          }
        }
      };
  private final Deadline age =
      new Deadline() {
        @Override
        protected void expired() {
          worker.stats().increment(cluster.stats().cxMaxDuration);
          closeWhenIdle();
        }
      };
  private int active;
  private long requests;
  private boolean last;
  private boolean extendedConnect = true;
  private boolean settingsSeen;
  private boolean closed;
  private boolean byUs;

  /** Takes a connection over that stands. */
  Http2UpstreamConnection(
      Worker worker, Cluster cluster, Host host, HttpPool pool, UpstreamConnector connector) {
    this.worker = worker;
    this.cluster = cluster;
    this.host = host;
    this.pool = pool;
    this.connector = connector;
    this.channel = connector.channel();
    connector.speaks(HttpVersion.HTTP_2);
    ClusterConfig config = cluster.config();
    this.frames =
        FrameConnection.client(
            worker,
            this,
            config.http2(),
            Math.clamp(config.maxResponseHeadersKb() * 1024L, 1 << 10, 1 << 20),
            cluster.stats().http2,
            new ReadSwitch(channel));
    channel.pipeline().addLast(frames);
  }

  @Override
  public void opened() {
    worker.stats().increment(cluster.stats().cxHttp2Total);
    Duration oldest = cluster.config().pooling().maxConnectionDuration();
    if (!oldest.isZero()) {
      worker.wheel().arm(age, oldest.toNanos());
    }
  }

  @Override
  public void received(int bytes) {
    worker.stats().add(cluster.stats().cxRxBytes, bytes);
  }

  /** Whether another stream may be put on it. */
  boolean usable() {
    return room() > 0;
  }

  /** How many more streams may be put on it now. */
  long room() {
    if (closed || last || goingAway() || !channel.isActive() || host.removed()) {
      return 0;
    }
    ClusterConfig config = cluster.config();
    long most = Math.min(config.http2().maxConcurrentStreams(), frames.peerMaxStreams());
    return Math.max(0, most - active);
  }

  /** Streams that it has. */
  int active() {
    return active;
  }

  void assign(UpstreamStream next) {
    worker.wheel().disarm(idle);
    active++;
    requests++;
    worker.stats().increment(cluster.stats().http2.streamsActive);
    long most = cluster.config().maxRequestsPerConnection();
    if (most > 0 && requests >= most) {
      last = true;
      worker.stats().increment(cluster.stats().cxMaxRequests);
    }
    next.onConnection(new HostStream(worker, this, frames, next, requests > 1));
  }

  /** A stream that was assigned ended before it was opened. */
  void neverOpened() {
    streamOver();
  }

  /** Whether streams may be given to other protocols (RFC 8441, 3), as far as we were told. */
  boolean extendedConnect() {
    return extendedConnect;
  }

  UpstreamSocket socket() {
    return connector.socket();
  }

  @Override
  public void control(HostStream of, int bytes) {
    of.control(bytes);
  }

  @Override
  public void sent(long bytes) {
    worker.stats().add(cluster.stats().cxTxBytes, bytes);
  }

  @Override
  public void closed(FrameStream<HostStream> stream, HostStream of) {
    boolean refused = frames.untaken(stream);
    streamOver();
    worker.batch(() -> of.closed(refused));
  }

  private void streamOver() {
    active--;
    worker.stats().add(cluster.stats().http2.streamsActive, -1);
    if (closed) {
      return;
    }
    if (active == 0 && (last || host.removed() || cluster.closed() || goingAway())) {
      close();
    } else {
      if (active == 0) {
        Duration time = cluster.config().idleTimeout();
        if (!time.isZero()) {
          worker.wheel().arm(idle, time.toNanos());
        }
      }
      pool.roomIn(this);
    }
  }

  private boolean goingAway() {
    return frames.goingAway();
  }

  /** Closes it when its streams are over. */
  void closeWhenIdle() {
    last = true;
    if (active == 0) {
      close();
    }
  }

  private void close() {
    byUs = true;
    channel.close();
  }

  @Override
  public void protocolError(String detail) {
    worker.stats().increment(cluster.stats().cxProtocolError);
    byUs = true;
    channel.close();
  }

  /** Whether the host broke the protocol of the whole connection. */
  boolean broken() {
    return frames.failed();
  }

  @Override
  public void streamError(@Nullable HostStream of, boolean head, String detail) {
    worker.stats().increment(cluster.stats().cxProtocolError);
    if (of != null) {
      of.malformed(detail);
    }
  }

  @Override
  public void gone() {
    if (closed) {
      return;
    }
    closed = true;
    LoopStats loop = worker.stats();
    ClusterStats stats = cluster.stats();
    loop.increment(stats.cxDestroy);
    loop.increment(byUs ? stats.cxDestroyLocal : stats.cxDestroyRemote);
    worker.wheel().remove(idle);
    worker.wheel().remove(age);
    connector.ended();
    pool.gone(this);
  }

  @Override
  public int data(HostStream of, ByteBuf data, int length, boolean end) {
    return of.data(data, length, end);
  }

  @Override
  public void reset(@Nullable HostStream of, long errorCode) {
    worker.stats().increment(cluster.stats().http2.rxReset);
    if (of != null) {
      of.resetByHost(errorCode);
    }
  }

  @Override
  public void writabilityChanged(HostStream of) {
    of.writabilityChanged();
  }

  @Override
  public void settings(@Nullable Boolean told) {
    if (told != null) {
      extendedConnect = told;
    } else if (!settingsSeen) {
      extendedConnect = false;
    }
    settingsSeen = true;
  }

  @Override
  public void headers(
      FrameStream<HostStream> stream, @Nullable HostStream of, FieldList fields, boolean end) {
    if (of == null) {
      return;
    }
    if (fields.size() > cluster.config().maxResponseHeadersCount() + 1) {
      worker.stats().increment(cluster.stats().http2.headerOverflow);
      malformed(stream, of, "http2.too_many_headers");
      return;
    }
    if (of.headGiven()) {
      trailers(stream, of, fields);
      return;
    }
    ResponseHead head = worker.heads().response();
    String wrong = response(head, fields);
    if (wrong == null && head.status() == 101) {
      wrong = "http2.violation.of.messaging.rule";
    }
    if (wrong == null && head.status() < 200 && end) {
      wrong = "http2.violation.of.messaging.rule";
    }
    if (wrong != null) {
      head.release();
      malformed(stream, of, wrong);
    } else {
      of.head(head, end);
    }
  }

  private static @Nullable String response(ResponseHead head, FieldList fields) {
    if (fields.misplaced()) {
      return "http2.invalid.header.field";
    }
    int status = 0;
    for (int i = 0; i < fields.size(); i++) {
      CharSequence name = fields.name(i);
      if (!name.isEmpty() && name.charAt(0) == ':') {
        status = FieldList.same(name, ":status") ? status(fields.value(i)) : 0;
        if (status == 0) {
          return "http2.invalid.header.field";
        }
      } else {
        String wrong = FieldSection.append(head, name, fields.value(i));
        if (wrong != null) {
          return wrong;
        }
      }
    }
    if (status == 0) {
      return "http2.violation.of.messaging.rule";
    }
    FieldSection.response(head, status);
    return null;
  }

  /** Three digits from 100 to 599, or 0. */
  private static int status(CharSequence text) {
    int value = 0;
    for (int i = 0; i < text.length(); i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9 || i > 2) {
        return 0;
      }
      value = value * 10 + digit;
    }
    return value >= 100 && value <= 599 ? value : 0;
  }

  private void trailers(FrameStream<HostStream> stream, HostStream of, FieldList fields) {
    worker.stats().increment(cluster.stats().http2.trailers);
    Trailers trailers = worker.heads().trailers();
    String wrong = FieldSection.trailers(trailers, fields);
    if (wrong != null) {
      trailers.release();
      malformed(stream, of, wrong);
      return;
    }
    of.trailers(trailers);
  }

  private void malformed(FrameStream<HostStream> stream, HostStream of, String detail) {
    if (!cluster.config().http2().malformedEndsConnection()) {
      worker.stats().increment(cluster.stats().cxProtocolError);
    }
    worker.stats().increment(cluster.stats().http2.rxMessagingError);
    of.malformed(detail);
    frames.malformed(stream, detail);
  }
}
