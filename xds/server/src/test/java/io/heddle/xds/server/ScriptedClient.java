package io.heddle.xds.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Status;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.service.cluster.v3.ClusterDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.envoyproxy.envoy.service.endpoint.v3.EndpointDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.listener.v3.ListenerDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.route.v3.RouteDiscoveryServiceGrpc;
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
  /** A response; {@code content} is what each resource encodes to. */
  record Answer(
      ResourceType type,
      String version,
      String nonce,
      List<String> names,
      Map<String, ByteString> content,
      List<String> removed) {}

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
    return Node.newBuilder().setId(nodeId).setCluster("test").setUserAgentName(userAgent).build();
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
      Answer answer = answers.poll(10, TimeUnit.SECONDS);
      if (answer == null) {
        throw new AssertionError("no response within 10 s");
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
    return ended.orTimeout(10, TimeUnit.SECONDS).join().getCode();
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
      case SCOPED_ROUTES, VIRTUAL_HOSTS, SECRET, EXTENSION_CONFIG, RUNTIME ->
          throw new IllegalArgumentException(type + " (expected: a type that is served)");
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
      case SCOPED_ROUTES, VIRTUAL_HOSTS, SECRET, EXTENSION_CONFIG, RUNTIME ->
          throw new IllegalArgumentException(type + " (expected: a type that is served)");
    };
  }

  private static Answer parse(Object message) {
    List<String> names = new ArrayList<>();
    Map<String, ByteString> content = new LinkedHashMap<>();
    if (message instanceof DeltaDiscoveryResponse response) {
      for (Resource resource : response.getResourcesList()) {
        names.add(resource.getName());
        content.put(resource.getName(), resource.getResource().getValue());
      }
      return new Answer(
          ResourceType.ofTypeUrl(response.getTypeUrl()).orElseThrow(),
          response.getSystemVersionInfo(),
          response.getNonce(),
          names,
          content,
          List.copyOf(response.getRemovedResourcesList()));
    }
    DiscoveryResponse response = (DiscoveryResponse) message;
    ResourceType type = ResourceType.ofTypeUrl(response.getTypeUrl()).orElseThrow();
    for (Any resource : response.getResourcesList()) {
      String name = nameOf(type, resource.getValue());
      names.add(name);
      content.put(name, resource.getValue());
    }
    return new Answer(
        type, response.getVersionInfo(), response.getNonce(), names, content, List.of());
  }

  private static String nameOf(ResourceType type, ByteString content) {
    try {
      return switch (type) {
        case CLUSTER -> Cluster.parseFrom(content).getName();
        case ENDPOINTS -> ClusterLoadAssignment.parseFrom(content).getClusterName();
        case LISTENER -> Listener.parseFrom(content).getName();
        case ROUTES -> RouteConfiguration.parseFrom(content).getName();
        case SCOPED_ROUTES, VIRTUAL_HOSTS, SECRET, EXTENSION_CONFIG, RUNTIME ->
            throw new IllegalArgumentException(type + " (expected: a type that is served)");
      };
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }
}
