package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.engine.cluster.UpstreamStream.PoolFailure;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.tls.PeerNames;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP/2 connections of one event loop to one host: one, as long as it has room for more
 * streams. Owned by the loop.
 */
// Identity is meant.
@SuppressWarnings("ReferenceEquality")
final class Http2Pool implements HostPool {
  private final Worker worker;
  private final Cluster cluster;
  private final Host host;
  private final PeerNames names;
  private final @Nullable ConnectionInfo client;
  private final ArrayList<Http2UpstreamConnection> connections = new ArrayList<>();
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private int connecting;
  private boolean retired;

  private record Waiting(UpstreamStream stream, Priority priority) {}

  Http2Pool(
      Worker worker, Cluster cluster, Host host, PeerNames names, @Nullable ConnectionInfo client) {
    this.worker = worker;
    this.cluster = cluster;
    this.host = host;
    this.names = names;
    this.client = client;
  }

  @Override
  public void acquire(UpstreamStream stream, Priority priority) {
    for (int i = 0; i < connections.size(); i++) {
      Http2UpstreamConnection connection = connections.get(i);
      if (connection.usable()) {
        connection.assign(stream);
        return;
      }
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
    connectIfNeeded();
  }

  private void connectIfNeeded() {
    long room = connecting * cluster.config().http2().maxConcurrentStreams();
    Waiting first = waiting.peekFirst();
    if (first == null || room >= waiting.size()) {
      return;
    }
    boolean admitted = first.priority().connections.tryAcquire();
    if (!admitted) {
      worker.stats().increment(cluster.stats().cxOverflow);
    }
    // As in Envoy, a loop may have one connection to a host even when the bound is used up by
    // others.
    if (admitted || (connections.isEmpty() && connecting == 0)) {
      connect(admitted ? first.priority() : null);
    }
  }

  private void connect(@Nullable Priority counted) {
    connecting++;
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
            Http2UpstreamConnection made =
                new Http2UpstreamConnection(worker, cluster, host, Http2Pool.this, connector);
            connections.add(made);
            roomIn(made);
            if (retired) {
              made.closeWhenIdle();
            }
          }

          @Override
          public void failed(PoolFailure reason, String detail) {
            connecting--;
            connectFailed(reason, detail);
          }
        });
  }

  private void connectFailed(PoolFailure reason, String detail) {
    // All that waited for it: another attempt would only wait for the same.
    List<Waiting> failed = List.copyOf(waiting);
    waiting.clear();
    for (Waiting entry : failed) {
      ended(entry);
    }
    for (Waiting entry : failed) {
      worker.stats().increment(cluster.stats().rqPendingFailureEject);
      entry.stream().onPoolFailure(reason, detail);
    }
  }

  /** A connection stands, or one of its streams has ended. */
  void roomIn(Http2UpstreamConnection connection) {
    while (connection.usable()) {
      Waiting entry = waiting.pollFirst();
      if (entry == null) {
        return;
      }
      ended(entry);
      connection.assign(entry.stream());
    }
    connectIfNeeded();
  }

  void gone(Http2UpstreamConnection connection) {
    connections.remove(connection);
    connectIfNeeded();
  }

  private void ended(Waiting entry) {
    entry.priority().pending.release();
    worker.stats().add(cluster.stats().rqPendingActive, -1);
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

  @Override
  public void retire() {
    retired = true;
    closeIdle();
  }

  @Override
  public boolean empty() {
    return connections.isEmpty() && connecting == 0 && waiting.isEmpty();
  }

  @Override
  public void closeIdle() {
    List.copyOf(connections).forEach(Http2UpstreamConnection::closeWhenIdle);
  }
}
