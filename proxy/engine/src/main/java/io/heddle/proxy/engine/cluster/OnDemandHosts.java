package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.engine.balance.BalanceContext;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The hosts of a cluster that knows them only once a request or a connection asks for one. Safe on
 * every thread.
 */
interface OnDemandHosts {
  /** The host that is asked for; null where none is, or where it cannot be had. On a loop. */
  @Nullable Host choose(BalanceContext context);

  /** All that there are now. */
  List<Host> hosts();

  /** Ends what runs beside the loops and forgets all hosts. */
  void close();
}
