package io.heddle.proxy.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.heddle.xds.client.LastGood;
import io.heddle.xds.client.LastGoodStore;
import io.heddle.xds.client.ReceivedResource;
import io.heddle.xds.model.ResourceType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AheadTest {

  @TempDir Path folder;

  @Test
  void readsAFewResourcesOfEachTypeWhicheverNodeTheyAreOf() throws IOException {
    List<ReceivedResource> clusters =
        IntStream.range(0, 50)
            .mapToObj(i -> Cluster.newBuilder().setName("c" + i).build())
            .map(cluster ->
                new ReceivedResource(
                    cluster.getName(), "1", Any.pack(cluster, "type.googleapis.com")))
            .toList();
    LastGoodStore.at(folder.resolve(DynamicPlane.LAST_GOOD), "some-node")
        .save(new LastGood(Map.of(ResourceType.CLUSTER, clusters)));
    assertThat(Ahead.read(folder.toString())).isEqualTo(3);
  }

  @Test
  void whatIsNotThereOrDamagedIsLeftToOthers() throws IOException {
    assertThat(Ahead.read(folder.toString())).isZero();
    Files.writeString(folder.resolve(DynamicPlane.LAST_GOOD), "not a configuration");
    assertThat(Ahead.read(folder.toString())).isZero();
  }
}
