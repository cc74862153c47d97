package io.heddle.proxy.engine.cluster;

import com.google.protobuf.ByteString;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.codec.Trailers;
import io.heddle.proxy.engine.health.CheckState.Failure;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.xds.model.HealthCheck.Probe;
import io.heddle.xds.model.RouteAction.RoutingPriority;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * Asks a host over a plain connection: whether it can be made, or whether what comes on it is what
 * is wanted. Owned by its loop.
 */
final class TcpProbe implements HostProbe, UpstreamStream {
  /** Who sends more than this has not what is wanted. */
  private static final int MOST = 64 << 10;

  private final Worker worker;
  private final Cluster connections;
  private final Host host;
  private final Probe.Tcp probe;
  private final boolean reuse;
  private final Listener listener;
  private @Nullable UpstreamConnection connection;
  private ByteString received = ByteString.EMPTY;
  private boolean connecting;
  private boolean asking;

  /**
   * Nothing is asked yet.
   *
   * @param connections what the host is reached by
   * @param host one of theirs
   */
  TcpProbe(
      Worker worker,
      Cluster connections,
      Host host,
      Probe.Tcp probe,
      boolean reuse,
      Listener listener) {
    this.worker = worker;
    this.connections = connections;
    this.host = host;
    this.probe = probe;
    this.reuse = reuse;
    this.listener = listener;
  }

  @Override
  public void ask() {
    asking = true;
    UpstreamConnection on = connection;
    if (on == null) {
      connecting = true;
      connections.acquire(worker, host, this, RoutingPriority.DEFAULT);
    } else {
      send(on);
    }
  }

  @Override
  public Carriage carriage() {
    return Carriage.TCP;
  }

  @Override
  public void onConnection(UpstreamConnection given) {
    connecting = false;
    connection = given;
    if (probe.receive().isEmpty()) {
      end();
      listener.well(false);
    } else {
      send(given);
    }
  }

  private void send(UpstreamConnection on) {
    if (!probe.send().isEmpty()) {
      on.sendData(Unpooled.wrappedBuffer(probe.send().asReadOnlyByteBuffer()), false);
    }
  }

  @Override
  public void onData(ByteBuf data, boolean end) {
    byte[] bytes = new byte[Math.min(data.readableBytes(), MOST - received.size())];
    data.readBytes(bytes);
    data.release();
    received = received.concat(ByteString.copyFrom(bytes));
    if (asking && Payloads.match(probe.receive(), received)) {
      asking = false;
      received = ByteString.EMPTY;
      if (!reuse) {
        end();
      }
      listener.well(false);
    }
    if (end && connection != null) {
      end();
      lost();
    }
  }

  @Override
  public void onPoolFailure(PoolFailure failure, String detail) {
    connecting = false;
    lost();
  }

  @Override
  public void onReset(UpstreamReset reset) {
    connection = null;
    received = ByteString.EMPTY;
    lost();
  }

  /** As in Envoy, that a connection ends between two checks is a failure too. */
  private void lost() {
    asking = false;
    listener.unwell(Failure.NETWORK, true, false);
  }

  @Override
  public void giveUp() {
    asking = false;
    end();
  }

  @Override
  public void close() {
    giveUp();
  }

  private void end() {
    UpstreamConnection on = connection;
    connection = null;
    received = ByteString.EMPTY;
    asking = false;
    if (on != null) {
      on.abandon();
    } else if (connecting) {
      connecting = false;
      connections.cancel(worker, host, this);
    }
  }

  @Override
  public void onInformational(ResponseHead head) {
    head.release();
  }

  @Override
  public void onHead(ResponseHead head, boolean end) {
    // It is not the host that made it.
    head.release();
  }

  @Override
  public void onTrailers(Trailers trailers) {
    trailers.release();
  }

  @Override
  public void onWritable(boolean writable) {
    // What is sent is short.
  }
}
