package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.RequestHeaders;

/** Where a manager has the routes of a request from. Safe on every thread. */
public sealed interface RouteSupply permits RouteHolder, ScopeHolder {
  /**
   * The routes as they are now, for the exchange of this request, which calls {@code
   * compiled().done()} at its end.
   */
  RouteHolder.Routes use(RequestHeaders request);

  /** Lets go of the routes; later exchanges find none. */
  void clear();
}
