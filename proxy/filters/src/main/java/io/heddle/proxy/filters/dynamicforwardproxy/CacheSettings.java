package io.heddle.proxy.filters.dynamicforwardproxy;

import com.google.protobuf.Duration;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.extensions.common.dynamic_forward_proxy.v3.DnsCacheConfig;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.NameCacheSettings;
import io.heddle.proxy.api.NameCacheSettings.Family;
import io.heddle.proxy.filters.config.SetFields;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reads the settings of a name cache, in the same way as the engine reads those of a cluster. */
final class CacheSettings {
  private static final Set<String> KNOWN =
      Set.of(
          "name",
          "dns_lookup_family",
          "dns_refresh_rate",
          "dns_min_refresh_rate",
          "host_ttl",
          "max_hosts",
          "disable_dns_refresh_on_failure",
          "dns_failure_refresh_rate",
          "dns_cache_circuit_breaker",
          "preresolve_hostnames",
          "dns_query_timeout",
          "typed_dns_resolver_config");

  private CacheSettings() {}

  static NameCacheSettings of(DnsCacheConfig config, String path) throws FilterConfigException {
    SetFields.allow(config, path, KNOWN);
    if (config.getName().isEmpty()) {
      throw new FilterConfigException(SetFields.at(path, "name"), "an empty string", "a name");
    }
    java.time.Duration base = java.time.Duration.ZERO;
    java.time.Duration most = java.time.Duration.ZERO;
    if (config.hasDnsFailureRefreshRate()) {
      var rate = config.getDnsFailureRefreshRate();
      String here = SetFields.at(path, "dns_failure_refresh_rate");
      base = time(true, rate.getBaseInterval(), 0, 1, SetFields.at(here, "base_interval"));
      most =
          time(
              rate.hasMaxInterval(),
              rate.getMaxInterval(),
              base.toMillis() * 10,
              base.toMillis(),
              SetFields.at(here, "max_interval"));
    }
    int maxHosts =
        positive(
            config.hasMaxHosts(),
            config.getMaxHosts().getValue(),
            1024,
            SetFields.at(path, "max_hosts"));
    List<String> first = new ArrayList<>();
    for (int i = 0; i < config.getPreresolveHostnamesCount(); i++) {
      SocketAddress address = config.getPreresolveHostnames(i);
      String here = SetFields.at(path, "preresolve_hostnames", i);
      SetFields.allow(address, here, Set.of("address", "port_value"));
      if (address.getPortValue() < 1 || address.getPortValue() > 65_535) {
        throw new FilterConfigException(
            SetFields.at(here, "port_value"),
            Integer.toUnsignedString(address.getPortValue()),
            "1 to 65535");
      }
      first.add(hostAndPort(address));
    }
    if (first.size() > maxHosts) {
      throw new FilterConfigException(
          SetFields.at(path, "preresolve_hostnames"),
          first.size() + " names",
          "at most max_hosts, " + maxHosts);
    }
    return new NameCacheSettings(
        config.getName(),
        family(config, path),
        time(
            config.hasDnsRefreshRate(),
            config.getDnsRefreshRate(),
            60_000,
            1,
            SetFields.at(path, "dns_refresh_rate")),
        time(
            config.hasDnsMinRefreshRate(),
            config.getDnsMinRefreshRate(),
            5_000,
            1_000,
            SetFields.at(path, "dns_min_refresh_rate")),
        time(config.hasHostTtl(), config.getHostTtl(), 300_000, 1, SetFields.at(path, "host_ttl")),
        maxHosts,
        config.getDnsCacheCircuitBreaker().hasMaxPendingRequests()
            ? most(config.getDnsCacheCircuitBreaker().getMaxPendingRequests().getValue())
            : 1024,
        !config.getDisableDnsRefreshOnFailure(),
        base,
        most,
        time(
            config.hasDnsQueryTimeout(),
            config.getDnsQueryTimeout(),
            5_000,
            0,
            SetFields.at(path, "dns_query_timeout")),
        first);
  }

  private static String hostAndPort(SocketAddress address) {
    String host = address.getAddress();
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + address.getPortValue();
  }

  private static Family family(DnsCacheConfig config, String path) throws FilterConfigException {
    return switch (config.getDnsLookupFamily()) {
      case AUTO -> Family.AUTO;
      case V4_ONLY -> Family.V4_ONLY;
      case V6_ONLY -> Family.V6_ONLY;
      case V4_PREFERRED -> Family.V4_PREFERRED;
      case ALL -> Family.ALL;
      case UNRECOGNIZED ->
          throw new FilterConfigException(
              SetFields.at(path, "dns_lookup_family"),
              Integer.toString(config.getDnsLookupFamilyValue()),
              "a value of DnsLookupFamily");
    };
  }

  private static int most(int unsigned) {
    return (int) Math.min(Integer.MAX_VALUE, Integer.toUnsignedLong(unsigned));
  }

  private static int positive(boolean set, int value, int absent, String path)
      throws FilterConfigException {
    if (set && value == 0) {
      throw new FilterConfigException(path, "0", "1 or more");
    }
    return set ? most(value) : absent;
  }

  private static java.time.Duration time(
      boolean set, Duration value, long absentMillis, long leastMillis, String path)
      throws FilterConfigException {
    if (!set) {
      return java.time.Duration.ofMillis(absentMillis);
    }
    boolean valid =
        value.getSeconds() >= 0
            && value.getSeconds() <= 3_155_760_000L
            && value.getNanos() >= 0
            && value.getNanos() <= 999_999_999;
    java.time.Duration read =
        valid
            ? java.time.Duration.ofSeconds(value.getSeconds(), value.getNanos())
            : java.time.Duration.ZERO;
    if (!valid || read.toMillis() < leastMillis) {
      throw new FilterConfigException(
          path,
          value.getSeconds() + " s and " + value.getNanos() + " ns",
          leastMillis + " ms to 100 years");
    }
    return read;
  }
}
