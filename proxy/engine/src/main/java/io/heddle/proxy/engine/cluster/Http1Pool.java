package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.engine.cluster.UpstreamStream.PoolFailure;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.tls.PeerNames;
import java.util.ArrayDeque;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP/1.1 connections of one event loop to one host: the one used last is used first, so that
 * those not needed grow old and close.
 */
// Identity is meant.
@SuppressWarnings("ReferenceEquality")
final class Http1Pool implements HostPool {
  private final Worker worker;
  private final Cluster cluster;
  private final Host host;
  private final PeerNames names;
  private final @Nullable ConnectionInfo client;
  private final ArrayList<Http1UpstreamConnection> idle = new ArrayList<>();
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private int connecting;
  private boolean retired;
  private int total;

  private record Waiting(UpstreamStream stream, Priority priority) {}

  Http1Pool(
      Worker worker, Cluster cluster, Host host, PeerNames names, @Nullable ConnectionInfo client) {
    this.worker = worker;
    this.cluster = cluster;
    this.host = host;
    this.names = names;
    this.client = client;
  }

  @Override
  public void acquire(UpstreamStream stream, Priority priority) {
    while (!idle.isEmpty()) {
      Http1UpstreamConnection connection = idle.removeLast();
      if (connection.usable()) {
        connection.assign(stream);
        return;
      }
      connection.close();
    }
    ClusterStats stats = cluster.stats();
    if (!priority.pending.tryAcquire()) {
      worker.stats().increment(stats.rqPendingOverflow);
      stream.onPoolFailure(PoolFailure.OVERFLOW, "");
      return;
    }
    worker.stats().increment(stats.rqPendingTotal);
    worker.stats().increment(stats.rqPendingActive);
    waiting.addLast(new Waiting(stream, priority));
    if (connecting < waiting.size()) {
      boolean admitted = priority.connections.tryAcquire();
      if (!admitted) {
        worker.stats().increment(stats.cxOverflow);
      }
      // As in Envoy, a loop may have one connection to a host even when the bound is used up by
      // others.
      if (admitted || total == 0) {
        connect(admitted ? priority : null);
      }
    }
  }

  private void connect(@Nullable Priority counted) {
    connecting++;
    total++;
    UpstreamConnector.open(
        worker,
        cluster,
        host,
        names,
        client,
        counted,
        new UpstreamConnector.Taker() {
          @Override
          public void connected(UpstreamConnector connector) {
            connecting--;
            available(
                new Http1UpstreamConnection(worker, cluster, host, Http1Pool.this, connector));
          }

          @Override
          public void failed(PoolFailure reason, String detail) {
            connectFailed(reason, detail);
            gone();
          }
        });
  }

  @Override
  public void cancel(UpstreamStream stream) {
    for (Waiting entry : waiting) {
      if (entry.stream() == stream) {
        waiting.remove(entry);
        ended(entry);
        worker.stats().increment(cluster.stats().rqPendingFailureEject);
        return;
      }
    }
  }

  /** A connection stands and has nothing to do. */
  void available(Http1UpstreamConnection connection) {
    Waiting entry = waiting.pollFirst();
    if (entry != null) {
      ended(entry);
      connection.assign(entry.stream());
      return;
    }
    if (retired || host.removed() || cluster.closed()) {
      connection.close();
      return;
    }
    idle.addLast(connection);
    connection.idle();
  }

  private void connectFailed(PoolFailure failure, String detail) {
    connecting--;
    Waiting entry = waiting.pollFirst();
    if (entry != null) {
      ended(entry);
      worker.stats().increment(cluster.stats().rqPendingFailureEject);
      entry.stream().onPoolFailure(failure, detail);
    }
  }

  /** A connection is gone. */
  void gone(Http1UpstreamConnection connection) {
    int at = idle.lastIndexOf(connection);
    if (at >= 0) {
      idle.remove(at);
    }
    gone();
  }

  private void gone() {
    total--;
    if (!waiting.isEmpty() && connecting < waiting.size()) {
      Priority priority = waiting.peekFirst().priority();
      boolean admitted = priority.connections.tryAcquire();
      if (admitted || total == 0) {
        connect(admitted ? priority : null);
      }
    }
  }

  private void ended(Waiting entry) {
    entry.priority().pending.release();
    worker.stats().add(cluster.stats().rqPendingActive, -1);
  }

  @Override
  public void retire() {
    retired = true;
    closeIdle();
  }

  @Override
  public boolean empty() {
    return total == 0 && waiting.isEmpty();
  }

  @Override
  public void closeIdle() {
    while (!idle.isEmpty()) {
      idle.removeLast().close();
    }
  }
}
