package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.engine.balance.HostSet;
import io.heddle.xds.model.EndpointsConfig.Locality;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What clusters know of the proxy and of each other. Safe on every thread. */
interface ClusterSettings {
  /** Where the proxy runs. */
  Locality own();

  /** Monotonic nanoseconds. */
  LongSupplier nanoTime();

  /** The hosts of the local cluster; null where there is none, and for that cluster itself. */
  @Nullable HostSet localHosts(String asking);

  /** The cluster of a name; null where there is none. */
  @Nullable Cluster named(String name);

  /** What judges of hosts live with. */
  default HealthTools health() {
    throw new IllegalStateException("nobody is judged here");
  }

  /** This cluster has other endpoints; called without its lock. */
  void endpointsChanged(String cluster);
}
