package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.engine.cluster.UpstreamStream.PoolFailure;
import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.tls.AlpnOffer;
import io.heddle.proxy.engine.tls.PeerNames;
import io.heddle.xds.model.RouteAction.RoutingPriority;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one event loop to one host that speak HTTP: of HTTP/1.1 those that have
 * nothing to do, the one used last first, so that those not needed grow old and close; of HTTP/2
 * all, the first with room for a stream first, so that there is mostly one. Owned by the loop.
 */
// Identity is meant.
@SuppressWarnings("ReferenceEquality")
final class HttpPool implements HostPool {
  private static final String H2 = "h2";

  /** So many connections at once, whatever is wanted beyond those that streams wait for. */
  private static final int AT_ONCE = 3;

  /** What is spoken. */
  enum Speaks {
    HTTP1,
    HTTP2,
    /** What TLS has agreed on, for each connection; HTTP/1.1 where that is nothing. */
    NEGOTIATED
  }

  private final Worker worker;
  private final Cluster cluster;
  private final Host host;
  private final PeerNames names;
  private final @Nullable ConnectionInfo client;
  private final Speaks speaks;
  private final AlpnOffer offer;
  private final ArrayList<Http1UpstreamConnection> idle = new ArrayList<>();
  private final ArrayList<Http2UpstreamConnection> shared = new ArrayList<>();
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private int connecting;

  /** Of HTTP/1.1, idle or not. */
  private int single;

  /** Whether a connection that is being made is expected to carry many streams. */
  private boolean many;

  private boolean retired;

  /** Of the first that waits for as long as it may; null where nobody has had to. */
  private @Nullable Deadline patience;

  private long patienceDue = Long.MAX_VALUE;
  private final Runnable emptied;

  /** {@code dueNanos} is when it has waited long enough; the largest for never. */
  private record Waiting(UpstreamStream stream, Priority priority, long dueNanos) {}

  HttpPool(
      Worker worker,
      Cluster cluster,
      Host host,
      PeerNames names,
      @Nullable ConnectionInfo client,
      Speaks speaks,
      AlpnOffer offer,
      Runnable emptied) {
    this.emptied = emptied;
    this.worker = worker;
    this.cluster = cluster;
    this.host = host;
    this.names = names;
    this.client = client;
    this.speaks = speaks;
    this.offer = offer;
    this.many = speaks != Speaks.HTTP1;
  }

  @Override
  public void acquire(UpstreamStream stream, Priority priority) {
    if (!assign(stream)) {
      ClusterStats stats = cluster.stats();
      if (!priority.pending.tryAcquire()) {
        worker.stats().increment(stats.rqPendingOverflow);
        stream.onPoolFailure(PoolFailure.OVERFLOW, "");
        return;
      }
      worker.stats().increment(stats.rqPendingTotal);
      worker.stats().increment(stats.rqPendingActive);
      waiting.addLast(new Waiting(stream, priority, due(priority)));
    }
    connectIfNeeded();
  }

  // --- waiting ---

  private long due(Priority priority) {
    long most = priority.pendingNanos();
    if (most == 0) {
      return Long.MAX_VALUE;
    }
    long due = worker.turnNanos() + most;
    if (due < patienceDue) {
      Deadline timer = patience;
      if (timer == null) {
        timer =
            new Deadline() {
              @Override
              protected void expired() {
                worker.batch(() -> endPatience());
              }
            };
        patience = timer;
      }
      patienceDue = due;
      worker.wheel().arm(timer, most);
    }
    return due;
  }

  private void endPatience() {
    long now = worker.turnNanos();
    List<Waiting> late = new ArrayList<>();
    patienceDue = Long.MAX_VALUE;
    for (Iterator<Waiting> all = waiting.iterator(); all.hasNext(); ) {
      Waiting entry = all.next();
      if (entry.dueNanos() <= now) {
        all.remove();
        late.add(entry);
      } else {
        patienceDue = Math.min(patienceDue, entry.dueNanos());
      }
    }
    Deadline timer = patience;
    if (timer != null && patienceDue != Long.MAX_VALUE) {
      worker.wheel().arm(timer, patienceDue - now);
    }
    for (Waiting entry : late) {
      ended(entry);
      worker.stats().increment(cluster.stats().rqPendingTimeLimit);
    }
    for (Waiting entry : late) {
      entry.stream().onPoolFailure(PoolFailure.WAITED_TOO_LONG, "");
    }
    tellIfEmpty();
  }

  private void tellIfEmpty() {
    if (empty()) {
      Deadline timer = patience;
      if (timer != null) {
        worker.wheel().remove(timer);
        patienceDue = Long.MAX_VALUE;
      }
      emptied.run();
    }
  }

