package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.codec.Framing;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.codec.Trailers;
import io.heddle.proxy.engine.cluster.Cluster;
import io.heddle.proxy.engine.cluster.Host;
import io.heddle.proxy.engine.cluster.UpstreamConnection;
import io.heddle.proxy.engine.cluster.UpstreamStream;
import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.route.CompiledMirror;
import io.heddle.proxy.engine.route.CompiledRoutes;
import io.heddle.xds.model.MirrorPolicy;
import io.heddle.xds.model.RouteAction.RoutingPriority;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A copy of a request that goes to another cluster; what comes back is dropped. It never holds the
 * request up: where it would have to keep more than the bytes that a connection may buffer, or
 * where anything fails, it ends, and nobody but its cluster's statistics learns of it. Owned by the
 * event loop.
 */
final class Mirror extends Deadline implements UpstreamStream {
  private static final String SUFFIX = "-shadow";
  private static final Set<String> LEFT_OUT =
      Set.of("connection", "transfer-encoding", "upgrade", "keep-alive", "te", "proxy-connection");

  private final Worker worker;
  private final Cluster cluster;
  private final RequestHead head;
  private final int mostWaiting;
  private @Nullable Host host;
  private @Nullable UpstreamConnection connection;
  private @Nullable ArrayDeque<ByteBuf> waiting = new ArrayDeque<>();
  private @Nullable Trailers waitingTrailers;
  private int waitingBytes;
  private long length;
  private boolean endGiven;
  private boolean counted;
  private boolean began;
  private boolean done;
  private int status;

  private Mirror(Worker worker, Cluster cluster, RequestHead head, int mostWaiting) {
    this.worker = worker;
    this.cluster = cluster;
    this.head = head;
    this.mostWaiting = mostWaiting;
  }

  /**
   * Begins a copy of a request as it is sent; null where the cluster cannot take it.
   *
   * @param nanos until the copy is given up; zero means never
   */
  static @Nullable Mirror begin(
      Exchange exchange,
      Cluster cluster,
      CompiledMirror compiled,
      boolean end,
      int mostWaiting,
      long nanos) {
    Worker worker = exchange.worker;
    RequestHead original = exchange.request;
    RequestHead copy = copy(worker, original, compiled.policy());
    compiled.edits().apply(copy, exchange.log);
    Mirror mirror = new Mirror(worker, cluster, copy, mostWaiting);
    mirror.length = original.contentLength();
    mirror.endGiven = end;
    if (nanos > 0) {
      worker.wheel().arm(mirror, nanos);
    }
    mirror.send();
    return mirror.done ? null : mirror;
  }

  private static RequestHead copy(Worker worker, RequestHead original, MirrorPolicy policy) {
    RequestHead copy =
        worker
            .heads()
            .request()
            .start(original.method(), original.path(), original.authority(), original.scheme());
    original.forEach((name, value) -> {
      if (!LEFT_OUT.contains(name)) {
        try {
          copy.add(HeaderName.of(name), value);
        } catch (IllegalArgumentException ofTheConnection) {
          // Said of this connection only; the copy goes without.
        }
      }
    });
    try {
      if (!policy.hostRewrite().isEmpty()) {
        copy.authority(policy.hostRewrite());
      } else if (policy.hostSuffix() && !copy.authority().isEmpty()) {
        String host = CompiledRoutes.withoutPort(copy.authority());
        copy.authority(host + SUFFIX + copy.authority().substring(host.length()));
      }
    } catch (IllegalArgumentException notHost) {
      // An address in brackets takes no suffix.
      return copy;
    }
    return copy;
  }

  private void send() {
    if (!cluster.priority(RoutingPriority.DEFAULT).requests().tryAcquire()) {
      finish();
      return;
    }
    counted = true;
    Host there = cluster.choose(worker, worker.balanceContext().request(head));
    if (there == null) {
      cluster.stats().noneHealthy(worker.stats());
      finish();
      return;
    }
    host = there;
    began = true;
    there.requestBegan();
    cluster.stats().attemptBegan(worker.stats());
    cluster.acquire(worker, there, this, RoutingPriority.DEFAULT);
  }

  /** A piece of the request's body. Takes ownership. */
  void data(ByteBuf data, boolean end) {
    endGiven |= end;
    UpstreamConnection on = connection;
    ArrayDeque<ByteBuf> held = waiting;
    if (done) {
      data.release();
    } else if (on != null && !on.slow() && (held == null || held.isEmpty())) {
      on.sendData(data, end);
    } else if (held != null && waitingBytes + data.readableBytes() <= mostWaiting) {
      waitingBytes += data.readableBytes();
      held.addLast(data);
    } else {
      data.release();
      giveUp();
    }
  }

