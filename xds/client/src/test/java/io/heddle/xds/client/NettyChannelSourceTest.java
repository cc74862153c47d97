package io.heddle.xds.client;

import static io.heddle.xds.client.Fixture.cluster;
import static io.heddle.xds.client.Fixture.delta;
import static io.heddle.xds.model.ResourceType.CLUSTER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NettyChannelSourceTest {

  @Test
  void clientTalksOverASocketAndSavesOnClose(@TempDir Path folder) throws Exception {
    Server server = startServer();
    XdsScheduler scheduler = XdsScheduler.singleThread("test-xds");
    CopyOnWriteArrayList<ResourceUpdate> updates = new CopyOnWriteArrayList<>();
    LastGoodStore store = LastGoodStore.at(folder.resolve("last-good.bin"), "n");
    XdsClient client =
        XdsClient.create(
            XdsClientOptions.builder(Fixture.NODE, "127.0.0.1:" + server.getPort())
                .scheduler(scheduler)
                .lastGood(store)
                .build(),
            update -> {
              updates.add(update);
              return Map.of();
            });
    try {
      client.subscribe(CLUSTER, Set.of("*"));
      client.start();
      await().atMost(Duration.ofSeconds(10)).until(() -> updates.size() == 1);
      assertThat(updates.getFirst().resources()).hasSize(1);
    } finally {
      client.close();
      scheduler.close();
      server.shutdownNow();
    }
    assertThat(store.load()).isInstanceOf(LastGoodStore.Loaded.Found.class);
  }

  @Test
  void targetWithoutAPortNumberIsRefusedByName() {
    NettyChannelSource source = new NettyChannelSource(ClientLimits.DEFAULT);
    try {
      assertThatThrownBy(
              () -> source.open("127.0.0.1:http", "", Duration.ofSeconds(30), Runnable::run))
          .hasMessageContaining("target: found 127.0.0.1:http, expected HOST:PORT");
    } finally {
      source.close();
    }
  }

  private static Server startServer() throws Exception {
    return NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
        .addService(
            new AggregatedDiscoveryServiceGrpc.AggregatedDiscoveryServiceImplBase() {
              @Override
              public StreamObserver<DeltaDiscoveryRequest> deltaAggregatedResources(
                  StreamObserver<DeltaDiscoveryResponse> out) {
                out.onNext(delta(CLUSTER, "n1").addResources(cluster("orders", "v1")).build());
                return new ScriptedControlPlane.Stream<>(out);
              }
            })
        .build()
        .start();
  }
}