  private boolean assign(UpstreamStream stream) {
    for (int i = 0; i < shared.size(); i++) {
      Http2UpstreamConnection connection = shared.get(i);
      if (connection.usable()) {
        connection.assign(stream);
        return true;
      }
    }
    while (!idle.isEmpty()) {
      Http1UpstreamConnection connection = idle.removeLast();
      if (connection.usable()) {
        connection.assign(stream);
        return true;
      }
      connection.close();
    }
    return false;
  }

  // --- making connections ---

  private void connectIfNeeded() {
    for (int i = 0; i < AT_ONCE; i++) {
      boolean forWaiting = room(connecting) < waiting.size();
      if (!(forWaiting || wantsMore()) || !connect(forWaiting)) {
        return;
      }
    }
  }

  /** Streams that so many connections to come are expected to carry. */
  private long room(int connections) {
    return many ? connections * cluster.config().http2().maxConcurrentStreams() : connections;
  }

  /** Whether streams that nobody has asked for yet are to find a connection, as Envoy has it. */
  private boolean wantsMore() {
    double ratio = cluster.config().pooling().preconnectRatio();
    if (ratio <= 1 || retired || host.removed() || cluster.closed() || !host.healthy()) {
      return false;
    }
    int busy = single - idle.size();
    long active = busy;
    long room = room(connecting) + idle.size();
    for (int i = 0; i < shared.size(); i++) {
      active += shared.get(i).active();
      room += shared.get(i).room();
    }
    return (waiting.size() + active) * ratio > active + room;
  }

  /** Begins one; whether it was admitted. */
  private boolean connect(boolean forWaiting) {
    Waiting first = waiting.peekFirst();
    Priority priority =
        first == null ? cluster.priority(RoutingPriority.DEFAULT) : first.priority();
    boolean toHost = host.admitsConnection(priority.mostPerHost());
    boolean admitted = toHost && priority.connections.tryAcquire();
    if (!admitted && forWaiting) {
      worker.stats().increment(cluster.stats().cxOverflow);
    }
    // As in Envoy, a loop may have one connection to a host even when the bound is used up by
    // others.
    boolean none = single == 0 && shared.isEmpty() && connecting == 0;
    if (!admitted && !none) {
      if (toHost) {
        host.connectionsActive.decrementAndGet();
      }
      return false;
    }
    if (!toHost) {
      host.connectionsActive.incrementAndGet();
    }
    connecting++;
    UpstreamConnector.open(
        worker,
        cluster,
        host,
        names,
        client,
        offer,
        admitted ? priority : null,
        new UpstreamConnector.Taker() {
          @Override
          public void connected(UpstreamConnector connector) {
            connecting--;
            take(connector);
          }

          @Override
          public void failed(PoolFailure reason, String detail) {
            connecting--;
            connectFailed(reason, detail);
          }
        });
    return true;
  }

  private void take(UpstreamConnector connector) {
    many =
        switch (speaks) {
          case HTTP1 -> false;
          case HTTP2 -> true;
          case NEGOTIATED -> connector.applicationProtocol().equals(H2);
        };
    if (!many) {
      single++;
      available(new Http1UpstreamConnection(worker, cluster, host, this, connector));
      connectIfNeeded();
      return;
    }
    Http2UpstreamConnection made =
        new Http2UpstreamConnection(worker, cluster, host, this, connector);
    shared.add(made);
    roomIn(made);
    if (retired) {
      made.closeWhenIdle();
    }
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
    tellIfEmpty();
  }

  // --- what connections tell ---

  /** One of HTTP/1.1 stands and has nothing to do. */
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

  /** One of HTTP/1.1 is gone. */
  void gone(Http1UpstreamConnection connection) {
    int at = idle.lastIndexOf(connection);
    if (at >= 0) {
      idle.remove(at);
    }
    single--;
    connectIfNeeded();
    tellIfEmpty();
  }

  /** One of HTTP/2 stands, or one of its streams has ended. */
  void roomIn(Http2UpstreamConnection connection) {
    while (connection.usable()) {
      Waiting entry = waiting.pollFirst();
      if (entry == null) {
        break;
      }
      ended(entry);
      connection.assign(entry.stream());
    }
    connectIfNeeded();
  }

  /** One of HTTP/2 is gone. */
  void gone(Http2UpstreamConnection connection) {
    shared.remove(connection);
    connectIfNeeded();
    tellIfEmpty();
  }

  // --- the end ---

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
        tellIfEmpty();
        return;
      }
    }
  }

  @Override
  public void retire() {
    retired = true;
    closeIdle();
    tellIfEmpty();
  }

  @Override
  public boolean empty() {
    return single == 0 && shared.isEmpty() && connecting == 0 && waiting.isEmpty();
  }

  @Override
  public void closeIdle() {
    while (!idle.isEmpty()) {
      idle.removeLast().close();
    }
    List.copyOf(shared).forEach(Http2UpstreamConnection::closeWhenIdle);
  }
}
