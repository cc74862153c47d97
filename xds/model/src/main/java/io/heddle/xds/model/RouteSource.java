package io.heddle.xds.model;

import java.time.Duration;

/** Where a connection manager gets its routes from. */
public sealed interface RouteSource {

  /**
   * By RDS over ADS.
   *
   * @param initialFetchTimeout how long the listener waits for them; zero means for ever
   */
  record Rds(String routeConfigName, Duration initialFetchTimeout) implements RouteSource {}

  /** Written within the listener. */
  record Inline(RouteTable routes) implements RouteSource {}
}
