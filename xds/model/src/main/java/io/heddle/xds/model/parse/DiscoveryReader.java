package io.heddle.xds.model.parse;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.extensions.clusters.aggregate.v3.ClusterConfig;
import io.envoyproxy.envoy.extensions.clusters.dns.v3.DnsCluster;
import io.heddle.xds.model.ClusterConfig.Discovery;
import io.heddle.xds.model.ClusterConfig.DnsLookupFamily;
import io.heddle.xds.model.ClusterConfig.DnsOptions;
import io.heddle.xds.model.ClusterConfig.MetadataKey;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.SourceConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Reads where the endpoints of a cluster come from: its type, or the name of a custom one. */
@SuppressWarnings("deprecation") // Envoy still reads these fields, and so others write them.
final class DiscoveryReader {
  private static final String AGGREGATE = "envoy.extensions.clusters.aggregate.v3.ClusterConfig";
  private static final String FORWARD =
      "envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig";
  private static final String DNS = "envoy.extensions.clusters.dns.v3.DnsCluster";
  private static final List<String> DNS_FIELDS =
      List.of("dns_refresh_rate", "dns_failure_refresh_rate", "dns_jitter", "dns_lookup_family");
  private static final String KNOWN = "STATIC, STRICT_DNS, LOGICAL_DNS, EDS or ORIGINAL_DST";

  private final Findings findings;
  private final Cluster cluster;
  private final Path path;

  DiscoveryReader(Findings findings, Cluster cluster, Path path) {
    this.findings = findings;
    this.cluster = cluster;
    this.path = path;
  }

  Discovery read() {
    return cluster.getClusterDiscoveryTypeCase() == Cluster.ClusterDiscoveryTypeCase.CLUSTER_TYPE
        ? custom(cluster.getClusterType())
        : ofType(cluster.getType());
  }

  private Discovery custom(Cluster.CustomClusterType custom) {
    Path here = path.field("cluster_type");
    Any config = custom.getTypedConfig();
    if (ExtensionReader.typeName(config).equals(AGGREGATE)) {
      return aggregate(config, here.field("typed_config"));
    }
    if (ExtensionReader.typeName(config).equals(FORWARD)) {
      return forward(config, here.field("typed_config"));
    }
    if (ExtensionReader.typeName(config).equals(DNS)) {
      return dnsCluster(config, here.field("typed_config"));
    }
    if (!config.getTypeUrl().isEmpty()) {
      findings.refuse(here.field("typed_config"), config.getTypeUrl());
    }
    return switch (custom.getName()) {
      case "envoy.cluster.static" -> ofType(Cluster.DiscoveryType.STATIC);
      case "envoy.cluster.strict_dns" -> ofType(Cluster.DiscoveryType.STRICT_DNS);
      case "envoy.cluster.logical_dns" -> ofType(Cluster.DiscoveryType.LOGICAL_DNS);
      case "envoy.cluster.eds" -> ofType(Cluster.DiscoveryType.EDS);
      case "envoy.cluster.original_dst" -> ofType(Cluster.DiscoveryType.ORIGINAL_DST);
      default -> {
        findings.error(
            here.field("name"),
            custom.getName().isEmpty() ? "an empty string" : custom.getName(),
            "envoy.clusters.aggregate, envoy.cluster.static, envoy.cluster.strict_dns,"
                + " envoy.cluster.logical_dns, envoy.cluster.eds or envoy.cluster.original_dst, as"
                + " others are not supported");
        yield none();
      }
    };
  }

  private Discovery forward(Any any, Path here) {
    if (cluster.hasLoadAssignment()) {
      findings.error(
          path.field("load_assignment"), "set", "no endpoints in a dynamic forward proxy");
    }
    var config =
        findings
            .unpack(
                any,
                FORWARD,
                io.envoyproxy.envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig
                    .parser(),
                here)
            .orElseGet(
                io.envoyproxy.envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig
                    ::getDefaultInstance);
    Path cache = here.field("dns_cache_config");
    if (!config.hasDnsCacheConfig()) {
      findings.error(cache, "nothing", "the cache that the filter of this name fills");
    }
    return new Discovery.DynamicForward(
        new NameCacheReader(findings).read(config.getDnsCacheConfig(), cache));
  }

  private Discovery aggregate(Any config, Path here) {
    if (cluster.hasLoadAssignment()) {
      findings.error(path.field("load_assignment"), "set", "no endpoints in an aggregate");
    }
    List<String> clusters =
        findings
            .unpack(config, AGGREGATE, ClusterConfig.parser(), here)
            .map(c -> List.copyOf(c.getClustersList()))
            .orElse(List.of());
    if (clusters.isEmpty()) {
      findings.error(here.field("clusters"), "no cluster", "at least one");
    }
    if (clusters.contains(cluster.getName())) {
      findings.error(here.field("clusters"), cluster.getName(), "other clusters than itself");
    }
    return new Discovery.Aggregate(clusters);
  }

