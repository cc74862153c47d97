package io.heddle.xds.model.parse;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.bootstrap.v3.ClusterManager;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.BootstrapConfig.Admin;
import io.heddle.xds.model.BootstrapConfig.DynamicSources;
import io.heddle.xds.model.BootstrapConfig.GrpcTarget;
import io.heddle.xds.model.BootstrapConfig.Variant;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.NodeConfig;
import io.heddle.xds.model.OverloadConfig;
import io.heddle.xds.model.RuntimeLayerConfig;
import io.heddle.xds.model.SecretConfig;
import io.heddle.xds.model.SecretRef;
import io.heddle.xds.model.SourceConfig;
import io.heddle.xds.model.SourceConfig.Origin;
import io.heddle.xds.model.StatsConfig;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads a bootstrap, whose fields the encoder has looked at. */
final class BootstrapReader {

  private final Findings findings;
  private final List<Map<String, Any>> clusterOptions;

  /** {@code clusterOptions} are the typed protocol options of each cluster, which lack there. */
  BootstrapReader(Findings findings, List<Map<String, Any>> clusterOptions) {
    this.findings = findings;
    this.clusterOptions = clusterOptions;
  }

  BootstrapConfig read(Bootstrap bootstrap, Path path) {
    Path statics = path.field("static_resources");
    List<ClusterConfig> clusters = clusters(bootstrap, statics);
    List<ListenerConfig> listeners = listeners(bootstrap, statics);
    List<RuntimeLayerConfig> runtime =
        new RuntimeReader(findings)
            .layers(bootstrap.getLayeredRuntime(), path.field("layered_runtime"));
    DynamicSources dynamic = dynamic(bootstrap, path.field("dynamic_resources"));
    Admin admin =
        bootstrap.getAdmin().hasAddress()
            ? new Admin.At(
                AddressReader.ip(
                    true,
                    bootstrap.getAdmin().getAddress(),
                    0,
                    path.field("admin").field("address"),
                    findings))
            : Admin.Off.OFF;
    StatsConfig stats =
        bootstrap.hasStatsConfig()
            ? new StatsConfigReader(findings)
                .read(bootstrap.getStatsConfig(), path.field("stats_config"))
            : StatsConfig.DEFAULT;
    BootstrapConfig config =
        new BootstrapConfig(
            node(bootstrap.getNode()),
            listeners,
            clusters,
            admin,
            dynamic,
            stats,
            runtime,
            bootstrap.getClusterManager().getLocalClusterName(),
            secrets(bootstrap, statics),
            bootstrap.getClusterManager().hasUpstreamBindConfig()
                ? Optional.of(
                    BindReader.read(
                        bootstrap.getClusterManager().getUpstreamBindConfig(),
                        path.field("cluster_manager").field("upstream_bind_config"),
                        findings))
                : Optional.empty(),
            bootstrap.hasOverloadManager()
                ? new OverloadReader(findings)
                    .read(bootstrap.getOverloadManager(), path.field("overload_manager"))
                : OverloadConfig.NONE,
            loadStats(bootstrap.getClusterManager(), path.field("cluster_manager")),
            bootstrap.getClusterManager().getOutlierDetection().getEventLogPath());
    check(config, path);
    return config;
  }

  private Optional<Origin.Grpc> loadStats(ClusterManager manager, Path path) {
    if (!manager.hasLoadStatsConfig()) {
      return Optional.empty();
    }
    ApiConfigSource source = manager.getLoadStatsConfig();
    Path here = path.field("load_stats_config");
    if (source.getApiType() != ApiConfigSource.ApiType.GRPC) {
      findings.error(here.field("api_type"), source.getApiType().name(), "GRPC");
    }
    SourceReader.version(
        source.getTransportApiVersionValue(), here.field("transport_api_version"), findings);
    return Optional.of(
        new Origin.Grpc(
            Variant.STATE_OF_THE_WORLD,
            SourceReader.target(source, here, findings),
            SourceReader.options(source, here, findings)));
  }

  private static NodeConfig node(Node node) {
    return new NodeConfig(
        node.getId(),
        node.getCluster(),
        EndpointsReader.locality(node.getLocality()),
        node.getMetadata());
  }

