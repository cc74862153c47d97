package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.engine.route.CompiledRoutes;
import java.util.List;

/** The routes of a manager, swapped by one write. */
public final class RouteHolder implements RouteSupply {
  /** Compiled routes, and the request headers that only insiders may send. */
  public record Routes(CompiledRoutes compiled, List<String> internalOnlyHeaders, boolean known) {}

  private volatile Routes routes = new Routes(CompiledRoutes.EMPTY, List.of(), false);

  /** The routes as they are now, to look at. */
  public Routes get() {
    return routes;
  }

  @Override
  public Routes use(RequestHeaders request) {
    while (true) {
      Routes now = routes;
      // Refused only between the two lines of set, when the next ones are there already.
      if (now.compiled().tryUse()) {
        return now;
      }
    }
  }

  /** Gives later exchanges these, which belong to the holder from now on. One writer at a time. */
  public void set(Routes next) {
    Routes before = routes;
    routes = next;
    before.compiled().done();
  }

  @Override
  public void clear() {
    set(new Routes(CompiledRoutes.EMPTY, List.of(), false));
  }
}
