package io.heddle.xds.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Struct;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.heddle.xds.model.EndpointsConfig;
import io.heddle.xds.model.NodeConfig;
import org.junit.jupiter.api.Test;

class XdsNodeTest {
  /** A server that keeps to the protocol gives no time to live to a client that does not say so. */
  @Test
  void announcesThatItTakesATimeToLiveInBothVariants() {
    Node node =
        XdsNode.of(
            new NodeConfig(
                "id",
                "cluster",
                new EndpointsConfig.Locality("r", "z", "s"),
                Struct.getDefaultInstance()),
            "1.2.3");
    assertThat(node.getClientFeaturesList())
        .containsExactlyInAnyOrder(
            "xds.config.resource-in-sotw", "xds.config.supports-resource-ttl");
    assertThat(node.getId()).isEqualTo("id");
    assertThat(node.getLocality().getZone()).isEqualTo("z");
  }
}
