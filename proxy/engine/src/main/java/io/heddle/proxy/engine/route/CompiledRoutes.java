package io.heddle.proxy.engine.route;

import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.engine.route.CompiledRoute.Target;
import io.heddle.xds.model.ClusterTarget;
import io.heddle.xds.model.ClusterTarget.WeightedCluster;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.ExtensionConfig;
import io.heddle.xds.model.HeaderMutations;
import io.heddle.xds.model.RouteAction;
import io.heddle.xds.model.RouteConfig;
import io.heddle.xds.model.RouteTable;
import io.heddle.xds.model.VirtualHostConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/**
 * A route table, compiled: hosts by hash, the longest suffix and then the longest prefix before the
 * catch-all. Immutable.
 */
// Compared by nobody.
@SuppressWarnings("ArrayRecordComponent")
public final class CompiledRoutes {
  /** No routes at all. */
  public static final CompiledRoutes EMPTY =
      new CompiledRoutes("", false, Map.of(), Map.of(), Map.of(), Optional.empty());

  private final String name;
  private final boolean ignorePort;
  private final Map<String, VirtualHost> exact;
  private final Map<String, VirtualHost> suffixes;
  private final Map<String, VirtualHost> prefixes;
  private final int[] suffixLengths;
  private final int[] prefixLengths;
  private final Optional<VirtualHost> catchAll;

  private record VirtualHost(String name, CompiledRoute[] routes) {}

  private CompiledRoutes(
      String name,
      boolean ignorePort,
      Map<String, VirtualHost> exact,
      Map<String, VirtualHost> suffixes,
      Map<String, VirtualHost> prefixes,
      Optional<VirtualHost> catchAll) {
    this.name = name;
    this.ignorePort = ignorePort;
    this.exact = exact;
    this.suffixes = suffixes;
    this.prefixes = prefixes;
    this.suffixLengths = lengths(suffixes);
    this.prefixLengths = lengths(prefixes);
    this.catchAll = catchAll;
  }

  private static int[] lengths(Map<String, VirtualHost> hosts) {
    TreeSet<Integer> lengths = new TreeSet<>();
    hosts.keySet().forEach(key -> lengths.add(key.length()));
    return lengths.descendingSet().stream().mapToInt(Integer::intValue).toArray();
  }

  /**
   * Compiles a table; what is wrong with it goes to {@code errors}, and the result is then of no
   * use.
   *
   * @param clusterKnown asked where the table wants its clusters checked
   */
  public static CompiledRoutes compile(
      RouteTable table,
      FilterConfigs filters,
      Function<String, Boolean> clusterKnown,
      List<ConfigError> errors) {
    return new Compiler(table, filters, clusterKnown, errors).compile();
  }

  /** The table's name. */
  public String name() {
    return name;
  }

  /** The route that a request takes. */
  public Optional<CompiledRoute> match(RequestHeaders request, RandomGenerator random) {
    Optional<VirtualHost> host = host(request.authority());
    if (host.isEmpty()) {
      return Optional.empty();
    }
    String path = request.path();
    int query = path.indexOf('?');
    int end = query < 0 ? path.length() : query;
    for (CompiledRoute route : host.get().routes()) {
      if (route.matcher().matches(request, path, end, random)) {
        return Optional.of(route);
      }
    }
    return Optional.empty();
  }

  private Optional<VirtualHost> host(String authority) {
    if (exact.isEmpty() && suffixLengths.length == 0 && prefixLengths.length == 0) {
      return catchAll;
    }
    String host = ignorePort ? withoutPort(authority) : authority;
    VirtualHost found = exact.get(host);
    if (found != null) {
      return Optional.of(found);
    }
    host = host.toLowerCase(Locale.ROOT);
    found = exact.get(host);
    if (found != null) {
      return Optional.of(found);
    }
    for (int length : suffixLengths) {
      // A wildcard stands for at least one character.
      if (host.length() > length) {
        found = suffixes.get(host.substring(host.length() - length));
        if (found != null) {
          return Optional.of(found);
        }
      }
    }
    for (int length : prefixLengths) {
      if (host.length() > length) {
        found = prefixes.get(host.substring(0, length));
        if (found != null) {
          return Optional.of(found);
        }
      }
    }
    return catchAll;
  }

  /** An authority without its port, if it has one. */
  public static String withoutPort(String authority) {
    int colon = authority.lastIndexOf(':');
    return colon < 0 || authority.indexOf(']', colon) >= 0
        ? authority
        : authority.substring(0, colon);
  }

  /** Compiles one table. */
  private static final class Compiler {
    private final RouteTable table;
    private final FilterConfigs filters;
    private final Function<String, Boolean> clusterKnown;
    private final List<ConfigError> errors;
    private final String resource;

