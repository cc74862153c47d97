package io.heddle.control.app;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import io.heddle.xds.model.ResourceType;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * A proxy that speaks delta ADS and nothing else: subscribes as it is told, keeps what it accepts,
 * and refuses what its verdict finds fault with.
 */
final class DeltaProxy implements StreamObserver<DeltaDiscoveryResponse>, AutoCloseable {
  private final Map<ResourceType, Map<String, Resource>> held = new ConcurrentHashMap<>();
  private final StreamObserver<DeltaDiscoveryRequest> requests;
  private final Function<Resource, String> fault;
  private volatile boolean open = true;

  /**
   * @param fault why a resource is refused, empty when it is fine
   * @param routeTables what it holds from an earlier stream
   */
  DeltaProxy(
      ManagedChannel channel,
      String id,
      Map<String, String> metadata,
      List<String> routes,
      List<String> endpoints,
      Function<Resource, String> fault,
      Resource... routeTables) {
    this.fault = fault;
    Map<String, Resource> earlier =
        held.computeIfAbsent(ResourceType.ROUTES, t -> new ConcurrentHashMap<>());
    for (Resource table : routeTables) {
      earlier.put(table.getName(), table);
    }
    Struct.Builder struct = Struct.newBuilder();
    metadata.forEach(
        (key, value) -> struct.putFields(key, Value.newBuilder().setStringValue(value).build()));
    this.requests = AggregatedDiscoveryServiceGrpc.newStub(channel).deltaAggregatedResources(this);
    send(
        DeltaDiscoveryRequest.newBuilder()
            .setNode(Node.newBuilder().setId(id).setMetadata(struct))
            .setTypeUrl(ResourceType.CLUSTER.typeUrl())
            .build());
    subscribe(ResourceType.LISTENER, List.of());
    subscribe(ResourceType.ROUTES, routes);
    subscribe(ResourceType.ENDPOINTS, endpoints);
  }

  void subscribe(ResourceType type, List<String> names) {
    DeltaDiscoveryRequest.Builder request =
        DeltaDiscoveryRequest.newBuilder()
            .setTypeUrl(type.typeUrl())
            .addAllResourceNamesSubscribe(names);
    held(type).forEach((name, r) -> request.putInitialResourceVersions(name, r.getVersion()));
    send(request.build());
  }

  @Override
  public void onNext(DeltaDiscoveryResponse response) {
    ResourceType type = ResourceType.ofTypeUrl(response.getTypeUrl()).orElseThrow();
    DeltaDiscoveryRequest.Builder answer =
        DeltaDiscoveryRequest.newBuilder()
            .setTypeUrl(response.getTypeUrl())
            .setResponseNonce(response.getNonce());
    String problem = "";
    for (Resource resource : response.getResourcesList()) {
      problem = problem.isEmpty() ? fault.apply(resource) : problem;
    }
    if (problem.isEmpty()) {
      Map<String, Resource> all = held.computeIfAbsent(type, t -> new ConcurrentHashMap<>());
      response.getResourcesList().forEach(r -> all.put(r.getName(), r));
      response.getRemovedResourcesList().forEach(all::remove);
    } else {
      answer.getErrorDetailBuilder().setCode(3).setMessage(problem);
    }
    send(answer.build());
  }

  /** The test and the stream both speak, and a call takes one at a time. */
  private synchronized void send(DeltaDiscoveryRequest request) {
    if (open) {
      requests.onNext(request);
    }
  }

  /** Whether the control plane has not ended the stream. */
  boolean open() {
    return open;
  }

  Map<String, Resource> held(ResourceType type) {
    return held.getOrDefault(type, Map.of());
  }

  RouteConfiguration routes(String name) {
    Resource resource = held(ResourceType.ROUTES).get(name);
    try {
      return resource == null
          ? RouteConfiguration.getDefaultInstance()
          : resource.getResource().unpack(RouteConfiguration.class);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  /** The ports of a cluster's endpoints. */
  List<Integer> ports(String cluster) {
    Resource resource = held(ResourceType.ENDPOINTS).get(cluster);
    try {
      return resource == null
          ? List.of()
          : resource.getResource().unpack(ClusterLoadAssignment.class).getEndpointsList().stream()
              .flatMap(locality -> locality.getLbEndpointsList().stream())
              .map(e -> e.getEndpoint().getAddress().getSocketAddress().getPortValue())
              .toList();
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void onError(Throwable failure) {
    open = false;
  }

  @Override
  public void onCompleted() {
    open = false;
  }

  @Override
  public synchronized void close() {
    if (open) {
      open = false;
      requests.onCompleted();
    }
  }
}
