package io.heddle.xds.server;

import static io.heddle.xds.model.ResourceType.CLUSTER;
import static io.heddle.xds.server.Resources.cluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
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
    Response response =
        Response.of(Framing.DELTA, CLUSTER, "v", "n", CLUSTERS, List.of("gone", "too"), List.of());
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
    Response response =
        Response.of(Framing.SOTW, CLUSTER, "v", "n", CLUSTERS, List.of(), List.of());
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

  private static final Duration TTL = Duration.ofMillis(1_500);

  private static Resource timed(EncodedResource resource) {
    return Resource.newBuilder()
        .setName(resource.name())
        .setVersion(resource.version())
        .setTtl(com.google.protobuf.Duration.newBuilder().setSeconds(1).setNanos(500_000_000))
        .setResource(resource.any())
        .build();
  }

  @Test
  void saysHowLongAResourceIsGoodForToThoseWhoTakeIt() throws IOException {
    for (EncodedResource plain : CLUSTERS) {
      EncodedResource timed = plain.withTtl(TTL);
      List<EncodedResource> both = List.of(timed, plain);
      assertThat(
              DeltaDiscoveryResponse.parseFrom(
                      drained(
                          Response.of(
                              Framing.DELTA_TTL, CLUSTER, "v", "n", both, List.of(), List.of())))
                  .getResourcesList())
          .containsExactly(timed(plain), timed(plain).toBuilder().clearTtl().build());
      List<Any> sotw =
          DiscoveryResponse.parseFrom(
                  drained(
                      Response.of(
                          Framing.SOTW_WRAPPED, CLUSTER, "v", "n", both, List.of(), List.of())))
              .getResourcesList();
      assertThat(sotw).hasSize(2);
      assertThat(sotw.getFirst().unpack(Resource.class)).isEqualTo(timed(plain));
      assertThat(sotw.getLast()).isEqualTo(plain.any());
    }
  }

  @Test
  void saysNothingOfTheTimeToThoseWhoDoNot() throws IOException {
    EncodedResource plain = CLUSTERS.getFirst();
    List<EncodedResource> timed = List.of(plain.withTtl(TTL));
    assertThat(drained(Response.of(Framing.DELTA, CLUSTER, "v", "n", timed, List.of(), List.of())))
        .isEqualTo(
            drained(
                Response.of(
                    Framing.DELTA, CLUSTER, "v", "n", List.of(plain), List.of(), List.of())));
    assertThat(drained(Response.of(Framing.SOTW, CLUSTER, "v", "n", timed, List.of(), List.of())))
        .isEqualTo(
            drained(
                Response.of(
                    Framing.SOTW, CLUSTER, "v", "n", List.of(plain), List.of(), List.of())));
  }

  @Test
  void carriesResourcesWithoutContentInBothKinds() throws IOException {
    Resource bare = timed(CLUSTERS.getFirst()).toBuilder().clearResource().build();
    assertThat(
            DeltaDiscoveryResponse.parseFrom(
                    drained(
                        Response.of(
                            Framing.DELTA_TTL,
                            CLUSTER,
                            "v",
                            "n",
                            List.of(),
                            List.of(),
                            List.of(bare))))
                .getResourcesList())
        .containsExactly(bare);
    assertThat(
            DiscoveryResponse.parseFrom(
                    drained(
                        Response.of(
                            Framing.SOTW_WRAPPED,
                            CLUSTER,
                            "v",
                            "n",
                            List.of(),
                            List.of(),
                            List.of(bare))))
                .getResourcesList())
        .containsExactly(Any.pack(bare));
  }

  @Test
  void refusesATimeThatIsTooShortOrOnAVirtualHost() {
    assertThatThrownBy(() -> CLUSTERS.getFirst().withTtl(Duration.ofMillis(999)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("TTL PT0.999S");
    assertThatThrownBy(() -> Resources.virtualHost("t/h", 1).withTtl(TTL))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
