package io.heddle.proxy.engine.route;

import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.engine.chain.UseCount;
import io.heddle.proxy.engine.route.CompiledRoute.Target;
import io.heddle.xds.model.ClusterTarget;
import io.heddle.xds.model.ClusterTarget.WeightedCluster;
import io.heddle.xds.model.ConfigError;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A route table, compiled: hosts by hash, the longest suffix and then the longest prefix before the
 * catch-all. Immutable.
 */
// Compared by nobody.
@SuppressWarnings("ArrayRecordComponent")
public final class CompiledRoutes {
  private static final Logger LOG = LoggerFactory.getLogger(CompiledRoutes.class);

  /** No routes at all. */
  public static final CompiledRoutes EMPTY =
      new CompiledRoutes("", false, Map.of(), Map.of(), Map.of(), Optional.empty(), List.of());

  /** The table without anything. */
  public static final RouteTable NOTHING =
      new RouteTable(
          "",
          List.of(),
          false,
          false,
          false,
          HeaderMutations.NONE,
          HeaderMutations.NONE,
          List.of(),
          Map.of());

  private final String name;
  private final boolean ignorePort;
  private final Map<String, VirtualHost> exact;
  private final Map<String, VirtualHost> suffixes;
  private final Map<String, VirtualHost> prefixes;
  private final int[] suffixLengths;
  private final int[] prefixLengths;
  private final Optional<VirtualHost> catchAll;
  private final boolean holdsSomething;
  private final UseCount users;

  private record VirtualHost(String name, CompiledRoute[] routes) {}

  private CompiledRoutes(
      String name,
      boolean ignorePort,
      Map<String, VirtualHost> exact,
      Map<String, VirtualHost> suffixes,
      Map<String, VirtualHost> prefixes,
      Optional<VirtualHost> catchAll,
      List<AutoCloseable> configs) {
    this.name = name;
    this.ignorePort = ignorePort;
    this.exact = exact;
    this.suffixes = suffixes;
    this.prefixes = prefixes;
    this.suffixLengths = lengths(suffixes);
    this.prefixLengths = lengths(prefixes);
    this.catchAll = catchAll;
    this.holdsSomething = !configs.isEmpty();
    this.users = new UseCount(() -> close(configs));
  }

  private static void close(List<AutoCloseable> configs) {
    for (AutoCloseable config : configs) {
      try {
        config.close();
      } catch (Exception failure) {
        LOG.warn("The configuration of a filter on a route failed to close", failure);
      }
    }
  }

  /**
   * One more user, who calls {@link #done}; false where the last has gone and what the routes held
   * is freed. Whoever compiles is the first user. Tables whose filters hold nothing, which is most,
   * count nobody.
   */
  public boolean tryUse() {
    return !holdsSomething || users.tryUse();
  }

  /** One user less. */
  public void done() {
    if (holdsSomething) {
      users.done();
    }
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
   * @param before what the table follows; its virtual hosts are kept where they are the same
   * @param clusterKnown asked where the table wants its clusters checked
   */
  public static CompiledRoutes compile(
      RouteTable table,
      CompiledRoutes before,
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
    private final Function<String, Boolean> clusterKnown;
    private final List<ConfigError> errors;
    private final String resource;
    private final FilterConfigs.Table filterConfigs;

    Compiler(
        RouteTable table,
        FilterConfigs filters,
        Function<String, Boolean> clusterKnown,
        List<ConfigError> errors) {
      this.table = table;
      this.clusterKnown = clusterKnown;
      this.errors = errors;
      this.resource = "RouteConfiguration " + table.name();
      this.filterConfigs = filters.table(resource, errors);
    }

    CompiledRoutes compile() {
      Map<String, VirtualHost> exact = new HashMap<>();
      Map<String, VirtualHost> suffixes = new HashMap<>();
      Map<String, VirtualHost> prefixes = new HashMap<>();
      Map<String, String> owners = new HashMap<>();
      Optional<VirtualHost> catchAll = Optional.empty();
      for (int h = 0; h < table.virtualHosts().size(); h++) {
        VirtualHostConfig config = table.virtualHosts().get(h);
        String at = "virtual_hosts[" + h + "]";
        CompiledRoute[] routes = new CompiledRoute[config.routes().size()];
        for (int r = 0; r < routes.length; r++) {
          routes[r] = route(config, at, config.routes().get(r), at + ".routes[" + r + "]");
        }
        VirtualHost host = new VirtualHost(config.name(), routes);
        for (String domain : config.domains()) {
          String owner = owners.putIfAbsent(domain, config.name());
          if (owner != null) {
            errors.add(
                new ConfigError(
                    resource,
                    at + ".domains",
                    domain,
                    "a domain used once in the table; virtual host " + owner + " has it"));
          }
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
          table.name(),
          table.ignorePortInHostMatching(),
          exact,
          suffixes,
          prefixes,
          catchAll,
          filterConfigs.closeables());
    }

    private CompiledRoute route(
        VirtualHostConfig host, String hostAt, RouteConfig route, String at) {
      List<FilterConfigs.Level> levels =
          List.of(
              new FilterConfigs.Level(table.filterConfigs(), ""),
              new FilterConfigs.Level(host.filterConfigs(), hostAt),
              new FilterConfigs.Level(route.filterConfigs(), at));
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
                      levels,
                      where));
            }
          }
          case ClusterTarget.FromHeader _ -> {}
        }
      }
      Target plain = target(host, route, Optional.empty(), cluster, 1, "", levels, at);
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
        List<FilterConfigs.Level> upToRoute,
        String at) {
      List<FilterConfigs.Level> levels = new ArrayList<>(upToRoute);
      weighted.ifPresent(one -> levels.add(new FilterConfigs.Level(one.filterConfigs(), at)));
      FilterConfigs.Merged merged = filterConfigs.merge(levels);
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
      // What the weighted cluster says comes first in both orders, as with Envoy.
      List<HeaderMutations> order =
          table.mostSpecificMutationsWin()
              ? List.of(weighted, whole, host, route)
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
