package io.heddle.proxy.app.dynamic;

import io.heddle.xds.model.ScopedRoute;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** No two scopes of a set may have one key. */
final class ScopeKeys {
  private ScopeKeys() {}

  /** A scope that has the key of another is refused; whoever had it first keeps it. */
  static void refuseShared(
      Map<String, ScopedRoute> before, Map<String, ScopedRoute> next, Map<String, String> refused) {
    Map<List<String>, String> owners = new HashMap<>();
    before.forEach((name, scope) -> {
      if (scope.equals(next.get(name))) {
        owners.put(scope.key(), name);
      }
    });
    for (Map.Entry<String, ScopedRoute> entry : List.copyOf(next.entrySet())) {
      String name = entry.getKey();
      String owner = owners.putIfAbsent(entry.getValue().key(), name);
      if (owner != null && !owner.equals(name)) {
        refused.put(
            name,
            "ScopedRouteConfiguration "
                + name
                + ": key: found that of scope "
                + owner
                + ", expected one of its own");
        ScopedRoute former = before.get(name);
        if (former == null || owners.putIfAbsent(former.key(), name) != null) {
          next.remove(name);
        } else {
          next.put(name, former);
        }
      }
    }
  }
}
