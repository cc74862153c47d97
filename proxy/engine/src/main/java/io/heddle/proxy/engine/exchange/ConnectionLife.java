package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.engine.connection.ConnectionGroup;
import io.heddle.proxy.engine.connection.DownstreamConnection;
import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.stats.LoopStats;
import io.heddle.proxy.engine.stats.ScalarStat;
import java.time.Duration;

/**
 * Beginning and end of a client's connection as HTTP/1.1 and HTTP/2 count them alike, and the
 * greatest age, at which it drains. Owned by the connection's loop.
 */
public final class ConnectionLife {
  private final Worker worker;
  private final HttpChain manager;
  private final ConnectionGroup group;
  private final DownstreamConnection connection;
  private final Deadline age =
      new Deadline() {
        @Override
        protected void expired() {
          grewOld();
        }
      };
  private boolean told;

  /** Of a connection that has not begun. */
  public ConnectionLife(
      Worker worker, HttpChain manager, ConnectionGroup group, DownstreamConnection connection) {
    this.worker = worker;
    this.manager = manager;
    this.group = group;
    this.connection = connection;
  }

  /** Begins; arguments are what its protocol counts. */
  public void begin(ScalarStat total, ScalarStat active) {
    LoopStats loop = worker.stats();
    loop.increment(manager.stats().cxTotal);
    loop.increment(manager.stats().cxActive);
    loop.increment(total);
    loop.increment(active);
    group.add(worker, connection);
    Duration oldest = manager.config().timeouts().maxConnectionDuration();
    if (!oldest.isZero()) {
      worker.wheel().arm(age, oldest.toNanos());
    }
  }

  /**
   * Where the end can only be told with a response, the next one tells it, so that no request is
   * met by a closed connection; where none is asked for within {@code drain_timeout}, that is all.
   */
  private void grewOld() {
    if (!told) {
      told = true;
      worker.stats().increment(manager.stats().cxMaxDuration);
      long wait = group.drainWait(worker, manager.config().timeouts().drain());
      if (connection.endSoon() && wait > 0) {
        worker.wheel().arm(age, wait);
        return;
      }
    }
    connection.drain();
  }

  /** Ends, once; {@code byUs} is who closed it. */
  public void end(ScalarStat active, boolean byUs) {
    LoopStats loop = worker.stats();
    HttpStats stats = manager.stats();
    loop.increment(byUs ? stats.cxDestroyLocal : stats.cxDestroyRemote);
    loop.increment(stats.cxDestroy);
    loop.add(active, -1);
    loop.add(stats.cxActive, -1);
    worker.wheel().remove(age);
    group.remove(worker, connection);
    worker.connections().decrementAndGet();
  }
}
