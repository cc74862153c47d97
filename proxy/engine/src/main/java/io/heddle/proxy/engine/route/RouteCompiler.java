package io.heddle.proxy.engine.route;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.RateLimitRules;
import io.heddle.proxy.engine.balance.MetadataCriteria;
import io.heddle.proxy.engine.matcher.CompiledTree;
import io.heddle.proxy.engine.route.CompiledRoute.Target;
import io.heddle.xds.model.ClusterTarget;
import io.heddle.xds.model.ClusterTarget.WeightedCluster;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.Fraction;
import io.heddle.xds.model.HeaderMutations;
import io.heddle.xds.model.MirrorPolicy;
import io.heddle.xds.model.RateLimits;
import io.heddle.xds.model.RouteAction;
import io.heddle.xds.model.RouteConfig;
import io.heddle.xds.model.RouteMatch;
import io.heddle.xds.model.RouteTable;
import io.heddle.xds.model.StructValue;
import io.heddle.xds.model.VirtualHostConfig;
import io.heddle.xds.model.VirtualHostConfig.RouteSpan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Compiles one table. Virtual hosts that were the same in the table before are taken from there, so
 * that a change costs what it changes. Used once.
 */
final class RouteCompiler {
  private static final RouteMatch ANY =
      new RouteMatch(
          new RouteMatch.PathMatch.Prefix(""), true, Set.of(), List.of(), List.of(), Fraction.ALL);

  private final RouteTable table;
  private final CompiledRoutes before;
  private final FilterConfigs filters;
  private final Function<String, Boolean> clusterKnown;
  private final List<ConfigError> errors;
  private final String resource;
  private @Nullable VirtualClusters virtualClusters; // Of the host that is being compiled.
  private Optional<RateLimitRules> hostLimits = Optional.empty(); // Of the same.

  RouteCompiler(
      RouteTable table,
      CompiledRoutes before,
      FilterConfigs filters,
      Function<String, Boolean> clusterKnown,
      List<ConfigError> errors) {
    this.table = table;
    this.before = before;
    this.filters = filters;
    this.clusterKnown = clusterKnown;
    this.errors = errors;
    this.resource = "RouteConfiguration " + table.name();
  }

  CompiledRoutes compile() {
    // All that a host takes from its table; checks of clusters have to be made anew.
    boolean sameFrame =
        !table.validateClusters()
            && table.withVirtualHosts(List.of()).equals(before.table().withVirtualHosts(List.of()))
            && before.configs.tryUse();
    TableConfigs configs =
        sameFrame
            ? before.configs
            : TableConfigs.of(filters.table(resource, errors), table.filterConfigs());
    Map<VirtualHostConfig, CompiledHost> known = new HashMap<>();
    if (sameFrame) {
      before.all.forEach(host -> known.put(host.config(), host));
    }
    List<CompiledHost> all = new ArrayList<>();
    Map<String, CompiledHost> byDomain = new HashMap<>();
    for (int h = 0; h < table.virtualHosts().size(); h++) {
      VirtualHostConfig config = table.virtualHosts().get(h);
      String at = "virtual_hosts[" + h + "]";
      CompiledHost kept = known.get(config);
      CompiledHost host = kept != null && kept.tryUse() ? kept : host(config, configs, at);
      all.add(host);
      for (String domain : config.domains()) {
        CompiledHost owner = byDomain.putIfAbsent(domain, host);
        if (owner != null) {
          errors.add(
              new ConfigError(
                  resource,
                  at + ".domains",
                  domain,
                  "a domain used once in the table; virtual host " + owner.name() + " has it"));
        }
      }
    }
    return new CompiledRoutes(table, new HostIndex(byDomain), all, configs);
  }

  private CompiledHost host(VirtualHostConfig config, TableConfigs configs, String at) {
    FilterConfigs.Table own = filters.table(resource, errors, configs.parsed());
    virtualClusters =
        config.virtualClusters().isEmpty()
            ? null
            : new VirtualClusters(config, filters.runtime(), filters.stats());
    hostLimits = filters.rateLimits(config.rateLimits().rules(), resource, at, errors);
    CompiledRoute[] routes = new CompiledRoute[config.routes().size()];
    String list = config.matcher().isPresent() ? ".matcher routes" : ".routes";
    for (int r = 0; r < routes.length; r++) {
      routes[r] = route(config, own, at, config.routes().get(r), at + list + "[" + r + "]");
    }
    return new CompiledHost(
        config, routes, own.closeables(), toTls(config, own, at), matcher(config, at));
  }

  private @Nullable CompiledTree<RouteSpan> matcher(VirtualHostConfig config, String at) {
    if (config.matcher().isEmpty()) {
      return null;
    }
    try {
      return CompiledTree.of(config.matcher().get(), filters.expressions());
    } catch (IllegalArgumentException wrong) {
      errors.add(
          new ConfigError(
              resource,
              at + ".matcher",
              String.valueOf(wrong.getMessage()),
              "an expression over attributes that are known here"));
      return null;
    }
  }

