package io.heddle.proxy.engine.route;

import io.heddle.proxy.api.HttpFilterFactory.RouteFilterConfig;
import io.heddle.proxy.engine.balance.MetadataCriteria;
import io.heddle.xds.model.ClusterTarget;
import io.heddle.xds.model.RouteAction;
import io.heddle.xds.model.RouteConfig;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A route with all that holds for it, from every level of its table. Immutable. */
public final class CompiledRoute {
  private final RouteConfig config;
  private final RouteMatcher matcher;
  private final String virtualHost;
  private final Target plain;
  private final Target[] weighted;
  private final RequestHash hash;
  private final MetadataCriteria criteria;

  /**
   * What holds for the requests of a route, or of one of its weighted clusters.
   *
   * @param cluster empty where the route does not name one
   * @param hostRewrite empty leaves what the route says
   * @param filterConfigs by filter name, the least specific first
   * @param disabledFilters names of filters that are switched off
   * @param enabledFilters names of filters that are switched on though the chain has them off
   */
  public record Target(
      String cluster,
      long weight,
      String hostRewrite,
      HeaderEdits requestEdits,
      HeaderEdits responseEdits,
      Map<String, List<RouteFilterConfig>> filterConfigs,
      Set<String> disabledFilters,
      Set<String> enabledFilters) {}

  CompiledRoute(
      RouteConfig config,
      RouteMatcher matcher,
      String virtualHost,
      Target plain,
      Target[] weighted) {
    this.config = config;
    this.matcher = matcher;
    this.virtualHost = virtualHost;
    this.plain = plain;
    this.weighted = weighted;
    RouteAction.Balancing balancing =
        config.action() instanceof RouteAction.Forward forward
            ? forward.balancing()
            : RouteAction.Balancing.NONE;
    this.hash = new RequestHash(balancing.hashPolicies());
    this.criteria = MetadataCriteria.of(balancing.metadataMatch());
  }

  /** How its requests are hashed. */
  public RequestHash hash() {
    return hash;
  }

  /** What it asks of its endpoints' metadata. */
  public MetadataCriteria criteria() {
    return criteria;
  }

  /** The route as configured. */
  public RouteConfig config() {
    return config;
  }

  /** Name of the virtual host. */
  public String virtualHost() {
    return virtualHost;
  }

  RouteMatcher matcher() {
    return matcher;
  }

  /** What holds for one request; {@code random} is any non-negative long. */
  public Target target(long random) {
    if (weighted.length == 0) {
      return plain;
    }
    long total = 0;
    for (Target target : weighted) {
      total += target.weight();
    }
    long point = random % total;
    for (Target target : weighted) {
      point -= target.weight();
      if (point < 0) {
        return target;
      }
    }
    return weighted[weighted.length - 1];
  }

  /** Whether the cluster is named by a request header. */
  public boolean clusterFromHeader() {
    return config.action() instanceof io.heddle.xds.model.RouteAction.Forward forward
        && forward.target() instanceof ClusterTarget.FromHeader;
  }
}
