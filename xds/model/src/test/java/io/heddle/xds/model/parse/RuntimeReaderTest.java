package io.heddle.xds.model.parse;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.xds.model.BootstrapConfig;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import io.heddle.xds.model.RuntimeLayerConfig;
import io.heddle.xds.model.RuntimeLayerConfig.Content;
import io.heddle.xds.model.RuntimeValue;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RuntimeReaderTest {
  private static List<RuntimeLayerConfig> layers(String yaml) {
    return switch (new BootstrapParser(ParseOptions.STRICT).parse(yaml)) {
      case Parsed.Ok<BootstrapConfig> ok -> ok.value().runtime();
      case Parsed.Refused<BootstrapConfig> refused -> throw new AssertionError(refused.message());
    };
  }

  private static Map<String, RuntimeValue> fixed(String layer) {
    String text = "{layered_runtime: {layers: [{name: a, static_layer: " + layer + "}]}}";
    return ((Content.Fixed) layers(text).getFirst().content()).values();
  }

  private static RuntimeValue at(Map<String, RuntimeValue> values, String key) {
    return java.util.Objects.requireNonNull(values.get(key));
  }

  @Test
  void isAnAdminLayerWhereNothingIsSaid() {
    assertThat(layers("{node: {id: n}}"))
        .containsExactly(new RuntimeLayerConfig("", Content.Admin.ADMIN));
  }

  @Test
  void joinsTheKeysOfNestedStructsWithDots() {
    assertThat(fixed("{upstream: {healthy: {panic: 30}}, x.y: true}"))
        .containsOnlyKeys("upstream.healthy.panic", "x.y");
  }

  @Test
  void readsNumbersFlagsTextsAndShares() {
    Map<String, RuntimeValue> values =
        fixed("{n: 30, d: 1.5, b: true, s: foo, q: '40', f: {numerator: 5, denominator: MILLION}}");
    assertThat(at(values, "n"))
        .isEqualTo(new RuntimeValue("30", 30, 30, RuntimeValue.Truth.NEITHER, 30, 100));
    assertThat(at(values, "d").number()).isEqualTo(1.5);
    assertThat(at(values, "b").truth()).isEqualTo(RuntimeValue.Truth.TRUE);
    assertThat(at(values, "s").text()).isEqualTo("foo");
    assertThat(at(values, "s").integer()).isEqualTo(RuntimeValue.NO_INTEGER);
    assertThat(at(values, "q").integer()).isEqualTo(40);
    assertThat(at(values, "f").numerator()).isEqualTo(5);
    assertThat(at(values, "f").denominator()).isEqualTo(1_000_000);
  }

  @Test
  void readsADiskLayerAndAnAdminLayer() {
    assertThat(
            layers(
                "{layered_runtime: {layers: [{name: d, disk_layer: {symlink_root: /r, subdirectory:"
                    + " s, append_service_cluster: true}}, {name: a, admin_layer: {}}]}}"))
        .containsExactly(
            new RuntimeLayerConfig("d", new Content.Disk("/r", "s", true)),
            new RuntimeLayerConfig("a", Content.Admin.ADMIN));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      textBlock =
          """
          [{name: a, static_layer: {x: [1]}}]                              | layers[0].static_layer.x
          [{name: a, static_layer: {x: {numerator: -1}}}]                  | layers[0].static_layer.x
          [{name: a, static_layer: {x: {denominator: DOZEN}}}]             | layers[0].static_layer.x
          [{name: a, admin_layer: {}}, {name: b, admin_layer: {}}]         | layers[1].admin_layer
          [{name: a, admin_layer: {}}, {name: a, static_layer: {}}]        | layers[1].name
          [{name: a}]                                                      | layers[0]
          [{static_layer: {}}]                                             | layers[0].name
          [{name: a, disk_layer: {}}]                                      | layers[0].disk_layer.symlink_root
          """)
  void refusesByPath(String layers, String path) {
    String text = "{layered_runtime: {layers: " + layers + "}}";
    assertThat(new BootstrapParser(ParseOptions.STRICT).parse(text).message())
        .contains("layered_runtime." + path + ": found");
  }
}
