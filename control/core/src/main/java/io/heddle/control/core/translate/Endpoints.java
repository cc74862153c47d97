package io.heddle.control.core.translate;

import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes endpoints, in the order of their addresses.
 *
 * <p>Only what may be sent requests is written. An unhealthy or draining instance is left out and
 * not marked: with a mark, the panic threshold would send it requests once most of a service is
 * unhealthy.
 */
final class Endpoints {
  private static final Comparator<HostPort> ORDER =
      Comparator.comparing(HostPort::address).thenComparingInt(HostPort::port);

  private Endpoints() {}

  /** A set of addresses with their weights, each once; an address named again keeps the first. */
  static final class Collected {
    private final Map<HostPort, Integer> weights = new TreeMap<>(ORDER);

    void add(HostPort address, int weight) {
      weights.putIfAbsent(address, weight);
    }

    ClusterLoadAssignment assignment(String cluster) {
      ClusterLoadAssignment.Builder out =
          ClusterLoadAssignment.newBuilder().setClusterName(cluster);
      if (!weights.isEmpty()) {
        LocalityLbEndpoints.Builder locality = LocalityLbEndpoints.newBuilder();
        weights.forEach((address, weight) -> locality.addLbEndpoints(endpoint(address, weight)));
        out.addEndpoints(locality);
      }
      return out.build();
    }
  }

  static ClusterLoadAssignment ofOne(String cluster, HostPort address) {
    Collected one = new Collected();
    one.add(address, 1);
    return one.assignment(cluster);
  }

  static Address address(String address, int port) {
    return Address.newBuilder()
        .setSocketAddress(SocketAddress.newBuilder().setAddress(address).setPortValue(port))
        .build();
  }

  private static LbEndpoint endpoint(HostPort address, int weight) {
    return LbEndpoint.newBuilder()
        .setHealthStatus(HealthStatus.HEALTHY)
        .setLoadBalancingWeight(UInt32Value.of(weight))
        .setEndpoint(Endpoint.newBuilder().setAddress(address(address.address(), address.port())))
        .build();
  }
}
