package io.heddle.proxy.engine.tcp;

import io.heddle.proxy.codec.Framing;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.codec.Trailers;
import io.heddle.proxy.engine.cluster.Cluster;
import io.heddle.proxy.engine.cluster.Host;
import io.heddle.proxy.engine.cluster.UpstreamConnection;
import io.heddle.proxy.engine.cluster.UpstreamStream;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.xds.model.RouteAction.RoutingPriority;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A request whose bodies are a client's bytes: a CONNECT, or a POST. It stands when the host has
 * answered with 2xx. Owned by the client's loop.
 */
final class TunnelSide implements FarSide, UpstreamStream {
  private final Worker worker;
  private final TcpConnection owner;
  private final Tunnel tunnel;
  private final Cluster cluster;
  private final Host host;
  private @Nullable UpstreamConnection connection;
  private boolean stands;
  private boolean over;
  private boolean requestDone;
  private boolean paused;
  private int status;

  TunnelSide(Worker worker, TcpConnection owner, Tunnel tunnel, Cluster cluster, Host host) {
    this.worker = worker;
    this.owner = owner;
    this.tunnel = tunnel;
    this.cluster = cluster;
    this.host = host;
  }

  void begin() {
    cluster.stats().attemptBegan(worker.stats());
    host.requestBegan();
    cluster.acquire(worker, host, this, RoutingPriority.DEFAULT);
  }

  // --- the request's way ---

  @Override
  public void onConnection(UpstreamConnection given) {
    connection = given;
    RequestHead head = worker.heads().request();
    try {
      tunnel.request(head, owner.subject());
      if (head.methodIs("CONNECT")) {
        given.sendHead(head, Framing.UNTIL_CLOSE, -1, false);
      } else {
        given.sendHead(head, Framing.CHUNKED, -1, false);
      }
    } catch (IllegalArgumentException notAllowed) {
      fail(String.valueOf(notAllowed.getMessage()));
    } finally {
      head.release();
    }
  }

  @Override
  public void onPoolFailure(PoolFailure failure, String detail) {
    release(0);
    owner.tunnelFailed(failure == PoolFailure.CONNECT_TIMEOUT ? "connection timeout" : detail);
  }

  @Override
  public void onInformational(ResponseHead head) {
    head.release();
  }

  @Override
  public void onHead(ResponseHead head, boolean end) {
    status = head.status();
    head.release();
    cluster.stats().responded(worker.stats(), status);
    if (status < 200 || status >= 300) {
      fail("tunnel refused with " + status);
      return;
    }
    stands = true;
    owner.stands(this);
    if (end) {
      responseEnded();
    }
  }

  @Override
  public void onData(ByteBuf data, boolean end) {
    boolean more = owner.fromHost(data);
    owner.flushToClient();
    UpstreamConnection on = connection;
    if (!more && !paused && on != null && !end) {
      paused = true;
      on.disableRead();
    }
    if (end) {
      responseEnded();
    }
  }

  @Override
  public void onTrailers(Trailers trailers) {
    trailers.release();
    responseEnded();
  }

  private void responseEnded() {
    UpstreamConnection on = connection;
    connection = null;
    if (!requestDone && on != null) {
      // Whoever has answered in full does not listen any more.
      on.abandon();
    }
    release(status);
    owner.hostGone(this);
  }

  @Override
  public void onReset(UpstreamReset reset) {
    connection = null;
    release(0);
    if (stands) {
      owner.hostGone(this);
    } else {
      owner.tunnelFailed(reset.detail());
    }
  }

  @Override
  public void onWritable(boolean writable) {
    if (writable) {
      owner.hostWritable();
    }
  }

  private void fail(String why) {
    close();
    owner.tunnelFailed(why);
  }

  private void release(int code) {
    if (!over) {
      over = true;
      cluster.stats().attemptEnded(worker.stats());
      host.requestEnded(code, false);
    }
  }

  // --- the client's way ---

  @Override
  public void write(ByteBuf data) {
    UpstreamConnection on = connection;
    if (on == null) {
      data.release();
    } else {
      on.sendData(data, false);
    }
  }

  @Override
  public void flush() {
    // It leaves at the end of the loop's turn.
  }

  @Override
  public boolean writable() {
    UpstreamConnection on = connection;
    return on == null || !on.slow();
  }

  @Override
  public void end() {
    UpstreamConnection on = connection;
    requestDone = true;
    if (on != null) {
      on.sendData(Unpooled.EMPTY_BUFFER, true);
    }
    owner.ended();
  }

  @Override
  public void readOn() {
    UpstreamConnection on = connection;
    if (paused) {
      paused = false;
      if (on != null) {
        on.enableRead();
      }
    }
  }

  @Override
  public void finish(Duration patience) {
    close();
  }

  @Override
  public void close() {
    UpstreamConnection on = connection;
    connection = null;
    if (on != null) {
      on.abandon();
    } else if (!over) {
      cluster.cancel(worker, host, this);
    }
    release(status);
  }

  @Override
  public @Nullable InetSocketAddress localAddress() {
    UpstreamConnection on = connection;
    return on == null ? null : on.socket().localAddress();
  }
}