  private Discovery originalDst() {
    if (cluster.hasLoadAssignment()) {
      findings.error(
          path.field("load_assignment"), "set", "no endpoints in a cluster of type ORIGINAL_DST");
    }
    var config = cluster.getOriginalDstLbConfig();
    Path here = path.field("original_dst_lb_config");
    String name = config.getHttpHeaderName();
    if (!name.isEmpty() && !config.getUseHttpHeader()) {
      findings.error(here.field("http_header_name"), name, "use_http_header beside it");
    }
    if (!name.isEmpty() && !HeaderReader.isToken(name)) {
      findings.error(here.field("http_header_name"), name, "the name of a header");
    }
    int port =
        findings.bounded(
            config.hasUpstreamPortOverride(),
            config.getUpstreamPortOverride().getValue(),
            -1,
            0,
            65_535,
            here.field("upstream_port_override"));
    return new Discovery.OriginalDst(
        cleanupInterval(),
        config.getUseHttpHeader()
            ? Optional.of(name.isEmpty() ? "x-envoy-original-dst-host" : name)
            : Optional.empty(),
        config.hasMetadataKey()
            ? Optional.of(metadataKey(config.getMetadataKey(), here.field("metadata_key")))
            : Optional.empty(),
        port < 0 ? OptionalInt.empty() : OptionalInt.of(port));
  }

  private Duration cleanupInterval() {
    Path here = path.field("cleanup_interval");
    Duration interval =
        findings.positive(
            cluster.hasCleanupInterval(),
            cluster.getCleanupInterval(),
            Duration.ofSeconds(5),
            here);
    // Less would be a loop.
    if (interval.compareTo(Duration.ofMillis(1)) < 0) {
      findings.error(here, interval.toString(), "at least 1 ms");
    }
    return interval;
  }

  private MetadataKey metadataKey(io.envoyproxy.envoy.type.metadata.v3.MetadataKey key, Path here) {
    List<String> keys = new ArrayList<>();
    if (key.getPathCount() == 0) {
      findings.error(here.field("path"), "no segment", "at least one");
    }
    for (int i = 0; i < key.getPathCount(); i++) {
      keys.add(findings.required(key.getPath(i).getKey(), here.at("path", i).field("key")));
    }
    return new MetadataKey(findings.required(key.getKey(), here.field("key")), keys);
  }

  private Discovery none() {
    return new Discovery.Eds(cluster.getName(), Duration.ZERO);
  }

  private Discovery ofType(Cluster.DiscoveryType type) {
    if (type != Cluster.DiscoveryType.EDS && cluster.hasEdsClusterConfig()) {
      findings.error(path.field("eds_cluster_config"), "set", "a cluster of type EDS only");
    }
    if (type != Cluster.DiscoveryType.ORIGINAL_DST && cluster.hasOriginalDstLbConfig()) {
      findings.error(
          path.field("original_dst_lb_config"), "set", "a cluster of type ORIGINAL_DST only");
    }
    if (type == Cluster.DiscoveryType.EDS && cluster.hasLoadAssignment()) {
      findings.error(
          path.field("load_assignment"),
          "set",
          "a cluster of type STATIC, STRICT_DNS or LOGICAL_DNS only");
    }
    return switch (type) {
      case STATIC -> new Discovery.Static(endpoints(false));
      case STRICT_DNS -> dns(false);
      case LOGICAL_DNS -> dns(true);
      case EDS -> eds();
      case ORIGINAL_DST -> originalDst();
      case UNRECOGNIZED -> {
        findings.error(path.field("type"), Integer.toString(cluster.getTypeValue()), KNOWN);
        yield none();
      }
    };
  }

  private Discovery eds() {
    Cluster.EdsClusterConfig eds = cluster.getEdsClusterConfig();
    Path here = path.field("eds_cluster_config");
    SourceConfig source =
        SourceReader.read(
            eds.hasEdsConfig(), eds.getEdsConfig(), here.field("eds_config"), findings);
    return new Discovery.Eds(
        eds.getServiceName().isEmpty()
            ? findings.fetched(cluster.getName(), path.field("name"))
            : findings.fetched(eds.getServiceName(), here.field("service_name")),
        source.initialFetchTimeout(),
        source.origin());
  }