    Compiler(
        RouteTable table,
        FilterConfigs filters,
        Function<String, Boolean> clusterKnown,
        List<ConfigError> errors) {
      this.table = table;
      this.filters = filters;
      this.clusterKnown = clusterKnown;
      this.errors = errors;
      this.resource = "RouteConfiguration " + table.name();
    }

    CompiledRoutes compile() {
      Map<String, VirtualHost> exact = new HashMap<>();
      Map<String, VirtualHost> suffixes = new HashMap<>();
      Map<String, VirtualHost> prefixes = new HashMap<>();
      Optional<VirtualHost> catchAll = Optional.empty();
      for (int h = 0; h < table.virtualHosts().size(); h++) {
        VirtualHostConfig config = table.virtualHosts().get(h);
        String at = "virtual_hosts[" + h + "]";
        CompiledRoute[] routes = new CompiledRoute[config.routes().size()];
        for (int r = 0; r < routes.length; r++) {
          routes[r] = route(config, config.routes().get(r), at + ".routes[" + r + "]");
        }
        VirtualHost host = new VirtualHost(config.name(), routes);
        for (String domain : config.domains()) {
          if (domain.equals("*")) {
            catchAll = Optional.of(host);
          } else if (domain.startsWith("*")) {
            suffixes.put(domain.substring(1), host);
          } else if (domain.endsWith("*")) {
            prefixes.put(domain.substring(0, domain.length() - 1), host);
          } else {
            exact.put(domain, host);
          }
        }
      }
      return new CompiledRoutes(
          table.name(), table.ignorePortInHostMatching(), exact, suffixes, prefixes, catchAll);
    }

    private CompiledRoute route(VirtualHostConfig host, RouteConfig route, String at) {
      List<Target> weighted = new ArrayList<>();
      String cluster = "";
      if (route.action() instanceof RouteAction.Forward forward) {
        switch (forward.target()) {
          case ClusterTarget.Single single -> {
            cluster = single.cluster();
            known(cluster, at + ".route.cluster");
          }
          case ClusterTarget.Weighted several -> {
            for (int i = 0; i < several.clusters().size(); i++) {
              WeightedCluster one = several.clusters().get(i);
              String where = at + ".route.weighted_clusters.clusters[" + i + "]";
              known(one.cluster(), where + ".name");
              weighted.add(
                  target(
                      host,
                      route,
                      Optional.of(one),
                      one.cluster(),
                      one.weight(),
                      one.hostRewrite(),
                      where));
            }
          }
          case ClusterTarget.FromHeader _ -> {}
        }
      }
      Target plain = target(host, route, Optional.empty(), cluster, 1, "", at);
      return new CompiledRoute(
          route,
          new RouteMatcher(route.match()),
          host.name(),
          plain,
          weighted.toArray(new Target[0]));
    }

    private void known(String cluster, String at) {
      if (table.validateClusters() && !clusterKnown.apply(cluster)) {
        errors.add(new ConfigError(resource, at, cluster, "a cluster that exists"));
      }
    }

    private Target target(
        VirtualHostConfig host,
        RouteConfig route,
        Optional<WeightedCluster> weighted,
        String cluster,
        long weight,
        String hostRewrite,
        String at) {
      FilterConfigs.Merged merged =
          filters.merge(
              List.of(
                  table.filterConfigs(),
                  host.filterConfigs(),
                  route.filterConfigs(),
                  weighted
                      .map(WeightedCluster::filterConfigs)
                      .orElse(Map.<String, ExtensionConfig>of())),
              resource,
              at,
              errors);
      return new Target(
          cluster,
          weight,
          hostRewrite,
          edits(
              weighted.map(WeightedCluster::requestHeaders).orElse(HeaderMutations.NONE),
              route.requestHeaders(),
              host.requestHeaders(),
              table.requestHeaders(),
              at + ".request_headers_to_add"),
          edits(
              weighted.map(WeightedCluster::responseHeaders).orElse(HeaderMutations.NONE),
              route.responseHeaders(),
              host.responseHeaders(),
              table.responseHeaders(),
              at + ".response_headers_to_add"),
          merged.configs(),
          merged.disabled(),
          merged.enabled());
    }

    private HeaderEdits edits(
        HeaderMutations weighted,
        HeaderMutations route,
        HeaderMutations host,
        HeaderMutations whole,
        String at) {
      List<HeaderMutations> order =
          table.mostSpecificMutationsWin()
              ? List.of(whole, host, route, weighted)
              : List.of(weighted, route, host, whole);
      try {
        return HeaderEdits.of(order);
      } catch (IllegalArgumentException unsupported) {
        errors.add(
            new ConfigError(
                resource, at, String.valueOf(unsupported.getMessage()), "a supported operator"));
        return HeaderEdits.NONE;
      }
    }
  }
}
