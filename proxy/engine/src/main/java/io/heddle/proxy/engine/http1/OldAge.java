package io.heddle.proxy.engine.http1;

import io.heddle.proxy.engine.connection.ConnectionGroup;
import io.heddle.proxy.engine.exchange.HttpChain;
import io.heddle.proxy.engine.loop.Deadline;
import io.heddle.proxy.engine.loop.Worker;

/**
 * The end of a connection that has lived as long as it may ({@code max_connection_duration}): at
 * first the next response is the last, so that no request is met by a closed connection; where none
 * comes within {@code drain_timeout}, that is all. Owned by the loop.
 */
final class OldAge extends Deadline {
  private final Worker worker;
  private final HttpChain manager;
  private final ConnectionGroup group;
  private final Http1Connection connection;
  private boolean told;

  OldAge(Worker worker, HttpChain manager, ConnectionGroup group, Http1Connection connection) {
    this.worker = worker;
    this.manager = manager;
    this.group = group;
    this.connection = connection;
  }

  @Override
  protected void expired() {
    if (told) {
      connection.drain();
      return;
    }
    told = true;
    worker.stats().increment(manager.stats().cxMaxDuration);
    connection.endSoon();
    long wait = group.drainWait(worker, manager.config().timeouts().drain());
    if (wait == 0) {
      connection.drain();
    } else {
      worker.wheel().arm(this, wait);
    }
  }
}
