package io.heddle.proxy.engine.route;

import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.RuntimeView;
import io.heddle.proxy.api.StatsScope;
import io.heddle.proxy.engine.format.Subject;
import io.heddle.xds.model.VirtualClusterConfig;
import io.heddle.xds.model.VirtualHostConfig;

/**
 * The requests of a virtual host by kind, for statistics only: the first kind whose headers match,
 * or {@code other}. Immutable.
 */
final class VirtualClusters {
  private final RouteMatcher[] matchers;
  private final RouteCounters[] counters;
  private final RouteCounters other;

  VirtualClusters(VirtualHostConfig host, RuntimeView runtime, StatsScope root) {
    int size = host.virtualClusters().size();
    matchers = new RouteMatcher[size];
    counters = new RouteCounters[size];
    for (int i = 0; i < size; i++) {
      VirtualClusterConfig config = host.virtualClusters().get(i);
      matchers[i] = new RouteMatcher(config.match(), runtime);
      counters[i] = RouteCounters.ofCluster(root, host.name(), config.name());
    }
    other = RouteCounters.ofOthers(root, host.name());
  }

  /** The counters of a request's kind. */
  RouteCounters of(RequestHeaders request, Subject subject) {
    String path = request.path();
    int query = path.indexOf('?');
    int end = query < 0 ? path.length() : query;
    for (int i = 0; i < matchers.length; i++) {
      if (matchers[i].matches(request, subject, path, end, 0)) {
        return counters[i];
      }
    }
    return other;
  }
}
