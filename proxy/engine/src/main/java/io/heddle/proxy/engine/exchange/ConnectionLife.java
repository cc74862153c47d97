package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.engine.connection.ConnectionGroup;
import io.heddle.proxy.engine.connection.DownstreamConnection;
import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.stats.LoopStats;
import io.heddle.proxy.engine.stats.ScalarStat;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Beginning and end of a client's connection as HTTP/1.1 and HTTP/2 count them alike, and the
 * greatest age, at which it drains. Owned by the connection's loop.
 */
public final class ConnectionLife {
  private final Worker worker;
  private final HttpChain manager;
  private final ConnectionGroup group;
  private final Deadline age =
      new Deadline() {
        @Override
        protected void expired() {
          grewOld();
        }
      };

  /** Null before the beginning. */
  private @Nullable DownstreamConnection connection;

  private boolean told;

  /** Of a connection that has not begun. */
  public ConnectionLife(Worker worker, HttpChain manager, ConnectionGroup group) {
    this.worker = worker;
    this.manager = manager;
    this.group = group;
  }

  /**
   * Begins, or goes on where it has begun as a connection of no known protocol.
   *
   * @param next the connection that is meant from now on
   * @param total what its protocol counts
   * @param active the same
   */
  public void begin(DownstreamConnection next, ScalarStat total, ScalarStat active) {
    DownstreamConnection before = connection;
    if (before == null) {
      begin(next);
    } else {
      connection = next;
      group.replace(worker, before, next);
    }
    worker.stats().increment(total);
    worker.stats().increment(active);
  }

  /** Begins, with no known protocol. */
  public void begin(DownstreamConnection first) {
    connection = first;
    LoopStats loop = worker.stats();
    loop.increment(manager.stats().cxTotal);
    loop.increment(manager.stats().cxActive);
    group.add(worker, first);
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
    DownstreamConnection old = connection;
    if (old == null) {
      return;
    }
    if (!told) {
      told = true;
      worker.stats().increment(manager.stats().cxMaxDuration);
      long wait = group.drainWait(worker, manager.config().timeouts().drain());
      if (old.endSoon() && wait > 0) {
        worker.wheel().arm(age, wait);
        return;
      }
    }
    old.drain();
  }

  /** Ends, once; {@code byUs} is who closed it. */
  public void end(ScalarStat active, boolean byUs) {
    worker.stats().add(active, -1);
    end(byUs);
  }

  /** Ends without having shown a protocol. */
  public void end(boolean byUs) {
    LoopStats loop = worker.stats();
    HttpStats stats = manager.stats();
    loop.increment(byUs ? stats.cxDestroyLocal : stats.cxDestroyRemote);
    loop.increment(stats.cxDestroy);
    loop.add(stats.cxActive, -1);
    worker.wheel().remove(age);
    DownstreamConnection last = connection;
    if (last != null) {
      group.remove(worker, last);
    }
    worker.connections().decrementAndGet();
  }
}
