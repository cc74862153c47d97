package io.heddle.proxy.app.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.parse.BootstrapParser;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class MeshBootstrapTest {

  @Test
  void sidecarsDocumentIsReadBackAsTheVeryRecord() {
    BootstrapConfig config =
        MeshBootstrap.sidecar(
            StateFolderTest.options("orders-1", 0, Path.of("x")),
            "orders-1",
            new SidecarPorts(1001, 1002, 1003));
    assertThat(config.node().id()).isEqualTo("sidecar~default~orders-1");
    assertThat(config.node().cluster()).isEqualTo("orders");
    assertThat(MeshBootstrap.json(config).getAsJsonObject("node").get("metadata").toString())
        .isEqualTo(
            "{\"HEDDLE_APP\":\"127.0.0.1:8080\",\"HEDDLE_INBOUND\":\"127.0.0.1:1001\","
                + "\"HEDDLE_INSTANCE\":\"orders-1\",\"HEDDLE_KIND\":\"sidecar\","
                + "\"HEDDLE_NAMESPACE\":\"default\",\"HEDDLE_OUTBOUND\":\"127.0.0.1:1002\","
                + "\"HEDDLE_SERVICE\":\"orders\"}");
    assertThat(readBack(config)).isEqualTo(config);
  }

  @Test
  void gatewaysDocumentIsReadBackAsTheVeryRecord() {
    BootstrapConfig config =
        MeshBootstrap.gateway("shop", "edge", "b", "0.0.0.0", "cp.example:7071", 15_000);
    assertThat(config.node().id()).isEqualTo("gateway~shop~edge~b");
    assertThat(config.node().metadata().getFieldsOrThrow("HEDDLE_BIND").getStringValue())
        .isEqualTo("0.0.0.0");
    assertThat(readBack(config)).isEqualTo(config);
  }

  private static BootstrapConfig readBack(BootstrapConfig config) {
    return switch (new BootstrapParser(ParseOptions.STRICT)
        .parse(MeshBootstrap.json(config).toString())) {
      case Parsed.Ok<BootstrapConfig> good -> good.value();
      case Parsed.Refused<BootstrapConfig> refused -> throw new AssertionError(refused.message());
    };
  }
}
