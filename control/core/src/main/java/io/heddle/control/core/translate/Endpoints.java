package io.heddle.control.core.translate;

import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.heddle.control.api.resource.Locality;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

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

  /** A set of addresses, each once; an address named again keeps what it was first named with. */
  static final class Collected {
    private final Map<HostPort, Place> places = new TreeMap<>(ORDER);

    private record Place(int weight, Locality locality) {}

    /** In percent, by locality; absent where localities have no weights to proxies. */
    private @Nullable Map<Locality, Integer> shares;

    /** Localities have the weights of their endpoints together, some only a share of it. */
    void weigh(Map<Locality, Integer> percent) {
      shares = percent;
    }

    void add(HostPort address, int weight, Locality locality) {
      places.putIfAbsent(address, new Place(weight, locality));
    }

    /** One group for each locality, in the order of their names. */
    ClusterLoadAssignment assignment(String cluster) {
      Map<String, LocalityLbEndpoints.Builder> groups = new TreeMap<>();
      places.forEach((address, place) ->
          groups
              .computeIfAbsent(place.locality().toString(), _ -> group(place.locality()))
              .addLbEndpoints(endpoint(address, place.weight())));
      ClusterLoadAssignment.Builder out =
          ClusterLoadAssignment.newBuilder().setClusterName(cluster);
      groups
          .values()
          .forEach(group -> {
            if (shares != null) {
              int sum = 0;
              for (LbEndpoint endpoint : group.getLbEndpointsList()) {
                sum += endpoint.getLoadBalancingWeight().getValue();
              }
              group.setLoadBalancingWeight(UInt32Value.of(share(group, sum)));
            }
            out.addEndpoints(group);
          });
      return out.build();
    }

    /**
     * As gRPC takes it: every locality is named and has a weight, which is that of its endpoints
     * together; those of the caller's own zone go first, then those of its region, then the others.
     * Priorities have no gaps, as a library refuses them. A caller that does not say where it is
     * has all endpoints alike.
     *
     * @see <a href="https://github.com/grpc/proposal/blob/master/A56-priority-lb-policy.md">gRFC
     *     A56</a>
     */
    ClusterLoadAssignment assignmentFrom(String cluster, Locality caller) {
      Map<Integer, Map<String, LocalityLbEndpoints.Builder>> byDistance = new TreeMap<>();
      places.forEach((address, place) -> {
        LocalityLbEndpoints.Builder group =
            byDistance
                .computeIfAbsent(distance(caller, place.locality()), _ -> new TreeMap<>())
                .computeIfAbsent(place.locality().toString(), _ -> group(place.locality()));
        group.getLocalityBuilder(); // is there, though empty where nothing is known
        group
            .setLoadBalancingWeight(
                UInt32Value.of(group.getLoadBalancingWeight().getValue() + place.weight()))
            .addLbEndpoints(endpoint(address, place.weight()));
      });
      ClusterLoadAssignment.Builder out =
          ClusterLoadAssignment.newBuilder().setClusterName(cluster);
      int priority = 0;
      for (Map<String, LocalityLbEndpoints.Builder> groups : byDistance.values()) {
        for (LocalityLbEndpoints.Builder group : groups.values()) {
          int weight = share(group, group.getLoadBalancingWeight().getValue());
          out.addEndpoints(
              group.setLoadBalancingWeight(UInt32Value.of(weight)).setPriority(priority));
        }
        priority++;
      }
      return out.build();
    }

    /** A hundred times the weight where it is whole, so that a share has something to take from. */
    private int share(LocalityLbEndpoints.Builder group, int weight) {
      Map<Locality, Integer> percent = shares;
      if (percent == null) {
        return weight;
      }
      Locality place =
          new Locality(
              group.getLocality().getRegion(),
              group.getLocality().getZone(),
              group.getLocality().getSubZone());
      return Math.multiplyExact(weight, percent.getOrDefault(place, 100).intValue());
    }

    private static int distance(Locality caller, Locality place) {
      if (caller.region().isEmpty()) {
        return 0;
      }
      if (!caller.region().equals(place.region())) {
        return 2;
      }
      return caller.zone().equals(place.zone()) ? 0 : 1;
    }

    private static LocalityLbEndpoints.Builder group(Locality locality) {
      LocalityLbEndpoints.Builder group = LocalityLbEndpoints.newBuilder();
      if (!locality.equals(Locality.UNKNOWN)) {
        group
            .getLocalityBuilder()
            .setRegion(locality.region())
            .setZone(locality.zone())
            .setSubZone(locality.subZone());
      }
      return group;
    }
  }

  static ClusterLoadAssignment ofOne(String cluster, HostPort address) {
    Collected one = new Collected();
    one.add(address, 1, Locality.UNKNOWN);
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
