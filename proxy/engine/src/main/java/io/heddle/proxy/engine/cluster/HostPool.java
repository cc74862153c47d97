package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.engine.cluster.UpstreamStream.PoolFailure;
import io.heddle.proxy.engine.loop.Worker;
import java.util.ArrayDeque;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one event loop to one host: the one used last is used first, so that those not
 * needed grow old and close.
 */
// Identity is meant.
@SuppressWarnings("ReferenceEquality")
final class HostPool {
  private final Worker worker;
  private final Cluster cluster;
  private final Host host;
  private final ArrayList<UpstreamConnection> idle = new ArrayList<>();
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private int connecting;
  private int total;

  private record Waiting(UpstreamStream stream, Priority priority) {}

  HostPool(Worker worker, Cluster cluster, Host host) {
    this.worker = worker;
    this.cluster = cluster;
    this.host = host;
  }

  void acquire(UpstreamStream stream, Priority priority) {
    while (!idle.isEmpty()) {
      UpstreamConnection connection = idle.removeLast();
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
    UpstreamConnection.open(worker, cluster, host, this, counted);
  }

  /** Withdraws a stream that waits; nothing is called on it any more. */
  void cancel(UpstreamStream stream) {
    for (Waiting entry : waiting) {
      if (entry.stream() == stream) {
        waiting.remove(entry);
        ended(entry);
        worker.stats().increment(cluster.stats().rqPendingFailureEject);
        return;
      }
    }
  }

  void connected(UpstreamConnection connection) {
    connecting--;
    available(connection);
  }

  /** A connection stands and has nothing to do. */
  void available(UpstreamConnection connection) {
    Waiting entry = waiting.pollFirst();
    if (entry != null) {
      ended(entry);
      connection.assign(entry.stream());
      return;
    }
    if (host.removed() || cluster.closed()) {
      connection.close();
      return;
    }
    idle.addLast(connection);
    connection.idle();
  }

  void connectFailed(PoolFailure failure, String detail) {
    connecting--;
    Waiting entry = waiting.pollFirst();
    if (entry != null) {
      ended(entry);
      worker.stats().increment(cluster.stats().rqPendingFailureEject);
      entry.stream().onPoolFailure(failure, detail);
    }
  }

  /** A connection is gone. */
  void gone(UpstreamConnection connection) {
    total--;
    int at = idle.lastIndexOf(connection);
    if (at >= 0) {
      idle.remove(at);
    }
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

  void closeIdle() {
    while (!idle.isEmpty()) {
      idle.removeLast().close();
    }
  }
}
