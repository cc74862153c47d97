package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.engine.exchange.RouteHolder.Routes;
import io.heddle.proxy.engine.route.CompiledRoutes;
import io.heddle.proxy.engine.route.ScopeKey;
import java.util.List;
import java.util.Map;

/** The routes of a manager by the request's scope. */
public final class ScopeHolder implements RouteSupply {
  private static final Routes NO_SCOPE = new Routes(CompiledRoutes.EMPTY, List.of(), true);

  private final ScopeKey key;
  private final Scopes scopes;

  /** The scopes of one name, shared by the managers that have it; swapped by one write. */
  public static final class Scopes {
    private volatile Map<String, RouteHolder> byKey = Map.of();

    /** Gives later exchanges these, by {@link ScopeKey#text}. */
    public void set(Map<String, RouteHolder> next) {
      byKey = Map.copyOf(next);
    }
  }

  /** Finds the scope of a request by this key. */
  public ScopeHolder(ScopeKey key, Scopes scopes) {
    this.key = key;
    this.scopes = scopes;
  }

  // Whether it is the very same snapshot.
  @SuppressWarnings("ReferenceEquality")
  @Override
  public Routes use(RequestHeaders request) {
    String wanted = key.of(request);
    if (wanted == null) {
      return NO_SCOPE;
    }
    while (true) {
      Map<String, RouteHolder> now = scopes.byKey;
      RouteHolder holder = now.get(wanted);
      if (holder == null) {
        return NO_SCOPE;
      }
      Routes routes = holder.use(request);
      // A holder may have been cleared because its key has gone to another scope meanwhile.
      if (routes.known() || now == scopes.byKey) {
        return routes;
      }
    }
  }

  @Override
  public void clear() {
    scopes.set(Map.of());
  }
}
