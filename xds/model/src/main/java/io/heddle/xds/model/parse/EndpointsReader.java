package io.heddle.xds.model.parse;

import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.EndpointsConfig.Endpoint;
import io.heddle.xds.model.EndpointsConfig.Health;
import io.heddle.xds.model.EndpointsConfig.Locality;
import io.heddle.xds.model.EndpointsConfig.LocalityEndpoints;
import io.heddle.xds.model.HealthCheck;
import io.heddle.xds.model.SocketEndpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** Reads endpoints, whose encoding the guard has walked. */
final class EndpointsReader {

  static final String TYPE = "envoy.config.endpoint.v3.ClusterLoadAssignment";
  private static final int OVERPROVISIONING = 140;
  private static final Endpoint NOBODY =
      new Endpoint(new SocketEndpoint("0.0.0.0", 1), "", Health.UNKNOWN, 1, Map.of());

  private final Findings findings;
  private final boolean names;
  private Path root = Path.ROOT;
  private Map<String, io.envoyproxy.envoy.config.endpoint.v3.Endpoint> named = Map.of();

  /** {@code names} says that addresses may be host names, to be resolved. */
  EndpointsReader(Findings findings, boolean names) {
    this.findings = findings;
    this.names = names;
  }

  EndpointsConfig read(ClusterLoadAssignment assignment, Path path) {
    root = path;
    named = findings.map("named_endpoints", assignment::getNamedEndpointsMap);
    List<LocalityEndpoints> localities = new ArrayList<>();
    for (int i = 0; i < assignment.getEndpointsCount(); i++) {
      localities.add(locality(assignment.getEndpoints(i), path.at("endpoints", i)));
    }
    return new EndpointsConfig(
        findings.required(assignment.getClusterName(), path.field("cluster_name")),
        localities,
        policy(assignment.getPolicy(), path.field("policy")));
  }

  private EndpointsConfig.Policy policy(ClusterLoadAssignment.Policy policy, Path path) {
    List<EndpointsConfig.DropOverload> drops = new ArrayList<>();
    if (policy.getDropOverloadsCount() > 1) {
      findings.error(path.at("drop_overloads", 1), "a second category", "one, as in Envoy");
    }
    for (int i = 0; i < policy.getDropOverloadsCount(); i++) {
      var drop = policy.getDropOverloads(i);
      Path here = path.at("drop_overloads", i);
      var share = drop.getDropPercentage();
      long unit =
          switch (share.getDenominator()) {
            case HUNDRED -> 10_000;
            case TEN_THOUSAND -> 100;
            case MILLION, UNRECOGNIZED -> 1;
          };
      long perMillion = Math.min(1_000_000, Integer.toUnsignedLong(share.getNumerator()) * unit);
      drops.add(
          new EndpointsConfig.DropOverload(
              findings.required(drop.getCategory(), here.field("category")), (int) perMillion));
    }
    return new EndpointsConfig.Policy(
        findings.bounded(
            policy.hasOverprovisioningFactor(),
            policy.getOverprovisioningFactor().getValue(),
            OVERPROVISIONING,
            1,
            Integer.MAX_VALUE,
            path.field("overprovisioning_factor")),
        drops,
        findings.positive(
            policy.hasEndpointStaleAfter(),
            policy.getEndpointStaleAfter(),
            Duration.ZERO,
            path.field("endpoint_stale_after")),
        policy.getWeightedPriorityHealth());
  }

  private LocalityEndpoints locality(LocalityLbEndpoints locality, Path path) {
    List<Endpoint> endpoints = new ArrayList<>(locality.getLbEndpointsCount());
    long total = 0;
    for (int i = 0; i < locality.getLbEndpointsCount(); i++) {
      Endpoint endpoint = endpoint(locality.getLbEndpoints(i), path.at("lb_endpoints", i));
      total += endpoint.weight();
      endpoints.add(endpoint);
    }
    if (total > 0xffff_ffffL) {
      findings.error(path.field("lb_endpoints"), "weights of " + total, "a sum up to 4294967295");
    }
    return new LocalityEndpoints(
        locality(locality.getLocality()),
        weight(
            locality.hasLoadBalancingWeight(),
            locality.getLoadBalancingWeight().getValue(),
            0,
            path),
        findings.bounded(true, locality.getPriority(), 0, 0, 128, path.field("priority")),
        endpoints);
  }

