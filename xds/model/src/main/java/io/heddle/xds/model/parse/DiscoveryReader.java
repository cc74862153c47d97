package io.heddle.xds.model.parse;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.extensions.clusters.aggregate.v3.ClusterConfig;
import io.heddle.xds.model.ClusterConfig.Discovery;
import io.heddle.xds.model.ClusterConfig.DnsLookupFamily;
import io.heddle.xds.model.ClusterConfig.DnsOptions;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.SourceConfig;
import java.time.Duration;
import java.util.List;

/** Reads where the endpoints of a cluster come from: its type, or the name of a custom one. */
@SuppressWarnings("deprecation") // Envoy still reads these fields, and so others write them.
final class DiscoveryReader {
  private static final String AGGREGATE = "envoy.extensions.clusters.aggregate.v3.ClusterConfig";
  private static final String KNOWN =
      "STATIC, STRICT_DNS, LOGICAL_DNS or EDS, as others are not supported";

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
    if (!config.getTypeUrl().isEmpty()) {
      findings.refuse(here.field("typed_config"), config.getTypeUrl());
    }
    return switch (custom.getName()) {
      case "envoy.cluster.static" -> ofType(Cluster.DiscoveryType.STATIC);
      case "envoy.cluster.strict_dns" -> ofType(Cluster.DiscoveryType.STRICT_DNS);
      case "envoy.cluster.logical_dns" -> ofType(Cluster.DiscoveryType.LOGICAL_DNS);
      case "envoy.cluster.eds" -> ofType(Cluster.DiscoveryType.EDS);
      default -> {
        findings.error(
            here.field("name"),
            custom.getName().isEmpty() ? "an empty string" : custom.getName(),
            "envoy.clusters.aggregate, envoy.cluster.static, envoy.cluster.strict_dns,"
                + " envoy.cluster.logical_dns or envoy.cluster.eds, as others are not supported");
        yield none();
      }
    };
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

  private Discovery none() {
    return new Discovery.Eds(cluster.getName(), Duration.ZERO);
  }

  private Discovery ofType(Cluster.DiscoveryType type) {
    if (type != Cluster.DiscoveryType.EDS && cluster.hasEdsClusterConfig()) {
      findings.error(path.field("eds_cluster_config"), "set", "a cluster of type EDS only");
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
      case ORIGINAL_DST, UNRECOGNIZED -> {
        findings.error(
            path.field("type"),
            type == Cluster.DiscoveryType.UNRECOGNIZED
                ? Integer.toString(cluster.getTypeValue())
                : type.name(),
            KNOWN);
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
        eds.getServiceName().isEmpty() ? cluster.getName() : eds.getServiceName(),
        source.initialFetchTimeout(),
        source.origin());
  }

  private Discovery dns(boolean logical) {
    EndpointsConfig endpoints = endpoints(true);
    long count = endpoints.localities().stream().mapToLong(l -> l.endpoints().size()).sum();
    if (logical && (count != 1 || endpoints.localities().size() != 1)) {
      findings.error(
          path.field("load_assignment").field("endpoints"),
          count + " endpoints in " + endpoints.localities().size() + " localities",
          "one endpoint in one locality");
    }
    return new Discovery.StrictDns(
        endpoints,
        findings.positive(
            cluster.hasDnsRefreshRate(),
            cluster.getDnsRefreshRate(),
            Duration.ofSeconds(5),
            path.field("dns_refresh_rate")),
        lookupFamily(),
        options(logical));
  }

  private DnsOptions options(boolean logical) {
    Path here = path.field("dns_failure_refresh_rate");
    Duration base = Duration.ZERO;
    Duration most = Duration.ZERO;
    if (cluster.hasDnsFailureRefreshRate()) {
      var rate = cluster.getDnsFailureRefreshRate();
      base =
          findings.positive(
              true, rate.getBaseInterval(), Duration.ofSeconds(1), here.field("base_interval"));
      most =
          findings.positive(
              rate.hasMaxInterval(),
              rate.getMaxInterval(),
              base.multipliedBy(10),
              here.field("max_interval"));
      if (most.compareTo(base) < 0) {
        findings.error(here.field("max_interval"), most.toString(), "at least the base_interval");
      }
    }
    return new DnsOptions(
        logical,
        base,
        most,
        findings.duration(
            cluster.hasDnsJitter(),
            cluster.getDnsJitter(),
            Duration.ZERO,
            path.field("dns_jitter")));
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
      case UNRECOGNIZED -> {
        findings.error(
            path.field("dns_lookup_family"),
            Integer.toString(cluster.getDnsLookupFamilyValue()),
            "a value of DnsLookupFamily");
        yield DnsLookupFamily.AUTO;
      }
    };
  }
}
