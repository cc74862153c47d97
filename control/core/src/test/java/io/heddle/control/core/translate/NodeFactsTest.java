package io.heddle.control.core.translate;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.xds.server.NodeInfo;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class NodeFactsTest {
  @Test
  void readsASidecar() {
    assertThat(NodeFacts.parse(Inputs.sidecar("shop", "web")))
        .isEqualTo(
            new NodeFacts.Sidecar(
                "shop",
                "web",
                "web-1",
                new HostPort("127.0.0.1", 15_006),
                new HostPort("127.0.0.1", 15_001),
                new HostPort("127.0.0.1", 8_080)));
  }

  @Test
  void bindsAGatewayToLoopbackUnlessTold() {
    assertThat(NodeFacts.parse(Inputs.gateway("edge")))
        .isEqualTo(new NodeFacts.GatewayProxy("default", "edge", "127.0.0.1"));
  }

  @ParameterizedTest
  @CsvSource({
    "HEDDLE_KIND, router",
    "HEDDLE_NAMESPACE, Up",
    "HEDDLE_SERVICE, a/b",
    "HEDDLE_INBOUND, localhost:80",
    "HEDDLE_INBOUND, 127.0.0.1:0",
    "HEDDLE_INBOUND, 127.0.0.1:99999",
    "HEDDLE_OUTBOUND, ::1:80",
    "HEDDLE_APP, 999.0.0.1:80",
    "HEDDLE_INSTANCE, 'a b'"
  })
  void namesTheKeyThatIsWrong(String key, String value) {
    Map<String, String> metadata = new HashMap<>(Inputs.sidecar("default", "web"));
    metadata.put(key, value);
    assertThat(NodeFacts.parse(metadata))
        .isInstanceOfSatisfying(
            NodeFacts.Unusable.class,
            unusable -> assertThat(unusable.problem()).contains(key, "expected"));
  }

  @Test
  void readsIpv6() {
    assertThat(HostPort.parse("[::1]:80")).isEqualTo(new HostPort("::1", 80));
    assertThat(HostPort.isIpLiteral("fe80::1%eth0")).isFalse();
  }

  @Test
  void tellsAnEnvoyByItsUserAgent() {
    for (String agent : new String[] {"envoy", "envoy/1.40.0", "heddle/0.1", "envoyish/1", ""}) {
      NodeFacts facts =
          NodeFacts.of(new NodeInfo("n", "web", Inputs.sidecar("shop", "web"), agent));
      assertThat(((NodeFacts.Sidecar) facts).build())
          .as(agent)
          .isEqualTo(
              agent.equals("envoy") || agent.startsWith("envoy/")
                  ? NodeFacts.Build.ENVOY
                  : NodeFacts.Build.HEDDLE);
    }
  }
}
