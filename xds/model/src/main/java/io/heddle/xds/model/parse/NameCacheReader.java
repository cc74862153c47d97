package io.heddle.xds.model.parse;

import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.extensions.common.dynamic_forward_proxy.v3.DnsCacheConfig;
import io.heddle.xds.model.ClusterConfig.DnsLookupFamily;
import io.heddle.xds.model.ClusterConfig.DnsOptions;
import io.heddle.xds.model.NameCacheConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Reads a cache of names. */
final class NameCacheReader {
  private final Findings findings;

  NameCacheReader(Findings findings) {
    this.findings = findings;
  }

  NameCacheConfig read(DnsCacheConfig config, Path path) {
    var rate = config.getDnsFailureRefreshRate();
    DnsOptions after =
        new DnsTimes(findings, path.field("dns_failure_refresh_rate"))
            .read(
                false,
                config.hasDnsFailureRefreshRate(),
                rate.getBaseInterval(),
                rate.hasMaxInterval(),
                rate.getMaxInterval(),
                Duration.ZERO,
                false);
    int maxHosts = number(config.hasMaxHosts(), config.getMaxHosts(), 1, path.field("max_hosts"));
    return new NameCacheConfig(
        findings.required(config.getName(), path.field("name")),
        family(config, path),
        atLeast(
            findings.duration(
                config.hasDnsRefreshRate(),
                config.getDnsRefreshRate(),
                Duration.ofSeconds(60),
                path.field("dns_refresh_rate")),
            1,
            path.field("dns_refresh_rate")),
        atLeast(
            findings.duration(
                config.hasDnsMinRefreshRate(),
                config.getDnsMinRefreshRate(),
                Duration.ofSeconds(5),
                path.field("dns_min_refresh_rate")),
            1_000,
            path.field("dns_min_refresh_rate")),
        atLeast(
            findings.duration(
                config.hasHostTtl(),
                config.getHostTtl(),
                Duration.ofMinutes(5),
                path.field("host_ttl")),
            1,
            path.field("host_ttl")),
        new NameCacheConfig.Limits(
            maxHosts,
            number(
                config.getDnsCacheCircuitBreaker().hasMaxPendingRequests(),
                config.getDnsCacheCircuitBreaker().getMaxPendingRequests(),
                0,
                path.field("dns_cache_circuit_breaker").field("max_pending_requests"))),
        new NameCacheConfig.Failures(
            !config.getDisableDnsRefreshOnFailure(), after.failureBase(), after.failureMost()),
        findings.duration(
            config.hasDnsQueryTimeout(),
            config.getDnsQueryTimeout(),
            Duration.ofSeconds(5),
            path.field("dns_query_timeout")),
        names(config, maxHosts, path));
  }

  private List<String> names(DnsCacheConfig config, int maxHosts, Path path) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < config.getPreresolveHostnamesCount(); i++) {
      names.add(
          AddressReader.named(
                  config.getPreresolveHostnames(i), 1, path.at("preresolve_hostnames", i), findings)
              .toString());
    }
    if (names.size() > maxHosts) {
      findings.error(
          path.field("preresolve_hostnames"),
          names.size() + " names",
          "at most max_hosts, " + maxHosts);
    }
    return names;
  }

  private int number(boolean set, UInt32Value value, int least, Path path) {
    // More than two thousand million are as good as no bound.
    int clamped = value.getValue() < 0 ? Integer.MAX_VALUE : value.getValue();
    return findings.bounded(set, clamped, 1024, least, Integer.MAX_VALUE, path);
  }

  private Duration atLeast(Duration read, long millis, Path path) {
    if (read.toMillis() < millis) {
      findings.error(path, read.toString(), "at least " + millis + " ms");
    }
    return read;
  }

  private DnsLookupFamily family(DnsCacheConfig config, Path path) {
    return switch (config.getDnsLookupFamily()) {
      case AUTO -> DnsLookupFamily.AUTO;
      case V4_ONLY -> DnsLookupFamily.V4_ONLY;
      case V6_ONLY -> DnsLookupFamily.V6_ONLY;
      case V4_PREFERRED -> DnsLookupFamily.V4_PREFERRED;
      case ALL -> DnsLookupFamily.ALL;
      case UNRECOGNIZED -> {
        findings.error(
            path.field("dns_lookup_family"),
            Integer.toString(config.getDnsLookupFamilyValue()),
            "a value of DnsLookupFamily");
        yield DnsLookupFamily.AUTO;
      }
    };
  }
}