  /** The route of requests that have to come by HTTPS. */
  private CompiledRoute toTls(VirtualHostConfig config, FilterConfigs.Table own, String at) {
    RouteConfig route =
        new RouteConfig(
            "",
            ANY,
            new RouteAction.Redirect(
                "https", "", 0, RouteAction.RedirectPath.Keep.KEEP, false, 301),
            HeaderMutations.NONE,
            HeaderMutations.NONE,
            Map.of());
    return route(config, own, at, route, at);
  }

  private CompiledRoute route(
      VirtualHostConfig host,
      FilterConfigs.Table filterConfigs,
      String hostAt,
      RouteConfig route,
      String at) {
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
            if (!one.cluster().isEmpty()) {
              known(one.cluster(), where + ".name");
            }
            weighted.add(
                target(
                    host,
                    filterConfigs,
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
    Target plain = target(host, filterConfigs, route, Optional.empty(), cluster, 1, "", levels, at);
    return new CompiledRoute(
        route,
        new RouteMatcher(route.match(), filters.runtime()),
        host,
        plain,
        weighted.toArray(new Target[0]),
        mirrors(host, route, at),
        filters.runtime(),
        new CompiledRoute.Counted(
            route.statPrefix().isEmpty()
                ? null
                : RouteCounters.ofRoute(filters.stats(), host.name(), route.statPrefix()),
            virtualClusters),
        rateLimits(route, at));
  }

  private RateLimitRules.OfRoute rateLimits(RouteConfig route, String at) {
    if (!(route.action() instanceof RouteAction.Forward forward)) {
      return RateLimitRules.OfRoute.NONE;
    }
    RateLimits own = forward.options().rateLimits();
    Optional<RateLimitRules> ofRoute =
        filters.rateLimits(own.rules(), resource, at + ".route", errors);
    return ofRoute.isEmpty() && hostLimits.isEmpty()
        ? RateLimitRules.OfRoute.NONE
        : new RateLimitRules.OfRoute(ofRoute, hostLimits, own.includeHost());
  }

  /** The most specific level that mirrors has the say. */
  private List<CompiledMirror> mirrors(VirtualHostConfig host, RouteConfig route, String at) {
    if (!(route.action() instanceof RouteAction.Forward forward)) {
      return List.of();
    }
    List<MirrorPolicy> own = forward.options().mirrors();
    for (int i = 0; i < own.size(); i++) {
      if (!own.get(i).cluster().isEmpty()) {
        known(own.get(i).cluster(), at + ".route.request_mirror_policies[" + i + "].cluster");
      }
    }
    List<MirrorPolicy> policies =
        !own.isEmpty() ? own : !host.mirrors().isEmpty() ? host.mirrors() : table.mirrors();
    List<CompiledMirror> compiled = new ArrayList<>(policies.size());
    for (int i = 0; i < policies.size(); i++) {
      MirrorPolicy policy = policies.get(i);
      String where = at + ".route.request_mirror_policies[" + i + "].request_headers_mutations";
      compiled.add(new CompiledMirror(policy, edits(policy.edits(), where)));
    }
    return compiled;
  }

  private void known(String cluster, String at) {
    if (table.validateClusters() && !clusterKnown.apply(cluster)) {
      errors.add(new ConfigError(resource, at, cluster, "a cluster that exists"));
    }
  }

  private Target target(
      VirtualHostConfig host,
      FilterConfigs.Table filterConfigs,
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
        merged.enabled(),
        clusterHeader(weighted, route),
        metadata(weighted, route));
  }

  private static Optional<HeaderName> clusterHeader(
      Optional<WeightedCluster> weighted, RouteConfig route) {
    if (weighted.isPresent()) {
      String name = weighted.get().clusterHeader();
      return name.isEmpty() ? Optional.empty() : Optional.of(HeaderName.of(name));
    }
    return route.action() instanceof RouteAction.Forward forward
            && forward.target() instanceof ClusterTarget.FromHeader from
        ? Optional.of(HeaderName.of(from.header()))
        : Optional.empty();
  }

  private static MetadataCriteria metadata(Optional<WeightedCluster> weighted, RouteConfig route) {
    if (!(route.action() instanceof RouteAction.Forward forward)) {
      return MetadataCriteria.NONE;
    }
    MetadataCriteria ofRoute = criteria(forward.options().metadataMatch());
    return weighted.map(one -> ofRoute.and(criteria(one.metadataMatch()))).orElse(ofRoute);
  }

  private static MetadataCriteria criteria(StructValue.Fields fields) {
    return fields.values().isEmpty() ? MetadataCriteria.NONE : MetadataCriteria.of(fields);
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
    return edits(order, at);
  }

  private HeaderEdits edits(List<HeaderMutations> order, String at) {
    try {
      return HeaderEdits.of(order, filters.expressions());
    } catch (IllegalArgumentException unsupported) {
      errors.add(
          new ConfigError(
              resource, at, String.valueOf(unsupported.getMessage()), "a supported operator"));
      return HeaderEdits.NONE;
    }
  }
}
