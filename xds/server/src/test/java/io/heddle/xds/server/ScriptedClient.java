package io.heddle.xds.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Status;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.ScopedRouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.service.cluster.v3.ClusterDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.envoyproxy.envoy.service.endpoint.v3.EndpointDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.extension.v3.ExtensionConfigDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.listener.v3.ListenerDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.route.v3.RouteDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.route.v3.ScopedRoutesDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.route.v3.VirtualHostDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.runtime.v3.Runtime;
import io.envoyproxy.envoy.service.runtime.v3.RuntimeDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.secret.v3.SecretDiscoveryServiceGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.heddle.xds.model.ResourceType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** An xDS client that does just what a test says, in any variant; used by one thread. */
final class ScriptedClient {
  /**
   * A response.
   *
   * @param content what each resource encodes to
   * @param wrapped resources that came with more than their content
   * @param bare those that came without it
   */
  record Answer(
      ResourceType type,
      String version,
      String nonce,
      List<String> names,
      Map<String, ByteString> content,
      List<String> removed,
      Map<String, Resource> wrapped,
      List<Resource> bare) {
    /** One that came with more than its content. */
    Resource resource(String name) {
      return Optional.ofNullable(wrapped.get(name)).orElseThrow();
    }
  }

  /** As long as a response may take; shorter where it is expected to fail. */
  private static final int PATIENCE_SECONDS = Integer.getInteger("heddle.patience", 10);

  private final Channel channel;
  private final Variant variant;
  private final String nodeId;
  private final Runnable afterSaying;
  private final BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
  private final CompletableFuture<io.grpc.Status> ended = new CompletableFuture<>();
  private final Map<ResourceType, Wire> wires = new EnumMap<>(ResourceType.class);
  private final Map<ResourceType, Set<String>> names = new EnumMap<>(ResourceType.class);
  private final Map<ResourceType, String> nonces = new EnumMap<>(ResourceType.class);
  private final List<Answer> passed = new ArrayList<>();
  private boolean autoRequest = true;
  private String userAgent = "";
  private List<String> features = List.of();

  /**
   * @param afterSaying runs after each request, for instance to wait until it was dealt with
   */
  ScriptedClient(Channel channel, Variant variant, String nodeId, Runnable afterSaying) {
    this.channel = channel;
    this.afterSaying = afterSaying;
    this.variant = variant;
    this.nodeId = nodeId;
  }

  /** From now on new streams take a response only when told to. */
  ScriptedClient withoutReading() {
    autoRequest = false;
    return this;
  }

  ScriptedClient userAgent(String name) {
    userAgent = name;
    return this;
  }

  /** What it announces that it can do. */
  ScriptedClient features(String... announced) {
    features = List.of(announced);
    return this;
  }

  void read(ResourceType type) {
    wire(type).request(1);
  }

  // ---- saying

  /** Adds names; none at all is the legacy wildcard. */
  void subscribe(ResourceType type, String... added) {
    Set<String> all = names.computeIfAbsent(type, t -> new LinkedHashSet<>());
    all.addAll(List.of(added));
    if (variant.delta()) {
      say(type, delta(type).addAllResourceNamesSubscribe(List.of(added)).build());
    } else {
      say(type, sotw(type).addAllResourceNames(all).build());
    }
  }

  void unsubscribe(ResourceType type, String... left) {
    Set<String> all = names.computeIfAbsent(type, t -> new LinkedHashSet<>());
    Arrays.asList(left).forEach(all::remove);
    if (variant.delta()) {
      say(type, delta(type).addAllResourceNamesUnsubscribe(List.of(left)).build());
    } else {
      say(type, sotw(type).addAllResourceNames(all).build());
    }
  }

  /** The first request of a process that lost its stream: it has accepted something before. */
  void resume(ResourceType type, Map<String, String> held, String... subscribed) {
    if (!variant.delta()) {
      names.put(type, new LinkedHashSet<>(List.of(subscribed)));
      say(
          type,
          sotw(type).setVersionInfo("before").addAllResourceNames(List.of(subscribed)).build());
      return;
    }
    say(
        type,
        delta(type)
            .putAllInitialResourceVersions(held)
            .addAllResourceNamesSubscribe(List.of(subscribed))
            .build());
  }

  void ack(Answer answer, String... addedNames) {
    reply(answer, Optional.empty(), addedNames);
  }

