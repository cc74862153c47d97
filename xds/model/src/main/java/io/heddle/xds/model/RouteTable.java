package io.heddle.xds.model;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Virtual hosts and their routes ({@code envoy.config.route.v3.RouteConfiguration}).
 *
 * @param name empty for an inline table without a name
 * @param validateClusters whether a route to an unknown cluster refuses the table; by default true
 *     for inline tables and false for those that came by RDS
 * @param mostSpecificMutationsWin the order in which the levels' header mutations apply: by default
 *     route, virtual host, table, so that the table has the last word; reversed when true
 * @param filterConfigs per filter name, what overrides the filter's own configuration
 * @param hostSource whether there are more virtual hosts than those written here
 * @param mirrors for the virtual hosts that have none
 * @param ignorePathParameters whether paths are matched without what follows a semicolon
 */
public record RouteTable(
    String name,
    List<VirtualHostConfig> virtualHosts,
    boolean ignorePortInHostMatching,
    boolean validateClusters,
    boolean mostSpecificMutationsWin,
    HeaderMutations requestHeaders,
    HeaderMutations responseHeaders,
    List<String> internalOnlyHeaders,
    Map<String, ExtensionConfig> filterConfigs,
    HostSource hostSource,
    List<MirrorPolicy> mirrors,
    boolean ignorePathParameters) {

  public RouteTable {
    mirrors = List.copyOf(mirrors);
    virtualHosts = List.copyOf(virtualHosts);
    internalOnlyHeaders = List.copyOf(internalOnlyHeaders);
    filterConfigs = Map.copyOf(filterConfigs);
  }

  /** A table whose virtual hosts are all written here. */
  public RouteTable(
      String name,
      List<VirtualHostConfig> virtualHosts,
      boolean ignorePortInHostMatching,
      boolean validateClusters,
      boolean mostSpecificMutationsWin,
      HeaderMutations requestHeaders,
      HeaderMutations responseHeaders,
      List<String> internalOnlyHeaders,
      Map<String, ExtensionConfig> filterConfigs) {
    this(
        name,
        virtualHosts,
        ignorePortInHostMatching,
        validateClusters,
        mostSpecificMutationsWin,
        requestHeaders,
        responseHeaders,
        internalOnlyHeaders,
        filterConfigs,
        HostSource.Written.WRITTEN,
        List.of(),
        false);
  }

  /** Where virtual hosts come from. */
  public sealed interface HostSource {
    enum Written implements HostSource {
      /** The table has them all. */
      WRITTEN
    }

    /**
     * Others come one by one by VHDS.
     *
     * @param initialFetchTimeout how long the listener waits for them; zero means for ever
     */
    record Vhds(Duration initialFetchTimeout, SourceConfig.Origin origin) implements HostSource {}
  }

  /** The same table with these virtual hosts. */
  public RouteTable withVirtualHosts(List<VirtualHostConfig> hosts) {
    return new RouteTable(
        name,
        hosts,
        ignorePortInHostMatching,
        validateClusters,
        mostSpecificMutationsWin,
        requestHeaders,
        responseHeaders,
        internalOnlyHeaders,
        filterConfigs,
        hostSource,
        mirrors,
        ignorePathParameters);
  }

  /** The clusters that the routes name outright; those taken from a header are not known here. */
  public Set<String> clusterNames() {
    Set<String> names = new LinkedHashSet<>();
    for (VirtualHostConfig host : virtualHosts) {
      for (RouteConfig route : host.routes()) {
        if (route.action() instanceof RouteAction.Forward forward) {
          switch (forward.target()) {
            case ClusterTarget.Single single -> names.add(single.cluster());
            case ClusterTarget.Weighted weighted ->
                weighted.clusters().stream()
                    .map(ClusterTarget.WeightedCluster::cluster)
                    .filter(cluster -> !cluster.isEmpty())
                    .forEach(names::add);
            case ClusterTarget.FromHeader _ -> {}
          }
        }
      }
    }
    return names;
  }
}
