package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.engine.cluster.UpstreamStream.PoolFailure;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.tls.AlpnOffer;
import io.heddle.proxy.engine.tls.PeerNames;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Connections to a host that carry one stream each, as plain TCP. None is kept. Owned by the loop.
 */
// Identity is meant; the channel's handler learns of failures.
@SuppressWarnings({"ReferenceEquality", "FutureReturnValueIgnored"})
final class TcpPool implements HostPool {
  private final Worker worker;
  private final Cluster cluster;
  private final Host host;
  private final PeerNames names;
  private final @Nullable ConnectionInfo client;
  private final Runnable emptied;

  /** Those whose connection does not stand yet. */
  private final List<Waiting> waiting = new ArrayList<>(1);

  TcpPool(
      Worker worker,
      Cluster cluster,
      Host host,
      PeerNames names,
      @Nullable ConnectionInfo client,
      Runnable emptied) {
    this.emptied = emptied;
    this.names = names;
    this.client = client;
    this.worker = worker;
    this.cluster = cluster;
    this.host = host;
  }

  @Override
  public void acquire(UpstreamStream stream, Priority priority) {
    boolean admitted = host.admitsConnection(priority.mostPerHost());
    if (!admitted || !priority.connections.tryAcquire()) {
      if (admitted) {
        host.connectionsActive.decrementAndGet();
      }
      worker.stats().increment(cluster.stats().cxOverflow);
      stream.onPoolFailure(PoolFailure.OVERFLOW, "");
      return;
    }
    Waiting entry = new Waiting(stream);
    waiting.add(entry);
    UpstreamConnector.open(worker, cluster, host, names, client, AlpnOffer.NONE, priority, entry);
  }

  @Override
  public void cancel(UpstreamStream stream) {
    if (waiting.removeIf(entry -> entry.stream == stream)) {
      emptied.run();
    }
  }

  @Override
  public void retire() {
    // No connection is used twice.
  }

  @Override
  public boolean empty() {
    return waiting.isEmpty();
  }

  @Override
  public void closeIdle() {
    // Every connection has its stream.
  }

  private final class Waiting implements UpstreamConnector.Taker {
    private final UpstreamStream stream;

    Waiting(UpstreamStream stream) {
      this.stream = stream;
    }

    @Override
    public void connected(UpstreamConnector connector) {
      if (waiting.remove(this)) {
        stream.onConnection(new TcpUpstreamConnection(worker, cluster, connector, stream));
      } else {
        connector.ended();
        connector.channel().close();
      }
      emptied.run();
    }

    @Override
    public void failed(PoolFailure reason, String detail) {
      if (waiting.remove(this)) {
        stream.onPoolFailure(reason, detail);
      }
      emptied.run();
    }
  }
}
