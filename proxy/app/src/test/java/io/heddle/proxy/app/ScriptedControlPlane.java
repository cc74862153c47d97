package io.heddle.proxy.app;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.ControlPlane;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.envoyproxy.envoy.service.secret.v3.SecretDiscoveryServiceGrpc;
import io.grpc.BindableService;
import io.grpc.stub.StreamObserver;
import io.heddle.proxy.app.admin.YamlJson;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A control plane that has what a test puts into it, and pushes it as soon as that is put: the
 * aggregated stream and that of secrets, incrementally. Safe on every thread.
 */
final class ScriptedControlPlane {
  private static final TypeRegistry TYPES =
      TypeRegistry.newBuilder()
          .add(Listener.getDescriptor())
          .add(Cluster.getDescriptor())
          .add(HttpConnectionManager.getDescriptor())
          .add(HttpGrpcAccessLogConfig.getDescriptor())
          .add(DownstreamTlsContext.getDescriptor())
          .add(Secret.getDescriptor())
          .add(Router.getDescriptor())
          .build();

  private final Map<String, Map<String, Resource>> resources = new HashMap<>();
  private final List<Stream> streams = new ArrayList<>();
  private final List<String> refusals = new ArrayList<>();
  private int nonces;

  /** What serves it. */
  List<BindableService> services() {
    return List.of(
        new AggregatedDiscoveryServiceGrpc.AggregatedDiscoveryServiceImplBase() {
          @Override
          public StreamObserver<DeltaDiscoveryRequest> deltaAggregatedResources(
              StreamObserver<DeltaDiscoveryResponse> out) {
            return opened(out);
          }
        },
        new SecretDiscoveryServiceGrpc.SecretDiscoveryServiceImplBase() {
          @Override
          public StreamObserver<DeltaDiscoveryRequest> deltaSecrets(
              StreamObserver<DeltaDiscoveryResponse> out) {
            return opened(out);
          }
        });
  }

  /** Adds or replaces a resource, and tells whoever asked for it. */
  synchronized void put(String version, Message.Builder into, String yaml) {
    try {
      JsonFormat.parser().usingTypeRegistry(TYPES).merge(YamlJson.of(yaml).toString(), into);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(yaml, e);
    }
    Message message = into.build();
    String name = (String) message.getField(message.getDescriptorForType().findFieldByName("name"));
    Any body = Any.pack(message);
    Resource resource =
        Resource.newBuilder().setName(name).setVersion(version).setResource(body).build();
    resources.computeIfAbsent(body.getTypeUrl(), _ -> new HashMap<>()).put(name, resource);
    for (Stream stream : streams) {
      stream.send(body.getTypeUrl(), List.of(resource));
    }
  }

  /** What was refused so far, in the proxy's words. */
  synchronized List<String> refusals() {
    return List.copyOf(refusals);
  }

  private synchronized Stream opened(StreamObserver<DeltaDiscoveryResponse> out) {
    Stream stream = new Stream(out);
    streams.add(stream);
    return stream;
  }

  private final class Stream implements StreamObserver<DeltaDiscoveryRequest> {
    private final StreamObserver<DeltaDiscoveryResponse> out;
    private final Map<String, Set<String>> asked = new HashMap<>();

    Stream(StreamObserver<DeltaDiscoveryResponse> out) {
      this.out = out;
    }

    @Override
    public void onNext(DeltaDiscoveryRequest request) {
      synchronized (ScriptedControlPlane.this) {
        if (request.hasErrorDetail()) {
          refusals.add(request.getErrorDetail().getMessage());
        }
        boolean first = !asked.containsKey(request.getTypeUrl());
        Set<String> names = asked.computeIfAbsent(request.getTypeUrl(), _ -> new HashSet<>());
        names.addAll(request.getResourceNamesSubscribeList());
        if (first || request.getResourceNamesSubscribeCount() > 0) {
          send(request.getTypeUrl(), known(request.getTypeUrl()));
        }
      }
    }

    void send(String type, List<Resource> some) {
      Set<String> names = asked.get(type);
      if (names == null) {
        return;
      }
      DeltaDiscoveryResponse.Builder response =
          DeltaDiscoveryResponse.newBuilder()
              .setTypeUrl(type)
              .setNonce("n" + ++nonces)
              .setControlPlane(ControlPlane.newBuilder().setIdentifier("scripted"));
      for (Resource one : some) {
        if (names.isEmpty() || names.contains("*") || names.contains(one.getName())) {
          response.addResources(one);
        }
      }
      out.onNext(response.build());
    }

    @Override
    public void onError(Throwable failure) {
      ended();
    }

    @Override
    public void onCompleted() {
      ended();
      out.onCompleted();
    }

    private void ended() {
      synchronized (ScriptedControlPlane.this) {
        streams.remove(this);
      }
    }
  }

  private List<Resource> known(String type) {
    return List.copyOf(resources.getOrDefault(type, Map.of()).values());
  }
}
