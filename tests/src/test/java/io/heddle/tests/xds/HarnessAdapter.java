package io.heddle.tests.xds;

import com.google.protobuf.Any;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.ScopedRouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.service.runtime.v3.Runtime;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.heddle.tests.xds.AdapterMessages.ResourceRequest;
import io.heddle.tests.xds.AdapterMessages.SetState;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.server.CacheUpdate;
import io.heddle.xds.server.EncodedResource;
import io.heddle.xds.server.ResourceCache;
import io.heddle.xds.server.ResourceKey;
import io.heddle.xds.server.Scope;
import io.heddle.xds.server.ScopeResolver;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The {@code Adapter} service of the xDS test harness over one of our caches: each node has a scope
 * of its own, and names and versions are as given.
 */
final class HarnessAdapter {
  private final ResourceCache cache;

  /** What each node has. Guarded by this. */
  private final Map<String, Map<ResourceKey, Message>> nodes = new HashMap<>();

  HarnessAdapter(ResourceCache cache) {
    this.cache = cache;
    cache.markReady();
  }

  /** Each node sees its own scope. */
  static ScopeResolver resolver() {
    return node -> List.of(new Scope(node.id()));
  }

  ServerServiceDefinition service() {
    return ServerServiceDefinition.builder(AdapterMessages.SERVICE)
        .addMethod(AdapterMessages.SET_STATE, answering(this::setState))
        .addMethod(AdapterMessages.CLEAR_STATE, answering(this::clearState))
        .addMethod(AdapterMessages.UPDATE, answering(this::update))
        .addMethod(AdapterMessages.ADD, answering(this::add))
        .addMethod(AdapterMessages.REMOVE, answering(this::remove))
        .build();
  }

  private static <Q, S> io.grpc.ServerCallHandler<Q, S> answering(Function<Q, S> method) {
    return ServerCalls.asyncUnaryCall((Q request, StreamObserver<S> answer) -> {
      S result;
      try {
        result = method.apply(request);
      } catch (io.grpc.StatusRuntimeException e) {
        answer.onError(e);
        return;
      }
      answer.onNext(result);
      answer.onCompleted();
    });
  }

  private synchronized boolean setState(SetState request) {
    Map<ResourceKey, Message> next = new HashMap<>();
    for (Any resource : request.resources()) {
      ResourceType type = type(resource.getTypeUrl());
      try {
        Message message = empty(type).getParserForType().parseFrom(resource.getValue());
        next.put(new ResourceKey(type, message.getField(nameField(message)).toString()), message);
      } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
        throw refused(Status.INVALID_ARGUMENT, resource.getTypeUrl() + ": " + e.getMessage());
      }
    }
    Scope scope = new Scope(request.node());
    CacheUpdate.Builder update = CacheUpdate.builder().declare(scope);
    for (ResourceKey key : node(request.node()).keySet()) {
      update.remove(scope, key);
    }
    next.forEach((key, message) ->
        update.put(
            scope, EncodedResource.versioned(key.type(), key.name(), request.version(), message)));
    for (ResourceType type : ResourceType.values()) {
      update.stateVersion(scope, type, request.version());
    }
    nodes.put(request.node(), next);
    cache.apply(update.build());
    return true;
  }

  private synchronized String clearState(String node) {
    Scope scope = new Scope(node);
    CacheUpdate.Builder update = CacheUpdate.builder().declare(scope);
    node(node).keySet().forEach(key -> update.remove(scope, key));
    nodes.remove(node);
    cache.apply(update.build());
    return "cleared";
  }

  private synchronized boolean update(ResourceRequest request) {
    ResourceKey key = key(request);
    Message message = node(request.node()).get(key);
    if (message == null) {
      throw refused(Status.NOT_FOUND, key + ": no such resource of node " + request.node());
    }
    put(request, key, message);
    return true;
  }

  private synchronized boolean add(ResourceRequest request) {
    ResourceKey key = key(request);
    if (node(request.node()).containsKey(key)) {
      throw refused(Status.ALREADY_EXISTS, key + ": a resource of node " + request.node());
    }
    Message empty = empty(key.type());
    put(request, key, empty.toBuilder().setField(nameField(empty), key.name()).build());
    return true;
  }

  private void put(ResourceRequest request, ResourceKey key, Message message) {
    Scope scope = new Scope(request.node());
    node(request.node()).put(key, message);
    cache.apply(
        CacheUpdate.builder()
            .put(
                scope,
                EncodedResource.versioned(key.type(), key.name(), request.version(), message))
            .stateVersion(scope, key.type(), request.version())
            .build());
  }

  private synchronized boolean remove(ResourceRequest request) {
    ResourceKey key = key(request);
    if (node(request.node()).remove(key) == null) {
      throw refused(Status.NOT_FOUND, key + ": no such resource of node " + request.node());
    }
    Scope scope = new Scope(request.node());
    CacheUpdate.Builder update = CacheUpdate.builder().remove(scope, key);
    if (!request.version().isEmpty()) {
      update.stateVersion(scope, key.type(), request.version());
    }
    cache.apply(update.build());
    return true;
  }

  private Map<ResourceKey, Message> node(String id) {
    return nodes.computeIfAbsent(id, n -> new HashMap<>());
  }

  private static ResourceKey key(ResourceRequest request) {
    try {
      return new ResourceKey(type(request.typeUrl()), request.name());
    } catch (IllegalArgumentException e) {
      throw refused(Status.INVALID_ARGUMENT, String.valueOf(e.getMessage()));
    }
  }

  private static ResourceType type(String typeUrl) {
    return ResourceType.ofTypeUrl(typeUrl)
        .orElseThrow(() ->
            refused(Status.INVALID_ARGUMENT, "typeUrl: " + typeUrl + " (expected: an xDS type)"));
  }

  private static RuntimeException refused(Status status, String reason) {
    return status.withDescription(reason).asRuntimeException();
  }

  private static FieldDescriptor nameField(Message message) {
    String name = message instanceof ClusterLoadAssignment ? "cluster_name" : "name";
    return message.getDescriptorForType().findFieldByName(name);
  }

  private static Message empty(ResourceType type) {
    return switch (type) {
      case CLUSTER -> Cluster.getDefaultInstance();
      case ENDPOINTS -> ClusterLoadAssignment.getDefaultInstance();
      case LISTENER -> Listener.getDefaultInstance();
      case ROUTES -> RouteConfiguration.getDefaultInstance();
      case SCOPED_ROUTES -> ScopedRouteConfiguration.getDefaultInstance();
      case VIRTUAL_HOSTS -> VirtualHost.getDefaultInstance();
      case SECRET -> Secret.getDefaultInstance();
      case EXTENSION_CONFIG -> TypedExtensionConfig.getDefaultInstance();
      case RUNTIME -> Runtime.getDefaultInstance();
    };
  }
}