  void nack(Answer answer, String message, String... addedNames) {
    reply(answer, Optional.of(message), addedNames);
  }

  private void reply(Answer answer, Optional<String> error, String... added) {
    ResourceType type = answer.type();
    Set<String> all = names.computeIfAbsent(type, t -> new LinkedHashSet<>());
    all.addAll(List.of(added));
    Status status = Status.newBuilder().setCode(13).setMessage(error.orElse("")).build();
    if (variant.delta()) {
      DeltaDiscoveryRequest.Builder request =
          delta(type).setResponseNonce(answer.nonce()).addAllResourceNamesSubscribe(List.of(added));
      error.ifPresent(e -> request.setErrorDetail(status));
      say(type, request.build());
    } else {
      DiscoveryRequest.Builder request =
          sotw(type)
              .setVersionInfo(answer.version())
              .setResponseNonce(answer.nonce())
              .addAllResourceNames(all);
      error.ifPresent(e -> request.setErrorDetail(status));
      say(type, request.build());
    }
  }

  DiscoveryRequest.Builder sotw(ResourceType type) {
    return DiscoveryRequest.newBuilder()
        .setTypeUrl(type.typeUrl())
        .setResponseNonce(nonces.getOrDefault(type, ""));
  }

  DeltaDiscoveryRequest.Builder delta(ResourceType type) {
    return DeltaDiscoveryRequest.newBuilder().setTypeUrl(type.typeUrl());
  }

  void say(ResourceType type, DiscoveryRequest request) {
    Wire wire = wire(type);
    wire.send(
        wire.first()
            ? request.toBuilder().setNode(request.hasNode() ? request.getNode() : node()).build()
            : request);
    afterSaying.run();
  }

  void say(ResourceType type, DeltaDiscoveryRequest request) {
    Wire wire = wire(type);
    wire.send(
        wire.first()
            ? request.toBuilder().setNode(request.hasNode() ? request.getNode() : node()).build()
            : request);
    afterSaying.run();
  }

  /** A request of either variant that carries only a node, for the first message. */
  void sayNode(ResourceType type, Node node) {
    if (variant.delta()) {
      say(type, delta(type).setNode(node).build());
    } else {
      say(type, sotw(type).setNode(node).build());
    }
  }

  Node node() {
    return Node.newBuilder()
        .setId(nodeId)
        .setCluster("test")
        .setUserAgentName(userAgent)
        .addAllClientFeatures(features)
        .build();
  }

  // ---- hearing

  /** The next response of any type. */
  Answer next() {
    if (!passed.isEmpty()) {
      return passed.removeFirst();
    }
    return take();
  }

