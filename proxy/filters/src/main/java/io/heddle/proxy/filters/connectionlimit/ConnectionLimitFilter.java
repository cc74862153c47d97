package io.heddle.proxy.filters.connectionlimit;

import io.heddle.proxy.api.NetworkFilter;
import io.heddle.proxy.filters.connectionlimit.ConnectionLimitFilterFactory.Limit;

/** Takes a place for the connection, or closes it. */
final class ConnectionLimitFilter implements NetworkFilter {
  private final Limit limit;
  private final Connection connection;

  /** Whether the filter was on when the connection came. */
  private boolean counted;

  private boolean within;

  ConnectionLimitFilter(Limit limit, Connection connection) {
    this.limit = limit;
    this.connection = connection;
  }

  @Override
  public NetworkDecision onConnected() {
    if (!limit.enabled().on()) {
      return NetworkDecision.CONTINUE;
    }
    counted = true;
    limit.active().add(1);
    within = limit.tryEnter();
    if (within) {
      return NetworkDecision.CONTINUE;
    }
    limit.limited().increment();
    if (limit.delay().isZero()) {
      return NetworkDecision.CLOSE;
    }
    // Cancelled by the engine where the client goes first.
    var _ = connection.schedule(limit.delay(), connection::close);
    return NetworkDecision.SUSPEND;
  }

  @Override
  public void onClosed() {
    if (counted) {
      limit.active().add(-1);
    }
    if (within) {
      limit.leave();
    }
  }
}
