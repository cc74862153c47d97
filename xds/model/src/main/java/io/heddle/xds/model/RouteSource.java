package io.heddle.xds.model;

import java.time.Duration;
import java.util.List;

/** Where a connection manager gets its routes from. */
public sealed interface RouteSource {

  /**
   * By RDS.
   *
   * @param initialFetchTimeout how long the listener waits for them; zero means for ever
   */
  record Rds(String routeConfigName, Duration initialFetchTimeout, SourceConfig.Origin origin)
      implements RouteSource {
    /** Over the aggregated stream. */
    public Rds(String routeConfigName, Duration initialFetchTimeout) {
      this(routeConfigName, initialFetchTimeout, SourceConfig.Origin.Ads.ADS);
    }
  }

  /** Written within the listener. */
  record Inline(RouteTable routes) implements RouteSource {}

  /**
   * One table of several, by what stands in the request ({@code
   * envoy.extensions.filters.network.http_connection_manager.v3.ScopedRoutes}).
   *
   * @param name of the set of scopes, by which managers share it
   * @param rdsInitialFetchTimeout how long the listener waits for a table that a scope names; zero
   *     means for ever
   */
  record Scoped(
      String name,
      ScopeKeyBuilder key,
      Scopes scopes,
      Duration rdsInitialFetchTimeout,
      SourceConfig.Origin rdsOrigin)
      implements RouteSource {}

  /** Where a connection manager has its scopes from. */
  sealed interface Scopes {
    /** Written within the listener. */
    record Inline(List<ScopedRoute> scopes) implements Scopes {
      public Inline {
        scopes = List.copyOf(scopes);
      }
    }

    /**
     * By SRDS.
     *
     * @param initialFetchTimeout how long the listener waits for them; zero means for ever
     */
    record Srds(Duration initialFetchTimeout, SourceConfig.Origin origin) implements Scopes {}
  }
}
