package io.heddle.xds.model.parse;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.ResourceType;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** No bytes make a parser throw; the seed is fixed so that a failure can be repeated. */
class ResourceParserFuzzTest {

  private final ResourceParser parser = new ResourceParser(ParseOptions.STRICT);

  @Test
  void neverThrowsOnRandomBytes() {
    Random random = new Random(20261124);
    for (ResourceType type : ResourceType.values()) {
      for (int round = 0; round < 5_000; round++) {
        byte[] bytes = new byte[random.nextInt(64)];
        random.nextBytes(bytes);
        read(type, bytes);
      }
    }
  }

  @Test
  void neverThrowsOnDamagedResources() {
    Map<ResourceType, ByteString> seeds =
        Map.of(
            ResourceType.LISTENER,
            Samples.encode(Samples.http(Samples.PLAIN), Listener.newBuilder()),
            ResourceType.ROUTES,
            Samples.encode(
                Samples.route(
                    "'match':{'safe_regex':{'regex':'/a(b|c)*'},'headers':[{'name':':method',"
                        + "'string_match':{'exact':'GET'}}]},'route':{'cluster':'c',"
                        + "'regex_rewrite':{'pattern':{'regex':'(a)'},'substitution':'\\\\1'}}"),
                RouteConfiguration.newBuilder()),
            ResourceType.CLUSTER,
            Samples.encode(
                "{'name':'c','type':'EDS','eds_cluster_config':{'eds_config':{'ads':{}}},"
                    + "'circuit_breakers':{'thresholds':[{'max_requests':5}]}}",
                Cluster.newBuilder()),
            ResourceType.ENDPOINTS,
            Samples.encode(
                "{'cluster_name':'c','endpoints':[{'lb_endpoints':[{'endpoint':{'address':"
                    + "{'socket_address':{'address':'1.2.3.4','port_value':1}}}}]}]}",
                ClusterLoadAssignment.newBuilder()));
    Random random = new Random(42);
    seeds.forEach((type, seed) -> {
      for (int round = 0; round < 5_000; round++) {
        byte[] bytes = seed.toByteArray();
        for (int flips = random.nextInt(4); flips >= 0; flips--) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        read(type, bytes);
      }
    });
  }

  private void read(ResourceType type, byte[] bytes) {
    assertThat(parser.parse(type, Samples.any(type.typeUrl(), ByteString.copyFrom(bytes))))
        .isNotNull();
  }
}
