package io.heddle.tests.xds;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
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
import io.envoyproxy.envoy.service.endpoint.v3.EndpointDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.listener.v3.ListenerDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.route.v3.RouteDiscoveryServiceGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.heddle.xds.model.ResourceType;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A client as the harness has one: it accepts whatever comes, and notes names and versions. */
final class HarnessClient implements AutoCloseable {
  /** The four ways to speak xDS, by the harness's names. */
  enum Mode {
    SOTW_SEPARATE,
    SOTW_AGGREGATED,
    INCREMENTAL_SEPARATE,
    INCREMENTAL_AGGREGATED;

    boolean incremental() {
      return this == INCREMENTAL_SEPARATE || this == INCREMENTAL_AGGREGATED;
    }

    boolean aggregated() {
      return this == SOTW_AGGREGATED || this == INCREMENTAL_AGGREGATED;
    }
  }

  /**
   * A response.
   *
   * @param versions of what it carries, by name
   */
  record Answer(
      ResourceType type,
      String version,
      String nonce,
      Map<String, String> versions,
      List<String> removed) {}

  private final Channel channel;
  private final Mode mode;
  private final Node node;
  private final BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
  private final Map<ResourceType, StreamObserver<Object>> streams =
      new EnumMap<>(ResourceType.class);
  private final Map<ResourceType, Set<String>> names = new EnumMap<>(ResourceType.class);
  private final Map<ResourceType, Answer> latest = new EnumMap<>(ResourceType.class);

  HarnessClient(Channel channel, Mode mode, String node) {
    this.channel = channel;
    this.mode = mode;
    this.node = Node.newBuilder().setId(node).build();
  }

  void subscribe(ResourceType type, String... added) {
    names(type).addAll(List.of(added));
    say(type, List.of(added), List.of());
  }

  /** Asks for no more than these. */
  void narrow(ResourceType type, String... kept) {
    Set<String> left = new LinkedHashSet<>(names(type));
    List.of(kept).forEach(left::remove);
    names(type).removeAll(left);
    say(type, List.of(), List.copyOf(left));
  }

  private Set<String> names(ResourceType type) {
    return names.computeIfAbsent(type, t -> new LinkedHashSet<>());
  }

  private void say(ResourceType type, List<String> added, List<String> left) {
    if (mode.incremental()) {
      stream(type)
          .onNext(
              DeltaDiscoveryRequest.newBuilder()
                  .setNode(node)
                  .setTypeUrl(type.typeUrl())
                  .addAllResourceNamesSubscribe(added)
                  .addAllResourceNamesUnsubscribe(left)
                  .build());
    } else {
      Answer last = latest.get(type);
      stream(type)
          .onNext(
              DiscoveryRequest.newBuilder()
                  .setNode(node)
                  .setTypeUrl(type.typeUrl())
                  .setVersionInfo(last == null ? "" : last.version())
                  .setResponseNonce(last == null ? "" : last.nonce())
                  .addAllResourceNames(names(type))
                  .build());
    }
  }