  static Locality locality(io.envoyproxy.envoy.config.core.v3.Locality locality) {
    return locality.getRegion().isEmpty()
            && locality.getZone().isEmpty()
            && locality.getSubZone().isEmpty()
        ? Locality.NONE
        : new Locality(locality.getRegion(), locality.getZone(), locality.getSubZone());
  }

  private long weight(boolean set, int value, long absent, Path path) {
    if (set && value == 0) {
      findings.error(path.field("load_balancing_weight"), "0", "1 to 4294967295");
      return absent;
    }
    return set ? Integer.toUnsignedLong(value) : absent;
  }

  private Endpoint endpoint(LbEndpoint endpoint, Path path) {
    Path here = path.field("endpoint");
    var host = endpoint.getEndpoint();
    switch (endpoint.getHostIdentifierCase()) {
      case ENDPOINT -> {}
      case ENDPOINT_NAME -> {
        String name = endpoint.getEndpointName();
        var found = named.get(name);
        if (found == null) {
          findings.error(path.field("endpoint_name"), name, "a key of named_endpoints");
          return NOBODY;
        }
        host = found;
        here = root.key("named_endpoints", name);
        findings.guard(found, "envoy.config.endpoint.v3.Endpoint", here);
      }
      case HOSTIDENTIFIER_NOT_SET ->
          findings.error(here, "nothing", "an endpoint or the name of one");
    }
    Path of = here.field("address");
    SocketEndpoint address =
        names
            ? AddressReader.host(host.hasAddress(), host.getAddress(), 1, of, findings)
            : AddressReader.ipOrPipe(host.hasAddress(), host.getAddress(), 1, of, findings);
    return new Endpoint(
        address,
        hostname(host.getHostname(), here),
        health(endpoint, path),
        weight(
            endpoint.hasLoadBalancingWeight(),
            endpoint.getLoadBalancingWeight().getValue(),
            1,
            path),
        MetadataReader.read(endpoint.hasMetadata(), endpoint.getMetadata(), findings),
        check(host, here.field("health_check_config")));
  }

  private HealthCheck.Target check(
      io.envoyproxy.envoy.config.endpoint.v3.Endpoint host, Path path) {
    if (!host.hasHealthCheckConfig()) {
      return HealthCheck.Target.DEFAULT;
    }
    var config = host.getHealthCheckConfig();
    int port =
        findings.bounded(
            config.getPortValue() != 0,
            config.getPortValue(),
            0,
            1,
            65_535,
            path.field("port_value"));
    String address = "";
    if (config.hasAddress()) {
      SocketEndpoint own =
          AddressReader.ip(true, config.getAddress(), 0, path.field("address"), findings);
      address = own.address();
      port = port == 0 ? own.port() : port;
    }
    return new HealthCheck.Target(
        port == 0 ? OptionalInt.empty() : OptionalInt.of(port),
        hostname(config.getHostname(), path),
        address,
        config.getDisableActiveHealthCheck());
  }

  /** It becomes a host header, so nothing may stand in it that ends a line. */
  private String hostname(String hostname, Path path) {
    for (int i = 0; i < hostname.length(); i++) {
      char c = hostname.charAt(i);
      if (c <= ' ' || c >= 127) {
        findings.error(path.field("hostname"), hostname, "a host name in ASCII");
        return "";
      }
    }
    return hostname;
  }

  private Health health(LbEndpoint endpoint, Path path) {
    return switch (endpoint.getHealthStatus()) {
      case UNKNOWN -> Health.UNKNOWN;
      case HEALTHY -> Health.HEALTHY;
      case UNHEALTHY -> Health.UNHEALTHY;
      case DRAINING -> Health.DRAINING;
      case TIMEOUT -> Health.TIMEOUT;
      case DEGRADED -> Health.DEGRADED;
      case UNRECOGNIZED -> {
        findings.error(
            path.field("health_status"),
            Integer.toString(endpoint.getHealthStatusValue()),
            "a value of HealthStatus");
        yield Health.UNKNOWN;
      }
    };
  }
}