  /** As the fields of the cluster itself say. */
  private Discovery dns(boolean logical) {
    var rate = cluster.getDnsFailureRefreshRate();
    return dns(
        refreshRate(cluster.hasDnsRefreshRate(), cluster.getDnsRefreshRate(), path),
        lookupFamily(),
        new DnsTimes(findings, path.field("dns_failure_refresh_rate"))
            .read(
                logical,
                cluster.hasDnsFailureRefreshRate(),
                rate.getBaseInterval(),
                rate.hasMaxInterval(),
                rate.getMaxInterval(),
                jitter(cluster.hasDnsJitter(), cluster.getDnsJitter(), path),
                cluster.getRespectDnsTtl()));
  }

  /** As its extension says, beside which the fields of the cluster have no meaning. */
  private Discovery dnsCluster(Any any, Path here) {
    for (String set : DNS_FIELDS.stream().filter(this::isSet).toList()) {
      findings.error(path.field(set), "set", "the same field of cluster_type.typed_config");
    }
    DnsCluster config =
        findings
            .unpack(any, DNS, DnsCluster.parser(), here)
            .orElseGet(DnsCluster::getDefaultInstance);
    var rate = config.getDnsFailureRefreshRate();
    return dns(
        refreshRate(config.hasDnsRefreshRate(), config.getDnsRefreshRate(), here),
        switch (config.getDnsLookupFamily()) {
          case UNSPECIFIED, AUTO -> DnsLookupFamily.AUTO;
          case V4_ONLY -> DnsLookupFamily.V4_ONLY;
          case V6_ONLY -> DnsLookupFamily.V6_ONLY;
          case V4_PREFERRED -> DnsLookupFamily.V4_PREFERRED;
          case ALL -> DnsLookupFamily.ALL;
          case UNRECOGNIZED ->
              unknownFamily(config.getDnsLookupFamilyValue(), here.field("dns_lookup_family"));
        },
        new DnsTimes(findings, here.field("dns_failure_refresh_rate"))
            .read(
                config.getAllAddressesInSingleEndpoint(),
                config.hasDnsFailureRefreshRate(),
                rate.getBaseInterval(),
                rate.hasMaxInterval(),
                rate.getMaxInterval(),
                jitter(config.hasDnsJitter(), config.getDnsJitter(), here),
                config.getRespectDnsTtl()));
  }

  private boolean isSet(String field) {
    return switch (field) {
      case "dns_refresh_rate" -> cluster.hasDnsRefreshRate();
      case "dns_failure_refresh_rate" -> cluster.hasDnsFailureRefreshRate();
      case "dns_jitter" -> cluster.hasDnsJitter();
      default -> cluster.getDnsLookupFamilyValue() != 0;
    };
  }

  private Discovery dns(Duration refreshRate, DnsLookupFamily family, DnsOptions options) {
    EndpointsConfig endpoints = endpoints(true);
    long count = endpoints.localities().stream().mapToLong(l -> l.endpoints().size()).sum();
    if (options.logical() && (count != 1 || endpoints.localities().size() != 1)) {
      findings.error(
          path.field("load_assignment").field("endpoints"),
          count + " endpoints in " + endpoints.localities().size() + " localities",
          "one endpoint in one locality");
    }
    return new Discovery.StrictDns(endpoints, refreshRate, family, options);
  }

  private Duration refreshRate(boolean set, com.google.protobuf.Duration rate, Path of) {
    return findings.positive(set, rate, Duration.ofSeconds(5), of.field("dns_refresh_rate"));
  }

  private Duration jitter(boolean set, com.google.protobuf.Duration jitter, Path of) {
    return findings.duration(set, jitter, Duration.ZERO, of.field("dns_jitter"));
  }

  private EndpointsConfig endpoints(boolean names) {
    Path here = path.field("load_assignment");
    if (!cluster.hasLoadAssignment()) {
      findings.error(here, "nothing", "the endpoints of the cluster");
      return new EndpointsConfig(cluster.getName(), List.of());
    }
    return new EndpointsReader(findings, names).read(cluster.getLoadAssignment(), here);
  }

  private DnsLookupFamily lookupFamily() {
    return switch (cluster.getDnsLookupFamily()) {
      case AUTO -> DnsLookupFamily.AUTO;
      case V4_ONLY -> DnsLookupFamily.V4_ONLY;
      case V6_ONLY -> DnsLookupFamily.V6_ONLY;
      case V4_PREFERRED -> DnsLookupFamily.V4_PREFERRED;
      case ALL -> DnsLookupFamily.ALL;
      case UNRECOGNIZED ->
          unknownFamily(cluster.getDnsLookupFamilyValue(), path.field("dns_lookup_family"));
    };
  }

  private DnsLookupFamily unknownFamily(int value, Path here) {
    findings.error(here, Integer.toString(value), "a value of DnsLookupFamily");
    return DnsLookupFamily.AUTO;
  }
}
