package io.heddle.xds.model.parse;

import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.BootstrapConfig.Admin;
import io.heddle.xds.model.BootstrapConfig.DynamicSource;
import io.heddle.xds.model.BootstrapConfig.GrpcTarget;
import io.heddle.xds.model.BootstrapConfig.Variant;
import io.heddle.xds.model.ClusterConfig;
import io.heddle.xds.model.ListenerConfig;
import io.heddle.xds.model.NodeConfig;
import io.heddle.xds.model.StatsConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Reads a bootstrap, whose fields the encoder has looked at. */
final class BootstrapReader {

  private final Findings findings;

  BootstrapReader(Findings findings) {
    this.findings = findings;
  }

  BootstrapConfig read(Bootstrap bootstrap, Path path) {
    Path statics = path.field("static_resources");
    List<ClusterConfig> clusters = clusters(bootstrap, statics);
    List<ListenerConfig> listeners = listeners(bootstrap, statics);
    DynamicSource dynamic = dynamic(bootstrap, path.field("dynamic_resources"));
    switch (dynamic) {
      case DynamicSource.None _ -> requireNoAds(listeners, clusters, statics);
      case DynamicSource.Ads ads -> requireCluster(ads, clusters, path);
    }
    for (int i = 0; i < bootstrap.getLayeredRuntime().getLayersCount(); i++) {
      if (bootstrap.getLayeredRuntime().getLayers(i).hasRtdsLayer()) {
        findings.refuse(path.field("layered_runtime").at("layers", i).field("rtds_layer"), "RTDS");
      }
    }
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
    return new BootstrapConfig(
        node(bootstrap.getNode()),
        listeners,
        clusters,
        admin,
        dynamic,
        stats,
        new RuntimeReader(findings)
            .layers(bootstrap.getLayeredRuntime(), path.field("layered_runtime")),
        bootstrap.getClusterManager().getLocalClusterName());
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
          new ClusterReader(findings).read(bootstrap.getStaticResources().getClusters(i), here);
      if (!names.add(cluster.name())) {
        findings.error(here.field("name"), cluster.name(), "a name used by one cluster");
      }
      clusters.add(cluster);
    }
    return clusters;
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

  private void requireNoAds(
      List<ListenerConfig> listeners, List<ClusterConfig> clusters, Path path) {
    for (int i = 0; i < listeners.size(); i++) {
      if (!listeners.get(i).routeConfigNames().isEmpty()) {
        findings.error(
            path.at("listeners", i),
            "routes by RDS: " + listeners.get(i).routeConfigNames(),
            "dynamic_resources.ads_config, over which they come");
      }
    }
    for (int i = 0; i < clusters.size(); i++) {
      if (clusters.get(i).discovery() instanceof ClusterConfig.Discovery.Eds) {
        findings.error(
            path.at("clusters", i),
            "endpoints by EDS",
            "dynamic_resources.ads_config, over which they come");
      }
    }
  }

  private void requireCluster(DynamicSource.Ads ads, List<ClusterConfig> clusters, Path path) {
    if (ads.target() instanceof GrpcTarget.Cluster(String name, String _)
        && !name.isEmpty()
        && clusters.stream().noneMatch(cluster -> cluster.name().equals(name))) {
      findings.error(
          path.field("dynamic_resources")
              .field("ads_config")
              .at("grpc_services", 0)
              .field("envoy_grpc")
              .field("cluster_name"),
          name,
          "the name of a static cluster");
    }
  }

  private DynamicSource dynamic(Bootstrap bootstrap, Path path) {
    Bootstrap.DynamicResources dynamic = bootstrap.getDynamicResources();
    boolean listeners = dynamic.hasLdsConfig();
    boolean clusters = dynamic.hasCdsConfig();
    Duration listenersTimeout =
        listeners
            ? SourceReader.ads(true, dynamic.getLdsConfig(), path.field("lds_config"), findings)
            : Duration.ZERO;
    Duration clustersTimeout =
        clusters
            ? SourceReader.ads(true, dynamic.getCdsConfig(), path.field("cds_config"), findings)
            : Duration.ZERO;
    if (!dynamic.hasAdsConfig()) {
      if (listeners || clusters) {
        findings.error(path.field("ads_config"), "nothing", "the source that ads: {} refers to");
      }
      return DynamicSource.None.NONE;
    }
    ApiConfigSource ads = dynamic.getAdsConfig();
    Path here = path.field("ads_config");
    SourceReader.version(
        ads.getTransportApiVersionValue(), here.field("transport_api_version"), findings);
    return new DynamicSource.Ads(
        variant(ads, here),
        target(ads, here),
        ads.getSetNodeOnFirstMessageOnly(),
        listeners,
        clusters,
        listenersTimeout,
        clustersTimeout);
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

  private GrpcTarget target(ApiConfigSource ads, Path path) {
    if (ads.getGrpcServicesCount() != 1) {
      findings.error(
          path.field("grpc_services"), ads.getGrpcServicesCount() + " services", "one service");
      return new GrpcTarget.Cluster("", "");
    }
    GrpcService service = ads.getGrpcServices(0);
    Path here = path.at("grpc_services", 0);
    return switch (service.getTargetSpecifierCase()) {
      case ENVOY_GRPC ->
          new GrpcTarget.Cluster(
              findings.required(
                  service.getEnvoyGrpc().getClusterName(),
                  here.field("envoy_grpc").field("cluster_name")),
              service.getEnvoyGrpc().getAuthority());
      case GOOGLE_GRPC ->
          new GrpcTarget.Uri(
              findings.required(
                  service.getGoogleGrpc().getTargetUri(),
                  here.field("google_grpc").field("target_uri")));
      case TARGETSPECIFIER_NOT_SET -> {
        findings.error(here, "no target", "envoy_grpc or google_grpc");
        yield new GrpcTarget.Cluster("", "");
      }
    };
  }
}
