package io.heddle.xds.model;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a proxy starts with ({@code envoy.config.bootstrap.v3.Bootstrap}).
 *
 * @param stats how statistics are named, picked and bucketed
 * @param runtime the layers of the runtime, lowest first; at least one
 * @param localCluster the cluster of the proxies of this one's kind; empty where there is none
 * @param secrets what listeners and clusters may name without a source
 * @param upstreamBind what connections of clusters are bound to that do not say so themselves
 * @param overload what is done when something runs short
 * @param loadStats whom the load of clusters is reported to (LRS)
 * @param outlierLog the file that tells of endpoints that are taken out; empty for none
 */
public record BootstrapConfig(
    NodeConfig node,
    List<ListenerConfig> listeners,
    List<ClusterConfig> clusters,
    Admin admin,
    DynamicSources dynamic,
    StatsConfig stats,
    List<RuntimeLayerConfig> runtime,
    String localCluster,
    List<SecretConfig> secrets,
    Optional<BindConfig> upstreamBind,
    OverloadConfig overload,
    Optional<SourceConfig.Origin.Grpc> loadStats,
    String outlierLog) {

  /** Without a local cluster, secrets, something to bind to, and an overload manager. */
  public BootstrapConfig(
      NodeConfig node,
      List<ListenerConfig> listeners,
      List<ClusterConfig> clusters,
      Admin admin,
      DynamicSources dynamic,
      StatsConfig stats,
      List<RuntimeLayerConfig> runtime) {
    this(
        node,
        listeners,
        clusters,
        admin,
        dynamic,
        stats,
        runtime,
        "",
        List.of(),
        Optional.empty(),
        OverloadConfig.NONE,
        Optional.empty(),
        "");
  }

  public BootstrapConfig {
    runtime = List.copyOf(runtime);
    listeners = List.copyOf(listeners);
    clusters = List.copyOf(clusters);
    secrets = List.copyOf(secrets);
  }

  /** Without runtime: an empty layer that the admin API may fill. */
  public BootstrapConfig(
      NodeConfig node,
      List<ListenerConfig> listeners,
      List<ClusterConfig> clusters,
      Admin admin,
      DynamicSources dynamic,
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
    return new BootstrapConfig(
        other,
        listeners,
        clusters,
        admin,
        dynamic,
        stats,
        runtime,
        localCluster,
        secrets,
        upstreamBind,
        overload,
        loadStats,
        outlierLog);
  }

  /** The same, which reports its load there. */
  public BootstrapConfig reporting(SourceConfig.Origin.Grpc to) {
    return new BootstrapConfig(
        node,
        listeners,
        clusters,
        admin,
        dynamic,
        stats,
        runtime,
        localCluster,
        secrets,
        upstreamBind,
        overload,
        Optional.of(to),
        outlierLog);
  }

  /** Whether anything comes from elsewhere or is told there, so that someone must do it. */
  public boolean needsSources() {
    return dynamic.ads().isPresent()
        || loadStats.isPresent()
        || dynamic.listeners().isPresent()
        || dynamic.clusters().isPresent()
        || !origins().isEmpty();
  }

  /** The clusters through which gRPC streams of the bootstrap go. */
  public Set<String> controlClusters() {
    Set<String> names = new HashSet<>();
    List<SourceConfig.Origin> all = new ArrayList<>(origins());
    dynamic.ads().ifPresent(all::add);
    loadStats.ifPresent(all::add);
    dynamic.listeners().ifPresent(source -> all.add(source.origin()));
    dynamic.clusters().ifPresent(source -> all.add(source.origin()));
    for (SourceConfig.Origin origin : all) {
      if (origin instanceof SourceConfig.Origin.Grpc grpc
          && grpc.target() instanceof GrpcTarget.Cluster cluster) {
        names.add(cluster.clusterName());
      }
    }
    return names;
  }

  /** The static clusters that carry traffic: all but those that lead to a control plane. */
  public List<ClusterConfig> trafficClusters() {
    Set<String> control = controlClusters();
    return clusters.stream().filter(cluster -> !control.contains(cluster.name())).toList();
  }

  /** Where what static resources name comes from. */
  public Set<SourceConfig.Origin> origins() {
    Set<SourceConfig.Origin> origins = new LinkedHashSet<>();
    for (RuntimeLayerConfig layer : runtime) {
      if (layer.content() instanceof RuntimeLayerConfig.Content.Rtds rtds) {
        origins.add(rtds.source().origin());
      }
    }
    for (ClusterConfig cluster : clusters) {
      if (cluster.discovery() instanceof ClusterConfig.Discovery.Eds eds) {
        origins.add(eds.origin());
      }
      addOrigins(cluster.secrets(), origins);
    }
    for (ListenerConfig listener : listeners) {
      origins.addAll(listener.origins());
    }
    return origins;
  }

  private static void addOrigins(List<SecretRef> secrets, Set<SourceConfig.Origin> origins) {
    secrets.forEach(secret -> secret.source().ifPresent(from -> origins.add(from.origin())));
  }

  /** The admin API. */
  public sealed interface Admin {
    enum Off implements Admin {
      OFF
    }

    record At(SocketEndpoint address) implements Admin {}
  }

  /**
   * Where configuration beyond the static one comes from.
   *
   * @param ads the aggregated stream
   * @param listeners where LDS comes from
   * @param clusters where CDS comes from
   */
  public record DynamicSources(
      Optional<SourceConfig.Origin.Grpc> ads,
      Optional<SourceConfig> listeners,
      Optional<SourceConfig> clusters) {
    /** Nothing comes from elsewhere. */
    public static final DynamicSources NONE =
        new DynamicSources(Optional.empty(), Optional.empty(), Optional.empty());

    /** Listeners and clusters over one aggregated stream. */
    public static DynamicSources ads(SourceConfig.Origin.Grpc stream, Duration fetchTimeout) {
      SourceConfig both = new SourceConfig(SourceConfig.Origin.Ads.ADS, fetchTimeout);
      return new DynamicSources(Optional.of(stream), Optional.of(both), Optional.of(both));
    }
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