  private Answer take() {
    try {
      Answer answer = answers.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (answer == null) {
        throw new AssertionError("no response within " + PATIENCE_SECONDS + " s");
      }
      nonces.put(answer.type(), answer.nonce());
      return answer;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** The next response of this type; those of others stay for later. */
  Answer next(ResourceType type) {
    for (Answer answer : passed) {
      if (answer.type() == type) {
        passed.remove(answer);
        return answer;
      }
    }
    while (true) {
      Answer answer = take();
      if (answer.type() == type) {
        return answer;
      }
      passed.add(answer);
    }
  }

  Answer nextAcked(ResourceType type) {
    Answer answer = next(type);
    ack(answer);
    return answer;
  }

  Optional<Answer> poll() {
    if (!passed.isEmpty()) {
      return Optional.of(passed.removeFirst());
    }
    return answers.isEmpty() ? Optional.empty() : Optional.of(take());
  }

  void hearsNothing(Mesh mesh) {
    mesh.settle();
    assertThat(passed).isEmpty();
    assertThat(answers).isEmpty();
  }

  io.grpc.Status.Code endedWith() {
    return ended.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join().getCode();
  }

  boolean open() {
    return !ended.isDone();
  }

  void close() {
    Set.copyOf(wires.values()).forEach(Wire::cancel);
    wires.clear();
  }

  // ---- the wire

  private interface Wire {
    boolean first();

    void send(Object request);

    void request(int count);

    void cancel();
  }

  private Wire wire(ResourceType type) {
    Wire open = wires.get(type);
    if (open == null) {
      open = variant.delta() ? start(deltaMethod(type)) : start(sotwMethod(type));
      if (variant.aggregated()) {
        for (ResourceType each : ServedTypes.ALL) {
          wires.put(each, open);
        }
      } else {
        wires.put(type, open);
      }
    }
    return open;
  }

  private <Q, S> Wire start(MethodDescriptor<Q, S> method) {
    ClientCall<Q, S> call = channel.newCall(method, CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(S message) {
            answers.add(parse(message));
            if (autoRequest) {
              call.request(1);
            }
          }

          @Override
          public void onClose(io.grpc.Status status, Metadata trailers) {
            ended.complete(status);
          }
        },
        new Metadata());
    if (autoRequest) {
      call.request(1);
    }
    return new Wire() {
      private boolean first = true;

      @Override
      public boolean first() {
        return first;
      }

      @Override
      @SuppressWarnings("unchecked")
      public void send(Object request) {
        first = false;
        call.sendMessage((Q) request);
      }

      @Override
      public void request(int count) {
        call.request(count);
      }

      @Override
      public void cancel() {
        call.cancel("the test is over", null);
      }
    };
  }

  private MethodDescriptor<DiscoveryRequest, DiscoveryResponse> sotwMethod(ResourceType type) {
    if (variant.aggregated()) {
      return AggregatedDiscoveryServiceGrpc.getStreamAggregatedResourcesMethod();
    }
    return switch (type) {
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
          throw new IllegalArgumentException(type + " (expected: a type that SotW has)");
    };
  }

  private MethodDescriptor<DeltaDiscoveryRequest, DeltaDiscoveryResponse> deltaMethod(
      ResourceType type) {
    if (variant.aggregated()) {
      return AggregatedDiscoveryServiceGrpc.getDeltaAggregatedResourcesMethod();
    }
    return switch (type) {
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

  private static Answer parse(Object message) {
    List<String> names = new ArrayList<>();
    Map<String, ByteString> content = new LinkedHashMap<>();
    Map<String, Resource> wrapped = new LinkedHashMap<>();
    List<Resource> bare = new ArrayList<>();
    if (message instanceof DeltaDiscoveryResponse response) {
      for (Resource resource : response.getResourcesList()) {
        sort(resource, names, content, wrapped, bare);
      }
      return new Answer(
          ResourceType.ofTypeUrl(response.getTypeUrl()).orElseThrow(),
          response.getSystemVersionInfo(),
          response.getNonce(),
          names,
          content,
          List.copyOf(response.getRemovedResourcesList()),
          wrapped,
          bare);
    }
    DiscoveryResponse response = (DiscoveryResponse) message;
    ResourceType type = ResourceType.ofTypeUrl(response.getTypeUrl()).orElseThrow();
    for (Any resource : response.getResourcesList()) {
      if (resource.is(Resource.class)) {
        sort(unwrapped(resource), names, content, wrapped, bare);
      } else {
        String name = nameOf(type, resource.getValue());
        names.add(name);
        content.put(name, resource.getValue());
      }
    }
    return new Answer(
        type,
        response.getVersionInfo(),
        response.getNonce(),
        names,
        content,
        List.of(),
        wrapped,
        bare);
  }

  private static void sort(
      Resource resource,
      List<String> names,
      Map<String, ByteString> content,
      Map<String, Resource> wrapped,
      List<Resource> bare) {
    if (resource.hasResource()) {
      names.add(resource.getName());
      content.put(resource.getName(), resource.getResource().getValue());
      wrapped.put(resource.getName(), resource);
    } else {
      bare.add(resource);
    }
  }

  private static Resource unwrapped(Any resource) {
    try {
      return resource.unpack(Resource.class);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private static String nameOf(ResourceType type, ByteString content) {
    try {
      return switch (type) {
        case CLUSTER -> Cluster.parseFrom(content).getName();
        case ENDPOINTS -> ClusterLoadAssignment.parseFrom(content).getClusterName();
        case LISTENER -> Listener.parseFrom(content).getName();
        case ROUTES -> RouteConfiguration.parseFrom(content).getName();
        case SCOPED_ROUTES -> ScopedRouteConfiguration.parseFrom(content).getName();
        case VIRTUAL_HOSTS -> VirtualHost.parseFrom(content).getName();
        case SECRET -> Secret.parseFrom(content).getName();
        case EXTENSION_CONFIG -> TypedExtensionConfig.parseFrom(content).getName();
        case RUNTIME -> Runtime.parseFrom(content).getName();
      };
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }
}