  /** The request ends with trailers. Does not take ownership. */
  void trailers(Trailers original) {
    endGiven = true;
    if (done) {
      return;
    }
    Trailers copy = worker.heads().trailers();
    original.forEach((name, value) -> {
      try {
        copy.add(HeaderName.of(name), value);
      } catch (IllegalArgumentException notAllowed) {
        // The copy goes without.
      }
    });
    waitingTrailers = copy;
    drain();
  }

  /** The exchange is over; a copy that has not got the whole request ends with it. */
  void exchangeOver() {
    if (!endGiven) {
      giveUp();
    }
  }

  @Override
  public void onConnection(UpstreamConnection given) {
    connection = given;
    boolean whole = endGiven && (waiting == null || waiting.isEmpty()) && waitingTrailers == null;
    if (whole) {
      given.sendHead(head, length == 0 ? Framing.LENGTH : Framing.NONE, 0, true);
    } else {
      given.sendHead(
          head, length >= 0 ? Framing.LENGTH : Framing.CHUNKED, Math.max(length, 0), false);
    }
    drain();
  }

  private void drain() {
    UpstreamConnection on = connection;
    ArrayDeque<ByteBuf> held = waiting;
    while (!done && on != null && held != null && !held.isEmpty() && !on.slow()) {
      ByteBuf piece = held.removeFirst();
      waitingBytes -= piece.readableBytes();
      on.sendData(piece, endGiven && held.isEmpty() && waitingTrailers == null);
    }
    Trailers trailers = waitingTrailers;
    if (!done && on != null && trailers != null && (held == null || held.isEmpty())) {
      waitingTrailers = null;
      on.sendTrailers(trailers);
      trailers.release();
    }
  }

  @Override
  public String requestName(String header) {
    return Forwarding.requestName(head, header);
  }

  @Override
  public void onPoolFailure(PoolFailure reason, String detail) {
    Host there = host;
    if (there != null && reason.ofHost()) {
      there.failed();
    }
    finish();
  }

  @Override
  public void onInformational(ResponseHead interim) {
    interim.release();
  }

  @Override
  public void onHead(ResponseHead given, boolean end) {
    status = given.status();
    cluster.stats().responded(worker.stats(), status);
    Host there = host;
    if (there != null) {
      there.answered(given);
    }
    given.release();
    if (end) {
      ended();
    }
  }

  @Override
  public void onData(ByteBuf data, boolean end) {
    data.release();
    if (end) {
      ended();
    }
  }

  @Override
  public void onTrailers(Trailers trailers) {
    trailers.release();
    ended();
  }

  /** The whole response has come; what is left of the request is not wanted. */
  private void ended() {
    if (endGiven && (waiting == null || waiting.isEmpty()) && waitingTrailers == null) {
      connection = null;
      finish();
    } else {
      giveUp();
    }
  }

  @Override
  public void onReset(UpstreamReset reset) {
    connection = null;
    Host there = host;
    if (there != null) {
      there.failed();
    }
    cluster.stats().resetByUpstream(worker.stats());
    finish();
  }

  @Override
  public void onWritable(boolean writable) {
    if (writable) {
      drain();
    }
  }

  @Override
  protected void expired() {
    giveUp();
  }

  private void giveUp() {
    if (done) {
      return;
    }
    done = true;
    UpstreamConnection on = connection;
    Host there = host;
    connection = null;
    if (on != null) {
      on.abandon();
    } else if (began && there != null) {
      cluster.cancel(worker, there, this);
    }
    finish();
  }

  private void finish() {
    ArrayDeque<ByteBuf> held = waiting;
    if (held == null) {
      return;
    }
    done = true;
    waiting = null;
    held.forEach(ByteBuf::release);
    Trailers trailers = waitingTrailers;
    if (trailers != null) {
      waitingTrailers = null;
      trailers.release();
    }
    worker.wheel().remove(this);
    if (counted) {
      cluster.priority(RoutingPriority.DEFAULT).requests().release();
    }
    Host there = host;
    if (began && there != null) {
      cluster.stats().attemptEnded(worker.stats());
      there.requestEnded(status, false);
    }
    head.release();
  }
}
