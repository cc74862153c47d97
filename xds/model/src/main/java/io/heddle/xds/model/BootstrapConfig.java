package io.heddle.xds.model;

import java.time.Duration;
import java.util.List;

/**
 * What a proxy starts with ({@code envoy.config.bootstrap.v3.Bootstrap}).
 *
 * @param stats how statistics are named, picked and bucketed
 * @param runtime the layers of the runtime, lowest first; at least one
 * @param localCluster the cluster of the proxies of this one's kind; empty where there is none
 */
public record BootstrapConfig(
    NodeConfig node,
    List<ListenerConfig> listeners,
    List<ClusterConfig> clusters,
    Admin admin,
    DynamicSource dynamic,
    StatsConfig stats,
    List<RuntimeLayerConfig> runtime,
    String localCluster) {

  /** Without a local cluster. */
  public BootstrapConfig(
      NodeConfig node,
      List<ListenerConfig> listeners,
      List<ClusterConfig> clusters,
      Admin admin,
      DynamicSource dynamic,
      StatsConfig stats,
      List<RuntimeLayerConfig> runtime) {
    this(node, listeners, clusters, admin, dynamic, stats, runtime, "");
  }

  public BootstrapConfig {
    runtime = List.copyOf(runtime);
    listeners = List.copyOf(listeners);
    clusters = List.copyOf(clusters);
  }

  /** Without runtime: an empty layer that the admin API may fill. */
  public BootstrapConfig(
      NodeConfig node,
      List<ListenerConfig> listeners,
      List<ClusterConfig> clusters,
      Admin admin,
      DynamicSource dynamic,
      StatsConfig stats) {
    this(
        node,
        listeners,
        clusters,
        admin,
        dynamic,
        stats,
        List.of(new RuntimeLayerConfig("", RuntimeLayerConfig.Content.Admin.ADMIN)));
  }

  /** The same with another node. */
  public BootstrapConfig withNode(NodeConfig other) {
    return new BootstrapConfig(other, listeners, clusters, admin, dynamic, stats, runtime);
  }

  /** The admin API. */
  public sealed interface Admin {
    enum Off implements Admin {
      OFF
    }

    record At(SocketEndpoint address) implements Admin {}
  }

  /** The static clusters that carry traffic: all but the one that leads to the control plane. */
  public List<ClusterConfig> trafficClusters() {
    return dynamic instanceof DynamicSource.Ads ads
            && ads.target() instanceof GrpcTarget.Cluster control
        ? clusters.stream()
            .filter(cluster -> !cluster.name().equals(control.clusterName()))
            .toList()
        : clusters;
  }

  /** Where configuration beyond the static one comes from. */
  public sealed interface DynamicSource {
    enum None implements DynamicSource {
      NONE
    }

    /**
     * One aggregated stream.
     *
     * @param listeners whether listeners are subscribed to over it
     * @param clusters whether clusters are subscribed to over it
     * @param listenersFetchTimeout how long start-up waits for the first; zero means for ever
     * @param clustersFetchTimeout how long start-up waits for the first; zero means for ever
     */
    record Ads(
        Variant variant,
        GrpcTarget target,
        boolean nodeOnFirstMessageOnly,
        boolean listeners,
        boolean clusters,
        Duration listenersFetchTimeout,
        Duration clustersFetchTimeout)
        implements DynamicSource {}
  }

  /** Which variant of the protocol is spoken. */
  public enum Variant {
    STATE_OF_THE_WORLD,
    DELTA
  }

  /** Whom a gRPC stream goes to. */
  public sealed interface GrpcTarget {
    /** A static cluster of this bootstrap; {@code authority} is empty where it is the cluster. */
    record Cluster(String clusterName, String authority) implements GrpcTarget {}

    /** A gRPC target, such as {@code host:port} or {@code dns:///host:port}, in clear text. */
    record Uri(String targetUri) implements GrpcTarget {}
  }
}
