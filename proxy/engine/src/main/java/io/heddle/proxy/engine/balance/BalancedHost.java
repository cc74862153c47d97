package io.heddle.proxy.engine.balance;

import io.heddle.proxy.api.LoadBalancerFactory;
import io.heddle.xds.model.EndpointsConfig.Locality;
import io.heddle.xds.model.StructValue;
import java.util.Map;

/** A host as the built-in balancers see it. Read on every thread. */
public interface BalancedHost extends LoadBalancerFactory.Host {
  /** Whether it may be used, and how gladly. */
  Availability availability();

  /** Whether it does not count, neither as a host that is well nor as one that is not. */
  default boolean leftOut() {
    return false;
  }

  /** Where it runs. */
  Locality locality();

  /** Its name; may be empty. */
  String hostname();

  /** Its metadata by filter name. */
  Map<String, StructValue.Fields> metadata();

  /** Monotonic nanoseconds since when it has been healthy. */
  long healthySinceNanos();

  /** What has been observed of its load. */
  HostLoad load();

  /** How gladly a host is used. */
  enum Availability {
    HEALTHY,
    /** Only for what the healthy hosts cannot carry. */
    DEGRADED,
    /** Only in a panic. */
    UNHEALTHY
  }
}
