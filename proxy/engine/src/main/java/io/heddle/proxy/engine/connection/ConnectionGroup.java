package io.heddle.proxy.engine.connection;

import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.stats.ScalarStat;
import io.heddle.proxy.engine.stats.Scope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/** The connections that came under one configuration of a listener. */
public final class ConnectionGroup {
  private final List<Worker> workers;
  private final List<Set<DownstreamConnection>> byWorker;
  private final AtomicLong open = new AtomicLong();
  private final CompletableFuture<Void> empty = new CompletableFuture<>();
  private final ScalarStat total;
  private final ScalarStat active;
  private final ScalarStat destroyed;
  private volatile boolean draining;

  /** No connections yet; counted under this scope, {@code listener.<address>}. */
  public ConnectionGroup(List<Worker> workers, Scope scope) {
    this.workers = workers;
    this.byWorker = new ArrayList<>();
    workers.forEach(_ -> byWorker.add(new HashSet<>()));
    total = scope.counter("downstream_cx_total");
    active = scope.gauge("downstream_cx_active");
    destroyed = scope.counter("downstream_cx_destroy");
  }

  /** Counts a connection that is on its way to its loop. Safe on every thread. */
  public void accepted() {
    open.incrementAndGet();
  }

  /** A connection stands. On its loop. */
  public void add(Worker worker, DownstreamConnection connection) {
    byWorker.get(worker.index()).add(connection);
    worker.stats().increment(total);
    worker.stats().increment(active);
  }

  /**
   * A connection is under way and does not stand yet: its handshake, for example. It is told of
   * drains and not counted. On its loop.
   */
  public void enter(Worker worker, DownstreamConnection connection) {
    byWorker.get(worker.index()).add(connection);
  }

  /** The end of {@link #enter}; {@link #add} or {@link #left} follows. On its loop. */
  public void leave(Worker worker, DownstreamConnection connection) {
    byWorker.get(worker.index()).remove(connection);
  }

  /** A connection is gone. On its loop. */
  public void remove(Worker worker, DownstreamConnection connection) {
    if (byWorker.get(worker.index()).remove(connection)) {
      worker.stats().add(active, -1);
      worker.stats().increment(destroyed);
      left();
    }
  }

  /** A connection that was accepted never came to stand. Safe on every thread. */
  public void left() {
    if (open.decrementAndGet() == 0 && draining) {
      empty.complete(null);
    }
  }

  /** Whether connections end when they can. */
  public boolean draining() {
    return draining;
  }

  /** Connections open. Safe on every thread. */
  public long open() {
    return open.get();
  }

  /** Lets the connections end over this time; completes when the last one is gone. */
  public CompletableFuture<Void> drain(Duration over) {
    draining = true;
    for (Worker worker : workers) {
      worker
          .loop()
          .execute(() -> {
            for (DownstreamConnection connection : List.copyOf(byWorker.get(worker.index()))) {
              if (over.isZero()) {
                worker.batch(connection::drain);
              } else {
                Deadline moment =
                    new Deadline() {
                      @Override
                      protected void expired() {
                        connection.drain();
                      }
                    };
                worker.wheel().arm(moment, worker.random().nextLong(over.toNanos()) + 1);
              }
            }
          });
    }
    if (open.get() == 0) {
      empty.complete(null);
    }
    return empty;
  }

  /** Ends all connections at once. */
  public void closeNow() {
    draining = true;
    for (Worker worker : workers) {
      worker
          .loop()
          .execute(() ->
              List.copyOf(byWorker.get(worker.index())).forEach(DownstreamConnection::closeNow));
    }
  }
}
