package io.heddle.xds.client;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.heddle.xds.model.ResourceType;
import java.io.IOException;
import java.util.Random;
import java.util.function.UnaryOperator;

/** A client, its control plane, its sink and its clock. */
final class Fixture implements AutoCloseable {
  static final Node NODE = Node.newBuilder().setId("sidecar~default~web-1").build();

  final ManualScheduler scheduler = new ManualScheduler();
  final ScriptedControlPlane plane;
  final RecordingSink sink = new RecordingSink();
  final XdsClient client;

  Fixture(XdsVariant variant) throws IOException {
    this(options -> options.variant(variant));
  }

  Fixture(UnaryOperator<XdsClientOptions.Builder> with) throws IOException {
    plane = new ScriptedControlPlane();
    XdsClientOptions options =
        with.apply(
                XdsClientOptions.builder(NODE, "plane").scheduler(scheduler).random(new Random(7)))
            .build();
    client = new XdsClient(options, sink, plane, true, Runnable::run, Runnable::run);
  }

  void start() {
    client.start();
    settle();
  }

  void settle() {
    scheduler.settle();
  }

  ScriptedControlPlane.Stream<DeltaDiscoveryRequest, DeltaDiscoveryResponse> delta() {
    return plane.delta.getLast();
  }

  ScriptedControlPlane.Stream<DiscoveryRequest, DiscoveryResponse> sotw() {
    return plane.sotw.getLast();
  }

  void send(DeltaDiscoveryResponse.Builder response) {
    delta().responses.onNext(response.build());
    settle();
  }

  void send(DiscoveryResponse.Builder response) {
    sotw().responses.onNext(response.build());
    settle();
  }

  static DeltaDiscoveryResponse.Builder delta(ResourceType type, String nonce) {
    return DeltaDiscoveryResponse.newBuilder().setTypeUrl(type.typeUrl()).setNonce(nonce);
  }

  static DiscoveryResponse.Builder sotw(
      ResourceType type, String version, String nonce, Message... resources) {
    DiscoveryResponse.Builder response =
        DiscoveryResponse.newBuilder()
            .setTypeUrl(type.typeUrl())
            .setVersionInfo(version)
            .setNonce(nonce);
    for (Message resource : resources) {
      response.addResources(Any.pack(resource));
    }
    return response;
  }

  static Resource resource(String name, String version, Message body) {
    return Resource.newBuilder()
        .setName(name)
        .setVersion(version)
        .setResource(Any.pack(body))
        .build();
  }

  static Resource cluster(String name, String version) {
    return resource(
        name, version, Cluster.newBuilder().setName(name).setAltStatName(version).build());
  }

  static Message cluster(String name) {
    return Cluster.newBuilder().setName(name).build();
  }

  static Message endpoints(String name) {
    return ClusterLoadAssignment.newBuilder().setClusterName(name).build();
  }

  static Message listener(String name) {
    return Listener.newBuilder().setName(name).build();
  }

  @Override
  public void close() {
    scheduler.settle();
    plane.close();
  }
}
