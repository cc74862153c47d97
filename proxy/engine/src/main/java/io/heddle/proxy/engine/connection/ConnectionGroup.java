package io.heddle.proxy.engine.connection;

import io.heddle.proxy.engine.DrainPlan;
import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.overload.HeaviestStreams;
import io.heddle.proxy.engine.stats.ScalarStat;
import io.heddle.proxy.engine.stats.Scope;
import io.heddle.xds.model.OverloadConfig.Action;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The connections that came under one configuration of a listener. */
// Identity of a drain is meant.
@SuppressWarnings("ReferenceEquality")
public final class ConnectionGroup {
  /**
   * What has reached the kernel by the end of a drain's time is read before idle ones are closed.
   */
  private static final long LAST_READ_NANOS = 2_000_000;

  private static final long LATE_NANOS = 1_000_000_000;

  private final List<Worker> workers;
  private final List<Set<DownstreamConnection>> byWorker;
  private final AtomicLong open = new AtomicLong();
  private final BooleanSupplier unhealthy;
  private final ScalarStat total;
  private final ScalarStat active;
  private final ScalarStat destroyed;
  private final ScalarStat cut;
  private volatile @Nullable DrainClock clock;

  /** Completed when, during a drain, the last connection goes. Guarded by this. */
  private CompletableFuture<Void> empty = new CompletableFuture<>();

  /** No connections yet; counted under this scope, {@code listener.<address>}. */
  public ConnectionGroup(List<Worker> workers, Scope scope) {
    this(workers, scope, () -> false);
  }

  /**
   * The same.
   *
   * @param unhealthy whether health checks are to fail now: then every response is the last of its
   *     connection; safe on every thread
   */
  public ConnectionGroup(List<Worker> workers, Scope scope, BooleanSupplier unhealthy) {
    this.workers = workers;
    this.unhealthy = unhealthy;
    this.byWorker = new ArrayList<>();
    workers.forEach(_ -> byWorker.add(new HashSet<>()));
    total = scope.counter("downstream_cx_total");
    active = scope.gauge("downstream_cx_active");
    destroyed = scope.counter("downstream_cx_destroy");
    cut = scope.counter("downstream_cx_drain_cut");
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
    late(worker, connection);
  }

  /** A connection has shown its protocol: it stands for the one that was added. On its loop. */
  public void replace(Worker worker, DownstreamConnection before, DownstreamConnection connection) {
    byWorker.get(worker.index()).remove(before);
    byWorker.get(worker.index()).add(connection);
    late(worker, connection);
  }

  private void late(Worker worker, DownstreamConnection connection) {
    DrainClock now = clock;
    if (now != null && now.untilIdle(worker.nanoTime()) == 0) {
      // It was on its way when the others were told. It has a moment for the request it came with.
      worker
          .wheel()
          .arm(
              new Deadline() {
                @Override
                protected void expired() {
                  if (clock == now && byWorker.get(worker.index()).contains(connection)) {
                    worker.batch(connection::drain);
                  }
                }
              },
              LATE_NANOS);
    }
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
    if (open.decrementAndGet() == 0 && clock != null) {
      tellIfEmpty();
    }
  }

  /** Without the lock: who waits for it may take others, and hold them when asking us something. */
  private void tellIfEmpty() {
    CompletableFuture<Void> done;
    synchronized (this) {
      if (open.get() > 0 || clock == null) {
        return;
      }
      done = empty;
    }
    done.complete(null);
  }

  /** Whether a drain has begun. Not whether a connection should end now: {@link #closes}. */
  public boolean draining() {
    return clock != null;
  }

  /**
   * Whether the response that is about to be sent should be the last of its connection; the answer
   * is a new throw of the dice each time. On the loop.
   */
  public boolean closes(Worker worker) {
    DrainClock now = clock;
    return (now != null && now.closes(worker.turnNanos(), worker.random()))
        || unhealthy.getAsBoolean()
        || worker.overload().hits(Action.DISABLE_HTTP_KEEPALIVE, worker.random());
  }

  /**
   * How long a connection that is about to end may wait for what is on its way: as long as its
   * configuration says, but where a drain cuts off what is left no longer than half of the time
   * until then. In nanoseconds, on the loop.
   */
  public long drainWait(Worker worker, Duration configured) {
    DrainClock now = clock;
    long wanted = configured.toNanos();
    return now == null
        ? wanted
        : Math.min(wanted, now.untilCut(worker.nanoTime(), /* tunnels= */ false) / 2);
  }

  /** Connections open. Safe on every thread. */
  public long open() {
    return open.get();
  }

  /**
   * Brings the connections to their end; completes when the last one is gone. Of several drains the
   * one that is over first counts.
   */
  public CompletableFuture<Void> drain(DrainPlan plan) {
    DrainClock next = new DrainClock(plan, workers.getFirst().nanoTime());
    CompletableFuture<Void> over;
    synchronized (this) {
      DrainClock before = clock;
      if (before == null || next.before(before)) {
        clock = next;
        for (Worker worker : workers) {
          worker.loop().execute(() -> watch(worker, next));
        }
      }
      over = empty;
    }
    tellIfEmpty();
    return over;
  }

  /**
   * Takes a drain back: connections that have not been told to end live on. Who waits for the end
   * of the drain then waits for that of the next one.
   */
  public synchronized void resume() {
    clock = null;
    if (empty.isDone()) {
      empty = new CompletableFuture<>();
    }
  }

  private void watch(Worker worker, DrainClock of) {
    long now = worker.nanoTime();
    boolean atOnce = of.plan().over().isZero();
    after(
        worker,
        of,
        of.untilIdle(now) + (atOnce ? 0 : LAST_READ_NANOS),
        connection -> worker.batch(connection::drain));
    for (boolean tunnels : new boolean[] {false, true}) {
      after(
          worker,
          of,
          of.untilCut(now, tunnels),
          connection -> {
            if (connection.tunnel() == tunnels) {
              worker.stats().increment(cut);
              worker.batch(connection::closeNow);
            }
          });
    }
  }

  /** Does something to each connection then, if this drain still counts. */
  private void after(
      Worker worker, DrainClock of, long nanos, Consumer<DownstreamConnection> action) {
    if (nanos >= DrainPlan.UNLIMITED.toNanos()) {
      return;
    }
    Deadline moment =
        new Deadline() {
          @Override
          protected void expired() {
            if (clock == of) {
              List.copyOf(byWorker.get(worker.index())).forEach(action);
            }
          }
        };
    if (nanos == 0) {
      List.copyOf(byWorker.get(worker.index())).forEach(action);
    } else {
      worker.wheel().arm(moment, nanos);
    }
  }

  /** Shows the streams of this loop's connections. On the loop. */
  public void streams(Worker worker, HeaviestStreams to) {
    for (DownstreamConnection connection : byWorker.get(worker.index())) {
      connection.streams(to);
    }
  }

  /** Ends all connections at once. */
  public void closeNow() {
    synchronized (this) {
      if (clock == null) {
        clock = new DrainClock(DrainPlan.AT_ONCE, workers.getFirst().nanoTime());
      }
    }
    for (Worker worker : workers) {
      worker
          .loop()
          .execute(() ->
              List.copyOf(byWorker.get(worker.index())).forEach(DownstreamConnection::closeNow));
    }
  }
}
