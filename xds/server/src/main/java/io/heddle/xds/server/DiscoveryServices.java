package io.heddle.xds.server;

import io.envoyproxy.envoy.service.cluster.v3.ClusterDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.endpoint.v3.EndpointDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.extension.v3.ExtensionConfigDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.listener.v3.ListenerDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.route.v3.RouteDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.route.v3.ScopedRoutesDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.route.v3.VirtualHostDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.runtime.v3.RuntimeDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.secret.v3.SecretDiscoveryServiceGrpc;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.heddle.xds.model.ResourceType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The gRPC services: Envoy's methods with our own reading of requests and writing of responses. */
final class DiscoveryServices {
  private DiscoveryServices() {}

  static List<ServerServiceDefinition> of(XdsServer server, Limits limits) {
    List<ServerServiceDefinition> services = new ArrayList<>();
    services.add(
        service(
            server,
            limits,
            null,
            AggregatedDiscoveryServiceGrpc.getStreamAggregatedResourcesMethod(),
            AggregatedDiscoveryServiceGrpc.getDeltaAggregatedResourcesMethod()));
    for (ResourceType type : ServedTypes.ALL) {
      services.add(
          switch (type) {
            case CLUSTER ->
                service(
                    server,
                    limits,
                    type,
                    ClusterDiscoveryServiceGrpc.getStreamClustersMethod(),
                    ClusterDiscoveryServiceGrpc.getDeltaClustersMethod());
            case ENDPOINTS ->
                service(
                    server,
                    limits,
                    type,
                    EndpointDiscoveryServiceGrpc.getStreamEndpointsMethod(),
                    EndpointDiscoveryServiceGrpc.getDeltaEndpointsMethod());
            case LISTENER ->
                service(
                    server,
                    limits,
                    type,
                    ListenerDiscoveryServiceGrpc.getStreamListenersMethod(),
                    ListenerDiscoveryServiceGrpc.getDeltaListenersMethod());
            case ROUTES ->
                service(
                    server,
                    limits,
                    type,
                    RouteDiscoveryServiceGrpc.getStreamRoutesMethod(),
                    RouteDiscoveryServiceGrpc.getDeltaRoutesMethod());
            case SCOPED_ROUTES ->
                service(
                    server,
                    limits,
                    type,
                    ScopedRoutesDiscoveryServiceGrpc.getStreamScopedRoutesMethod(),
                    ScopedRoutesDiscoveryServiceGrpc.getDeltaScopedRoutesMethod());
            case VIRTUAL_HOSTS ->
                service(
                    server,
                    limits,
                    type,
                    null,
                    VirtualHostDiscoveryServiceGrpc.getDeltaVirtualHostsMethod());
            case SECRET ->
                service(
                    server,
                    limits,
                    type,
                    SecretDiscoveryServiceGrpc.getStreamSecretsMethod(),
                    SecretDiscoveryServiceGrpc.getDeltaSecretsMethod());
            case EXTENSION_CONFIG ->
                service(
                    server,
                    limits,
                    type,
                    ExtensionConfigDiscoveryServiceGrpc.getStreamExtensionConfigsMethod(),
                    ExtensionConfigDiscoveryServiceGrpc.getDeltaExtensionConfigsMethod());
            case RUNTIME ->
                service(
                    server,
                    limits,
                    type,
                    RuntimeDiscoveryServiceGrpc.getStreamRuntimeMethod(),
                    RuntimeDiscoveryServiceGrpc.getDeltaRuntimeMethod());
          });
    }
    return List.copyOf(services);
  }

  /** A type without a SotW method exists in the incremental variant only. */
  private static ServerServiceDefinition service(
      XdsServer server,
      Limits limits,
      @Nullable ResourceType type,
      @Nullable MethodDescriptor<?, ?> sotw,
      MethodDescriptor<?, ?> delta) {
    String name = MethodDescriptor.extractFullServiceName(delta.getFullMethodName());
    if (name == null) {
      throw new IllegalArgumentException(delta.getFullMethodName() + " (expected: service/method)");
    }
    ServerServiceDefinition.Builder service =
        ServerServiceDefinition.builder(name)
            .addMethod(
                ours(delta, new RequestMarshaller(true, limits)),
                (call, headers) -> DiscoveryCall.start(server, call, type, true));
    if (sotw != null) {
      service.addMethod(
          ours(sotw, new RequestMarshaller(false, limits)),
          (call, headers) -> DiscoveryCall.start(server, call, type, false));
    }
    return service.build();
  }

  private static MethodDescriptor<Request, Response> ours(
      MethodDescriptor<?, ?> method, RequestMarshaller requests) {
    return method.toBuilder(requests, new Response.Marshaller()).build();
  }
}
