package io.heddle.cli.envoy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

class EnvoyBootstrapTest {
  @Test
  void speaksDeltaAdsToTheControlPlane() {
    Map<?, ?> root = parsed(HostPort.parse("127.0.0.1:7071"));

    assertThat(at(root, "node", "id")).isEqualTo("sidecar~default~web-1");
    assertThat(at(root, "node", "cluster")).isEqualTo("web");
    assertThat(at(root, "node", "metadata", "HEDDLE_KIND")).isEqualTo("sidecar");
    assertThat(at(root, "dynamic_resources", "ads_config", "api_type")).isEqualTo("DELTA_GRPC");
    assertThat(at(root, "dynamic_resources", "ads_config", "set_node_on_first_message_only"))
        .isEqualTo(true);
    assertThat(at(root, "dynamic_resources", "cds_config", "resource_api_version")).isEqualTo("V3");
    assertThat(at(root, "admin", "address", "socket_address", "address")).isEqualTo("127.0.0.1");
    assertThat(at(root, "static_resources").toString()).contains("type=STATIC", "port_value=7071");
  }

  @Test
  void hasLimitsOfConnectionsAndMemory() {
    Map<?, ?> root = parsed(HostPort.parse("127.0.0.1:7071"));

    assertThat(at(root, "layered_runtime").toString())
        .contains("envoy.resource_limits.listener.inbound.connection_limit=10000");
    assertThat(at(root, "overload_manager", "resource_monitors").toString())
        .contains("max_heap_size_bytes=1073741824", "max_active_downstream_connections=50000");
    assertThat(at(root, "overload_manager", "actions").toString())
        .contains("shrink_heap", "stop_accepting_connections", "reset_high_memory_stream");
  }

  @Test
  void resolvesAControlPlaneByName() {
    assertThat(at(parsed(HostPort.parse("control.example:7071")), "static_resources").toString())
        .contains("type=STRICT_DNS", "address=control.example");
  }

  @Test
  void speaksTlsAndShowsItsTokenWhereItIsToldTo() {
    ControlAccess access = new ControlAccess("/etc/heddle/ca.pem", "", "hdl_secret");
    Map<?, ?> root = parsed(HostPort.parse("control.example:7071"), access);

    assertThat(at(root, "dynamic_resources", "ads_config", "grpc_services"))
        .asInstanceOf(InstanceOfAssertFactories.LIST)
        .singleElement()
        .asInstanceOf(InstanceOfAssertFactories.MAP)
        .containsKey("envoy_grpc")
        .extractingByKey("initial_metadata")
        .hasToString("[{key=authorization, value=Bearer hdl_secret}]");
    assertThat(at(root, "static_resources").toString())
        .contains(
            "trusted_ca={filename=/etc/heddle/ca.pem}",
            "sni=control.example",
            "san_type=DNS, matcher={exact=control.example}");
    assertThat(at(parsed(HostPort.parse("10.0.0.1:1"), access), "static_resources").toString())
        .contains("san_type=IP_ADDRESS, matcher={exact=10.0.0.1}")
        .doesNotContain("sni=");
    assertThat(access.toString()).doesNotContain("secret");
  }

  @Test
  void takesIpv6InBrackets() {
    assertThat(HostPort.parse("[::1]:7071")).isEqualTo(new HostPort("::1", 7071));
    assertThat(new HostPort("::1", 7071)).hasToString("[::1]:7071");
    assertThat(new HostPort("::1", 7071).literal()).isTrue();
  }

  @Test
  void refusesWhatIsNoAddress() {
    for (String wrong :
        new String[] {"", "host", ":1", "host:x", "host:70000", "a\"b:1", "a b:1"}) {
      assertThatThrownBy(() -> HostPort.parse(wrong))
          .as(wrong)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("expected");
    }
  }

  private static Map<?, ?> parsed(HostPort control) {
    return parsed(control, ControlAccess.PLAIN);
  }

  private static Map<?, ?> parsed(HostPort control, ControlAccess access) {
    EnvoyBootstrap bootstrap =
        new EnvoyBootstrap(
            "sidecar~default~web-1",
            "web",
            Map.of("HEDDLE_KIND", "sidecar"),
            control,
            new HostPort("127.0.0.1", 15_000),
            access);
    return (Map<?, ?>) new Load(LoadSettings.builder().build()).loadFromString(bootstrap.yaml());
  }

  private static Object at(Object node, String... path) {
    Object found = node;
    for (String key : path) {
      found = java.util.Objects.requireNonNull(((Map<?, ?>) found).get(key), key);
    }
    return found;
  }
}