  /** Takes and accepts the next response. */
  Answer next() {
    try {
      Answer answer = answers.poll(20, TimeUnit.SECONDS);
      if (answer == null) {
        throw new AssertionError("no response within 20 s");
      }
      latest.put(answer.type(), answer);
      if (mode.incremental()) {
        stream(answer.type())
            .onNext(
                DeltaDiscoveryRequest.newBuilder()
                    .setTypeUrl(answer.type().typeUrl())
                    .setResponseNonce(answer.nonce())
                    .build());
      } else {
        say(answer.type(), List.of(), List.of());
      }
      return answer;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    Set.copyOf(streams.values()).forEach(StreamObserver::onCompleted);
  }

  private StreamObserver<Object> stream(ResourceType type) {
    StreamObserver<Object> open = streams.get(type);
    if (open == null) {
      open = mode.incremental() ? open(incremental(type)) : open(stateOfTheWorld(type));
      if (mode.aggregated()) {
        for (ResourceType each : ResourceType.values()) {
          streams.put(each, open);
        }
      } else {
        streams.put(type, open);
      }
    }
    return open;
  }

  @SuppressWarnings("unchecked")
  private <Q, S> StreamObserver<Object> open(MethodDescriptor<Q, S> method) {
    StreamObserver<Q> requests =
        ClientCalls.asyncBidiStreamingCall(
            channel.newCall(method, CallOptions.DEFAULT),
            new StreamObserver<>() {
              @Override
              public void onNext(S response) {
                answers.add(parse(response));
              }

              @Override
              public void onError(Throwable failure) {}

              @Override
              public void onCompleted() {}
            });
    return (StreamObserver<Object>) requests;
  }

  private MethodDescriptor<DiscoveryRequest, DiscoveryResponse> stateOfTheWorld(ResourceType type) {
    if (mode.aggregated()) {
      return AggregatedDiscoveryServiceGrpc.getStreamAggregatedResourcesMethod();
    }
    return switch (type) {
      case CLUSTER -> ClusterDiscoveryServiceGrpc.getStreamClustersMethod();
      case ENDPOINTS -> EndpointDiscoveryServiceGrpc.getStreamEndpointsMethod();
      case LISTENER -> ListenerDiscoveryServiceGrpc.getStreamListenersMethod();
      case ROUTES -> RouteDiscoveryServiceGrpc.getStreamRoutesMethod();
      case SCOPED_ROUTES, VIRTUAL_HOSTS, SECRET, EXTENSION_CONFIG, RUNTIME -> throw notAsked(type);
    };
  }

  private MethodDescriptor<DeltaDiscoveryRequest, DeltaDiscoveryResponse> incremental(
      ResourceType type) {
    if (mode.aggregated()) {
      return AggregatedDiscoveryServiceGrpc.getDeltaAggregatedResourcesMethod();
    }
    return switch (type) {
      case CLUSTER -> ClusterDiscoveryServiceGrpc.getDeltaClustersMethod();
      case ENDPOINTS -> EndpointDiscoveryServiceGrpc.getDeltaEndpointsMethod();
      case LISTENER -> ListenerDiscoveryServiceGrpc.getDeltaListenersMethod();
      case ROUTES -> RouteDiscoveryServiceGrpc.getDeltaRoutesMethod();
      case SCOPED_ROUTES, VIRTUAL_HOSTS, SECRET, EXTENSION_CONFIG, RUNTIME -> throw notAsked(type);
    };
  }

  private static IllegalArgumentException notAsked(ResourceType type) {
    return new IllegalArgumentException(type + " (expected: a type of the harness)");
  }

  private static Answer parse(Object message) {
    Map<String, String> versions = new LinkedHashMap<>();
    if (message instanceof DeltaDiscoveryResponse response) {
      response.getResourcesList().forEach(r -> versions.put(r.getName(), r.getVersion()));
      return new Answer(
          ResourceType.ofTypeUrl(response.getTypeUrl()).orElseThrow(),
          response.getSystemVersionInfo(),
          response.getNonce(),
          versions,
          List.copyOf(response.getRemovedResourcesList()));
    }
    DiscoveryResponse response = (DiscoveryResponse) message;
    ResourceType type = ResourceType.ofTypeUrl(response.getTypeUrl()).orElseThrow();
    for (Any resource : response.getResourcesList()) {
      versions.put(name(type, resource), response.getVersionInfo());
    }
    return new Answer(type, response.getVersionInfo(), response.getNonce(), versions, List.of());
  }

  private static String name(ResourceType type, Any resource) {
    try {
      return switch (type) {
        case CLUSTER -> Cluster.parseFrom(resource.getValue()).getName();
        case ENDPOINTS -> ClusterLoadAssignment.parseFrom(resource.getValue()).getClusterName();
        case LISTENER -> Listener.parseFrom(resource.getValue()).getName();
        case ROUTES -> RouteConfiguration.parseFrom(resource.getValue()).getName();
        case SCOPED_ROUTES, VIRTUAL_HOSTS, SECRET, EXTENSION_CONFIG, RUNTIME ->
            throw notAsked(type);
      };
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }
}
