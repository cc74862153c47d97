package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.engine.route.CompiledRoutes;
import java.util.List;

/** The routes of a manager, swapped by one write. */
public final class RouteHolder {
  /** Compiled routes, and the request headers that only insiders may send. */
  public record Routes(CompiledRoutes compiled, List<String> internalOnlyHeaders, boolean known) {}

  private volatile Routes routes = new Routes(CompiledRoutes.EMPTY, List.of(), false);

  /** The routes as they are now. */
  public Routes get() {
    return routes;
  }

  /** Gives later exchanges these. */
  public void set(Routes next) {
    routes = next;
  }
}