  private List<ClusterConfig> clusters(Bootstrap bootstrap, Path path) {
    List<ClusterConfig> clusters = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < bootstrap.getStaticResources().getClustersCount(); i++) {
      Path here = path.at("clusters", i);
      ClusterConfig cluster =
          new ClusterReader(findings)
              .read(bootstrap.getStaticResources().getClusters(i), clusterOptions.get(i), here);
      if (!names.add(cluster.name())) {
        findings.error(here.field("name"), cluster.name(), "a name used by one cluster");
      }
      clusters.add(cluster);
    }
    return clusters;
  }

  private List<SecretConfig> secrets(Bootstrap bootstrap, Path path) {
    List<SecretConfig> secrets = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < bootstrap.getStaticResources().getSecretsCount(); i++) {
      Path here = path.at("secrets", i);
      SecretConfig secret =
          new TlsReader(findings).secret(bootstrap.getStaticResources().getSecrets(i), here);
      if (!names.add(secret.name())) {
        findings.error(here.field("name"), secret.name(), "a name used by one secret");
      }
      secrets.add(secret);
    }
    return secrets;
  }

  private List<ListenerConfig> listeners(Bootstrap bootstrap, Path path) {
    List<ListenerConfig> listeners = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < bootstrap.getStaticResources().getListenersCount(); i++) {
      Path here = path.at("listeners", i);
      ListenerConfig listener =
          new ListenerReader(findings).read(bootstrap.getStaticResources().getListeners(i), here);
      if (!names.add(listener.name())) {
        findings.error(here.field("name"), listener.name(), "a name used by one listener");
      }
      listeners.add(listener);
    }
    return listeners;
  }

  /** What is named must be there: the aggregated stream, and the clusters that lead elsewhere. */
  private void check(BootstrapConfig config, Path path) {
    if (config.dynamic().ads().isEmpty()) {
      requireNoAds(config, path.field("static_resources"));
    }
    Path dynamic = path.field("dynamic_resources");
    config.dynamic().ads().ifPresent(ads -> reachable(ads, config, dynamic.field("ads_config")));
    config
        .loadStats()
        .ifPresent(
            to -> reachable(to, config, path.field("cluster_manager").field("load_stats_config")));
    config
        .dynamic()
        .listeners()
        .ifPresent(source -> nested(source.origin(), config, dynamic.field("lds_config")));
    config
        .dynamic()
        .clusters()
        .ifPresent(source -> nested(source.origin(), config, dynamic.field("cds_config")));
    for (int i = 0; i < config.clusters().size(); i++) {
      if (config.clusters().get(i).discovery() instanceof ClusterConfig.Discovery.Eds eds) {
        Path here = path.field("static_resources").at("clusters", i);
        nested(eds.origin(), config, here.field("eds_cluster_config").field("eds_config"));
      }
    }
    for (int i = 0; i < config.listeners().size(); i++) {
      Path here = path.field("static_resources").at("listeners", i);
      for (Origin origin : config.listeners().get(i).origins()) {
        nested(origin, config, here);
      }
      requireSecrets(config.listeners().get(i).secrets(), config, here);
    }
    for (int i = 0; i < config.clusters().size(); i++) {
      Path here = path.field("static_resources").at("clusters", i);
      for (SecretRef secret : config.clusters().get(i).secrets()) {
        secret.source().ifPresent(source -> nested(source.origin(), config, here));
      }
      requireSecrets(config.clusters().get(i).secrets(), config, here);
    }
    for (int i = 0; i < config.runtime().size(); i++) {
      if (config.runtime().get(i).content() instanceof RuntimeLayerConfig.Content.Rtds rtds) {
        Path here = path.field("layered_runtime").at("layers", i).field("rtds_layer");
        nested(rtds.source().origin(), config, here.field("rtds_config"));
        if (rtds.source().origin() == Origin.Ads.ADS && config.dynamic().ads().isEmpty()) {
          findings.error(here, "ads: {}", "dynamic_resources.ads_config, over which it comes");
        }
      }
    }
  }

  /** Those without a source must stand in the bootstrap, the others must have theirs. */
  private void requireSecrets(List<SecretRef> named, BootstrapConfig config, Path path) {
    for (SecretRef secret : named) {
      if (secret.fetched()) {
        boolean overAds = secret.source().orElseThrow().origin() == Origin.Ads.ADS;
        if (overAds && config.dynamic().ads().isEmpty()) {
          findings.error(
              path,
              "secret " + secret.name() + " over ads: {}",
              "dynamic_resources.ads_config, over which it comes");
        }
      } else if (config.secrets().stream().noneMatch(one -> one.name().equals(secret.name()))) {
        findings.error(
            path,
            "secret " + secret.name() + " without sds_config",
            "the name of one of static_resources.secrets");
      }
    }
  }

  private void requireNoAds(BootstrapConfig config, Path path) {
    for (int i = 0; i < config.listeners().size(); i++) {
      if (config.listeners().get(i).routeOrigins().contains(Origin.Ads.ADS)) {
        findings.error(
            path.at("listeners", i),
            "routes by RDS: " + config.listeners().get(i).routeConfigNames(),
            "dynamic_resources.ads_config, over which they come");
      }
    }
    for (int i = 0; i < config.clusters().size(); i++) {
      if (config.clusters().get(i).discovery() instanceof ClusterConfig.Discovery.Eds eds
          && eds.origin() == Origin.Ads.ADS) {
        findings.error(
            path.at("clusters", i),
            "endpoints by EDS",
            "dynamic_resources.ads_config, over which they come");
      }
    }
  }

  /** A source as its own message, in which the API source stands one level deeper. */
  private void nested(Origin origin, BootstrapConfig config, Path path) {
    reachable(origin, config, path.field("api_config_source"));
  }

  private void reachable(Origin origin, BootstrapConfig config, Path path) {
    switch (origin) {
      case Origin.Grpc grpc -> {
        if (grpc.target() instanceof GrpcTarget.Cluster cluster) {
          requireCluster(
              cluster.clusterName(),
              config,
              path.at("grpc_services", 0).field("envoy_grpc").field("cluster_name"));
        }
      }
      case Origin.Rest rest ->
          requireCluster(rest.clusterName(), config, path.at("cluster_names", 0));
      case Origin.Self _ ->
          findings.error(path, "self: {}", "a source, as a bootstrap comes from none");
      case Origin.Ads _, Origin.File _ -> {}
    }
  }

  private void requireCluster(String name, BootstrapConfig config, Path path) {
    boolean found = false;
    for (ClusterConfig cluster : config.clusters()) {
      found |=
          cluster.name().equals(name)
              && !(cluster.discovery() instanceof ClusterConfig.Discovery.Eds);
    }
    if (!name.isEmpty() && !found) {
      findings.error(path, name, "the name of a static cluster");
    }
  }

  private DynamicSources dynamic(Bootstrap bootstrap, Path path) {
    Bootstrap.DynamicResources dynamic = bootstrap.getDynamicResources();
    Optional<SourceConfig> listeners =
        dynamic.hasLdsConfig()
            ? Optional.of(
                SourceReader.read(true, dynamic.getLdsConfig(), path.field("lds_config"), findings))
            : Optional.empty();
    Optional<SourceConfig> clusters =
        dynamic.hasCdsConfig()
            ? Optional.of(
                SourceReader.read(true, dynamic.getCdsConfig(), path.field("cds_config"), findings))
            : Optional.empty();
    if (!dynamic.hasAdsConfig()) {
      if (overAds(listeners) || overAds(clusters)) {
        findings.error(path.field("ads_config"), "nothing", "the source that ads: {} refers to");
      }
      return new DynamicSources(Optional.empty(), listeners, clusters);
    }
    ApiConfigSource ads = dynamic.getAdsConfig();
    Path here = path.field("ads_config");
    SourceReader.version(
        ads.getTransportApiVersionValue(), here.field("transport_api_version"), findings);
    return new DynamicSources(
        Optional.of(
            new Origin.Grpc(
                variant(ads, here),
                SourceReader.target(ads, here, findings),
                SourceReader.options(ads, here, findings))),
        listeners,
        clusters);
  }

  private static boolean overAds(Optional<SourceConfig> source) {
    return source.isPresent() && source.get().origin() == Origin.Ads.ADS;
  }

  private Variant variant(ApiConfigSource ads, Path path) {
    return switch (ads.getApiType()) {
      case GRPC -> Variant.STATE_OF_THE_WORLD;
      case DELTA_GRPC -> Variant.DELTA;
      default -> {
        findings.error(path.field("api_type"), ads.getApiType().name(), "GRPC or DELTA_GRPC");
        yield Variant.DELTA;
      }
    };
  }
}
