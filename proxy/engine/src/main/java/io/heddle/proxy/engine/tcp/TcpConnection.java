package io.heddle.proxy.engine.tcp;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.engine.balance.BalanceContext;
import io.heddle.proxy.engine.cluster.Cluster;
import io.heddle.proxy.engine.cluster.Host;
import io.heddle.proxy.engine.cluster.HostConnect;
import io.heddle.proxy.engine.connection.ConnectionGroup;
import io.heddle.proxy.engine.connection.DownstreamConnection;
import io.heddle.proxy.engine.format.Subject;
import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.LastFlush;
import io.heddle.proxy.engine.loop.ReadSwitch;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.tls.AlpnOffer;
import io.heddle.proxy.engine.tls.PeerNames;
import io.heddle.xds.model.RouteAction.RoutingPriority;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection and the one that serves it. Both on one loop, which owns all of this.
 *
 * <p>Nothing is read from the client before the upstream stands. Each side is read only while the
 * other takes what came; the end of input is passed on as a half-close once everything before it
 * has left.
 */
// Bits of a set; the channel's handler learns of failures; identity is meant.
@SuppressWarnings({"EnumOrdinal", "FutureReturnValueIgnored", "ReferenceEquality"})
public final class TcpConnection extends ChannelInboundHandlerAdapter
    implements DownstreamConnection {
  /** For a client whose host could not be reached. */
  private static final Duration LINGER = Duration.ofSeconds(1);

  final Worker worker;
  private final TcpProxy proxy;
  private final ConnectionGroup group;
  private final DuplexChannel channel;
  private final ReadSwitch reading;
  final ConnectionInfo info;
  final long startNanos;
  final long startEpochNanos;
  private final Subject subject = new TcpSubject(this);
  final TcpLogs logs;
  private final Deadline timer =
      new Deadline() {
        @Override
        protected void expired() {
          timerExpired();
        }
      };

  @Nullable Cluster cluster;
  @Nullable Host host;
  @Nullable HostConnect connecting;
  @Nullable FarSide upstream;

  /** Under way; null but where connections are tunnelled. */
  private @Nullable TunnelSide tunnelling;

  String clusterName = "";
  @Nullable String details;
  @Nullable String failure;
  boolean connected;
  private boolean counted;
  private boolean clientEnded;
  private boolean hostEnded;

  /** How many of the two sides have been told, after their last byte, that no more will come. */
  private int told;

  private boolean clientPaused;
  private boolean over;
  int attempts;
  int flags;
  long received;
  long sent;
  private long lastActivity;
  private @Nullable ByteBuf early;

  /** A connection not yet registered. */
  public TcpConnection(
      Worker worker,
      TcpProxy proxy,
      ConnectionGroup group,
      DuplexChannel channel,
      ReadSwitch reading,
      ConnectionInfo info) {
    this.worker = worker;
    this.proxy = proxy;
    this.group = group;
    this.channel = channel;
    this.reading = reading;
    this.info = info;
    this.startNanos = worker.nanoTime();
    this.startEpochNanos = worker.epochNanos();
    this.lastActivity = startNanos;
    this.logs = new TcpLogs(worker, proxy, this);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    group.add(worker, this);
    worker.stats().increment(proxy.total);
    worker.stats().increment(proxy.active);
    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    logs.begun();
    pauseClient();
    clusterName = proxy.choose(worker);
    Cluster to = proxy.cluster(clusterName);
    if (to == null) {
      worker.stats().increment(proxy.noRoute);
      end(ResponseFlag.NO_CLUSTER_FOUND, "cluster_not_found");
      return;
    }
    to = to.forAttempt(worker);
    cluster = to;
    connect(to);
  }

  // --- the upstream ---

  private void connect(Cluster to) {
    if (!to.priority(RoutingPriority.DEFAULT).connections().tryAcquire()) {
      end(ResponseFlag.UPSTREAM_OVERFLOW, "overflow");
      return;
    }
    Host there = to.choose(worker, balanceContext());
    if (there == null) {
      to.priority(RoutingPriority.DEFAULT).connections().release();
      to.stats().noneHealthy(worker.stats());
      end(ResponseFlag.NO_HEALTHY_UPSTREAM, "no_healthy_upstream");
      return;
    }
    attempts++;
    host = there;
    Tunnel through = proxy.tunnel;
    if (through != null) {
      // It shares connections that are bounded by themselves.
      to.priority(RoutingPriority.DEFAULT).connections().release();
      TunnelSide begun = new TunnelSide(worker, this, through, to, there);
      tunnelling = begun;
      idleTimer();
      begun.begin();
      return;
    }
    counted = true;
    there.rawConnectionBegan();
    to.stats().rawConnectionBegan(worker.stats());
    worker.wheel().arm(timer, to.config().connectTimeout().toNanos());
    HostConnect begun =
        HostConnect.begin(
            worker,
            to,
            there,
            PeerNames.NONE,
            to.perClient() ? info : null,
            AlpnOffer.NONE,
            new HostConnect.Watcher() {
              @Override
              public void stands(HostConnect made) {
                connecting = made;
                SocketSide side = new SocketSide(worker, TcpConnection.this, made.channel());
                side.begin();
                TcpConnection.this.stands(side);
              }

              @Override
              public void failed(String reason) {
                connectFailed(to, reason);
              }
            });
    // It may have ended already, and another may have begun in its place.
    if (begun.pending()) {
      connecting = begun;
    }
  }

  private BalanceContext balanceContext() {
    return worker
        .balanceContext()
        .downstream(info.remoteAddress(), info.localAddress(), info.serverName().orElse(null))
        .restored(info.localAddressRestored());
  }

  /** The other side stands. */
  void stands(FarSide side) {
    if (over) {
      side.close();
      return;
    }
    connected = true;
    Host there = host;
    if (there != null && counted) {
      there.connectedForGood();
    }
    upstream = side;
    idleTimer();
    logs.connected();
    ByteBuf first = early;
    if (first != null) {
      early = null;
      toUpstream(side, first);
    }
    if (side.writable()) {
      resumeClient();
    }
    if (clientEnded) {
      side.end();
    }
  }

  /** The request that was to carry the connection does not. */
  void tunnelFailed(String reason) {
    Cluster to = cluster;
    tunnelling = null;
    if (!over && to != null) {
      connectFailed(to, reason);
    }
  }

  private void connectFailed(Cluster to, String reason) {
    failure = reason;
    Host there = host;
    if (there != null && counted) {
      there.failed();
    }
    releaseUpstream(true);
    connecting = null;
    if (attempts < proxy.config.maxConnectAttempts()) {
      connect(to);
    } else {
      flags |= 1 << ResponseFlag.UPSTREAM_RETRY_LIMIT_EXCEEDED.ordinal();
      end(ResponseFlag.UPSTREAM_CONNECTION_FAILURE, "upstream_connection_failure");
    }
  }

  private void releaseUpstream(boolean failed) {
    Cluster to = cluster;
    Host there = host;
    if (counted && to != null && there != null) {
      counted = false;
      to.priority(RoutingPriority.DEFAULT).connections().release();
      there.rawConnectionEnded(failed);
      to.stats().rawConnectionEnded(worker.stats(), failed);
    }
  }

  // --- what the other side tells ---

  /** Bytes for the client; whether more should come. Takes ownership. */
  boolean fromHost(ByteBuf data) {
    lastActivity = worker.nanoTime();
    sent += data.readableBytes();
    worker.stats().add(proxy.txBytes, data.readableBytes());
    if (over) {
      data.release();
      return true;
    }
    channel.write(data, channel.voidPromise());
    if (!channel.isWritable()) {
      channel.flush();
    }
    return channel.isWritable();
  }

  void flushToClient() {
    channel.flush();
  }

  /** No more bytes will come from the host. */
  void hostEnded() {
    if (!hostEnded) {
      hostEnded = true;
      SocketSide.end(channel, this);
    }
  }

  void hostWritable() {
    if (connected && !clientEnded && !over) {
      resumeClient();
    }
  }

  void hostGone(FarSide side) {
    if (upstream == side && connected) {
      end(null, hostEnded ? null : "upstream_remote_disconnect");
    }
  }

  void hostFailed(String reason) {
    failure = reason;
  }

  /** What is known of it. */
  Subject subject() {
    return subject;
  }

  boolean over() {
    return over;
  }

  // --- the client ---

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf data = (ByteBuf) message;
    lastActivity = worker.nanoTime();
    received += data.readableBytes();
    worker.stats().add(proxy.rxBytes, data.readableBytes());
    FarSide out = upstream;
    if (over) {
      data.release();
    } else if (out == null || !connected) {
      ByteBuf before = early;
      early = before == null ? data : before.writeBytes(data);
      if (before != null) {
        data.release();
      }
    } else {
      toUpstream(out, data);
    }
  }

  private void toUpstream(FarSide out, ByteBuf data) {
    out.write(data);
    if (!out.writable()) {
      out.flush();
    }
    if (!out.writable()) {
      worker.stats().increment(proxy.paused);
      pauseClient();
    }
    if (early == null) {
      out.flush();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ChannelInputShutdownEvent && !clientEnded) {
      clientEnded = true;
      FarSide out = upstream;
      if (out != null && connected) {
        out.end();
      }
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    FarSide out = upstream;
    if (channel.isWritable() && out != null && connected && !hostEnded && !over) {
      out.readOn();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    end(
        clientEnded ? null : ResponseFlag.DOWNSTREAM_CONNECTION_TERMINATION,
        clientEnded ? null : "downstream_remote_disconnect");
    // Bytes may have been leaving long after the end: only now is it of no concern to a drain.
    worker.stats().add(proxy.active, -1);
    group.remove(worker, this);
    worker.connections().decrementAndGet();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    channel.close();
  }

  /** One side has been told, after its last byte, that no more will come. */
  void ended() {
    if (!over && ++told == 2) {
      end(null, null);
    }
  }

  private void pauseClient() {
    if (!clientPaused) {
      clientPaused = true;
      reading.disable();
    }
  }

  private void resumeClient() {
    if (clientPaused) {
      clientPaused = false;
      reading.enable();
    }
  }

  // --- the end ---

  private void idleTimer() {
    long idle = proxy.config.idleTimeout().toNanos();
    if (idle > 0) {
      worker.wheel().arm(timer, idle);
    } else {
      worker.wheel().disarm(timer);
    }
  }

  private void timerExpired() {
    FarSide out = upstream;
    Cluster to = cluster;
    HostConnect begun = connecting;
    if (!connected && begun != null && to != null) {
      begun.cancel();
      connectFailed(to, "connection timeout");
      return;
    }
    long idle = proxy.config.idleTimeout().toNanos();
    long quiet = worker.nanoTime() - lastActivity;
    if (quiet < idle) {
      worker.wheel().arm(timer, idle - quiet);
    } else {
      worker.stats().increment(proxy.idleTimeout);
      end(ResponseFlag.STREAM_IDLE_TIMEOUT, "idle_timeout");
      // Nothing has moved for as long as it may: what is left will not either.
      channel.close();
      if (out != null) {
        out.close();
      }
    }
  }

  private void end(@Nullable ResponseFlag flag, @Nullable String why) {
    if (over) {
      return;
    }
    over = true;
    details = why;
    if (flag != null) {
      flags |= 1 << flag.ordinal();
    }
    worker.wheel().remove(timer);
    FarSide out = upstream;
    Duration patience = proxy.config.idleTimeout();
    HostConnect begun = connecting;
    if (begun != null) {
      releaseUpstream(!connected);
    }
    if (out != null) {
      out.finish(patience);
    } else if (begun != null) {
      begun.cancel();
    } else if (tunnelling != null) {
      tunnelling.close();
    }
    if (connected) {
      LastFlush.thenClose(worker, channel, patience);
    } else {
      // What the client sends is read and dropped: unread it would reset the connection.
      resumeClient();
      LastFlush.thenLinger(worker, channel, LINGER);
    }
    ByteBuf unsent = early;
    if (unsent != null) {
      early = null;
      unsent.release();
    }
    logs.ended();
  }

  @Override
  public void drain() {
    // Bytes that we do not understand have no good moment to end at: the connection lives on until
    // it is closed by its ends, or by the end of the drain.
  }

  @Override
  public boolean tunnel() {
    return true;
  }

  @Override
  public void closeNow() {
    end(ResponseFlag.LOCAL_RESET, "shutdown");
    channel.close();
    FarSide out = upstream;
    if (out != null) {
      out.close();
    }
  }
}
