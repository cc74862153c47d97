package io.heddle.xds.server;

import static io.heddle.xds.model.ResourceType.CLUSTER;
import static io.heddle.xds.server.Resources.cluster;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResponseTest {
  private static final List<EncodedResource> CLUSTERS =
      List.of(cluster("a", 1), cluster("long-name-".repeat(40), 2));

  private static byte[] drained(Response response) throws IOException {
    try (InputStream stream = new Response.Marshaller().stream(response)) {
      assertThat(stream).isInstanceOf(KnownLength.class);
      int known = stream.available();
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      assertThat(((Drainable) stream).drainTo(out)).isEqualTo(known).isEqualTo(out.size());
      assertThat(stream.read()).isEqualTo(-1);
      return out.toByteArray();
    }
  }

  @Test
  void isADeltaDiscoveryResponseOnTheWire() throws IOException {
    Response response = Response.of(true, CLUSTER, "v", "n", CLUSTERS, List.of("gone", "too"));
    DeltaDiscoveryResponse.Builder expected =
        DeltaDiscoveryResponse.newBuilder()
            .setSystemVersionInfo("v")
            .setNonce("n")
            .setTypeUrl(CLUSTER.typeUrl())
            .addRemovedResources("gone")
            .addRemovedResources("too");
    for (EncodedResource cluster : CLUSTERS) {
      expected.addResources(
          Resource.newBuilder()
              .setName(cluster.name())
              .setVersion(cluster.version())
              .setResource(cluster.any()));
    }
    assertThat(DeltaDiscoveryResponse.parseFrom(drained(response))).isEqualTo(expected.build());
  }

  @Test
  void isADiscoveryResponseOnTheWire() throws IOException {
    Response response = Response.of(false, CLUSTER, "v", "n", CLUSTERS, List.of());
    DiscoveryResponse.Builder expected =
        DiscoveryResponse.newBuilder()
            .setVersionInfo("v")
            .setNonce("n")
            .setTypeUrl(CLUSTER.typeUrl());
    CLUSTERS.forEach(cluster -> expected.addResources(cluster.any()));
    assertThat(DiscoveryResponse.parseFrom(drained(response))).isEqualTo(expected.build());
    try (InputStream stream = new Response.Marshaller().stream(response)) {
      assertThat(DiscoveryResponse.parseFrom(stream.readAllBytes())).isEqualTo(expected.build());
    }
  }
}
