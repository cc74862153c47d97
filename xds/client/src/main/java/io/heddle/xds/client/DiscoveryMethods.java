package io.heddle.xds.client;

import io.envoyproxy.envoy.service.cluster.v3.ClusterDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.envoyproxy.envoy.service.endpoint.v3.EndpointDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.extension.v3.ExtensionConfigDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.listener.v3.ListenerDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.route.v3.RouteDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.route.v3.ScopedRoutesDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.route.v3.VirtualHostDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.runtime.v3.RuntimeDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.secret.v3.SecretDiscoveryServiceGrpc;
import io.grpc.MethodDescriptor;
import io.heddle.xds.model.ResourceType;
import java.util.Optional;

/** The methods of the discovery services: the aggregated ones, or a type's own. */
final class DiscoveryMethods {
  private DiscoveryMethods() {}

  @SuppressWarnings("OptionalUsedAsFieldOrParameterType")
  static MethodDescriptor<DiscoveryRequest, DiscoveryResponse> stateOfTheWorld(
      Optional<ResourceType> only) {
    if (only.isEmpty()) {
      return AggregatedDiscoveryServiceGrpc.getStreamAggregatedResourcesMethod();
    }
    return switch (only.get()) {
      case CLUSTER -> ClusterDiscoveryServiceGrpc.getStreamClustersMethod();
      case ENDPOINTS -> EndpointDiscoveryServiceGrpc.getStreamEndpointsMethod();
      case LISTENER -> ListenerDiscoveryServiceGrpc.getStreamListenersMethod();
      case ROUTES -> RouteDiscoveryServiceGrpc.getStreamRoutesMethod();
      case SCOPED_ROUTES -> ScopedRoutesDiscoveryServiceGrpc.getStreamScopedRoutesMethod();
      case SECRET -> SecretDiscoveryServiceGrpc.getStreamSecretsMethod();
      case EXTENSION_CONFIG ->
          ExtensionConfigDiscoveryServiceGrpc.getStreamExtensionConfigsMethod();
      case RUNTIME -> RuntimeDiscoveryServiceGrpc.getStreamRuntimeMethod();
      case VIRTUAL_HOSTS ->
          throw new IllegalArgumentException("VHDS as state of the world (expected: delta)");
    };
  }

  @SuppressWarnings("OptionalUsedAsFieldOrParameterType")
  static MethodDescriptor<DeltaDiscoveryRequest, DeltaDiscoveryResponse> delta(
      Optional<ResourceType> only) {
    if (only.isEmpty()) {
      return AggregatedDiscoveryServiceGrpc.getDeltaAggregatedResourcesMethod();
    }
    return switch (only.get()) {
      case CLUSTER -> ClusterDiscoveryServiceGrpc.getDeltaClustersMethod();
      case ENDPOINTS -> EndpointDiscoveryServiceGrpc.getDeltaEndpointsMethod();
      case LISTENER -> ListenerDiscoveryServiceGrpc.getDeltaListenersMethod();
      case ROUTES -> RouteDiscoveryServiceGrpc.getDeltaRoutesMethod();
      case SCOPED_ROUTES -> ScopedRoutesDiscoveryServiceGrpc.getDeltaScopedRoutesMethod();
      case VIRTUAL_HOSTS -> VirtualHostDiscoveryServiceGrpc.getDeltaVirtualHostsMethod();
      case SECRET -> SecretDiscoveryServiceGrpc.getDeltaSecretsMethod();
      case EXTENSION_CONFIG -> ExtensionConfigDiscoveryServiceGrpc.getDeltaExtensionConfigsMethod();
      case RUNTIME -> RuntimeDiscoveryServiceGrpc.getDeltaRuntimeMethod();
    };
  }
}
