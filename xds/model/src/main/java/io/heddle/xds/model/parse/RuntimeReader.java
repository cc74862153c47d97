package io.heddle.xds.model.parse;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.bootstrap.v3.LayeredRuntime;
import io.envoyproxy.envoy.config.bootstrap.v3.RuntimeLayer;
import io.envoyproxy.envoy.config.bootstrap.v3.RuntimeLayer.DiskLayer;
import io.envoyproxy.envoy.config.bootstrap.v3.RuntimeLayer.RtdsLayer;
import io.envoyproxy.envoy.service.runtime.v3.Runtime;
import io.heddle.xds.model.Fraction;
import io.heddle.xds.model.RuntimeLayerConfig;
import io.heddle.xds.model.RuntimeTable;
import io.heddle.xds.model.RuntimeValue;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads the layers of the runtime, and the tables that RTDS brings. */
final class RuntimeReader {
  static final String TYPE = "envoy.service.runtime.v3.Runtime";

  private static final int DEEPEST = 16;
  private static final int MOST_KEYS = 100_000;

  private final Findings findings;

  RuntimeReader(Findings findings) {
    this.findings = findings;
  }

  /** The layers; one empty admin layer where none is configured, as Envoy has it. */
  List<RuntimeLayerConfig> layers(LayeredRuntime runtime, Path path) {
    List<RuntimeLayerConfig> layers = new ArrayList<>();
    Set<String> names = new HashSet<>();
    boolean admin = false;
    for (int i = 0; i < runtime.getLayersCount(); i++) {
      Path here = path.at("layers", i);
      RuntimeLayer layer = runtime.getLayers(i);
      findings.required(layer.getName(), here.field("name"));
      if (!names.add(layer.getName())) {
        findings.error(here.field("name"), layer.getName(), "a name used by one layer");
      }
      switch (layer.getLayerSpecifierCase()) {
        case STATIC_LAYER ->
            layers.add(
                new RuntimeLayerConfig(
                    layer.getName(),
                    new RuntimeLayerConfig.Content.Fixed(
                        values(layer.getStaticLayer(), here.field("static_layer")))));
        case DISK_LAYER ->
            layers.add(
                new RuntimeLayerConfig(
                    layer.getName(), disk(layer.getDiskLayer(), here.field("disk_layer"))));
        case ADMIN_LAYER -> {
          if (admin) {
            findings.error(here.field("admin_layer"), "a second one", "one admin layer at most");
          }
          admin = true;
          layers.add(
              new RuntimeLayerConfig(layer.getName(), RuntimeLayerConfig.Content.Admin.ADMIN));
        }
        case RTDS_LAYER ->
            layers.add(
                new RuntimeLayerConfig(layer.getName(), rtds(layer, here.field("rtds_layer"))));
        case LAYERSPECIFIER_NOT_SET ->
            findings.error(here, "no layer", "static_layer, disk_layer, admin_layer or rtds_layer");
      }
    }
    return layers.isEmpty()
        ? List.of(new RuntimeLayerConfig("", RuntimeLayerConfig.Content.Admin.ADMIN))
        : layers;
  }

  private RuntimeLayerConfig.Content disk(DiskLayer layer, Path path) {
    return new RuntimeLayerConfig.Content.Disk(
        findings.required(layer.getSymlinkRoot(), path.field("symlink_root")),
        layer.getSubdirectory(),
        layer.getAppendServiceCluster());
  }

  private RuntimeLayerConfig.Content rtds(RuntimeLayer layer, Path path) {
    RtdsLayer rtds = layer.getRtdsLayer();
    return new RuntimeLayerConfig.Content.Rtds(
        rtds.getName().isEmpty()
            ? findings.fetched(layer.getName(), path.field("name"))
            : findings.fetched(rtds.getName(), path.field("name")),
        SourceReader.read(
            rtds.hasRtdsConfig(), rtds.getRtdsConfig(), path.field("rtds_config"), findings));
  }

  RuntimeTable table(Runtime runtime, Path path) {
    return new RuntimeTable(runtime.getName(), values(runtime.getLayer(), path.field("layer")));
  }

  /** The leaves of a struct under dotted keys; a struct with a numerator is a share. */
  private Map<String, RuntimeValue> values(Struct struct, Path path) {
    Map<String, RuntimeValue> values = new LinkedHashMap<>();
    walk("", struct, path, values, 0);
    return values;
  }

  private void walk(
      String prefix, Struct struct, Path path, Map<String, RuntimeValue> values, int depth) {
    if (depth > DEEPEST) {
      findings.error(path, "more than " + DEEPEST + " levels", "fewer levels");
      return;
    }
    struct
        .getFieldsMap()
        .forEach((name, value) -> {
          String key = prefix.isEmpty() ? name : prefix + '.' + name;
          Path here = path.field(name);
          if (values.size() == MOST_KEYS) {
            findings.error(here, "more than " + MOST_KEYS + " keys", "fewer keys");
            return;
          }
          leaf(key, value, here, values, depth);
        });
  }

  private void leaf(
      String key, Value value, Path path, Map<String, RuntimeValue> values, int depth) {
    switch (value.getKindCase()) {
      case NUMBER_VALUE -> values.put(key, RuntimeValue.of(value.getNumberValue()));
      case BOOL_VALUE -> values.put(key, RuntimeValue.of(value.getBoolValue()));
      case STRING_VALUE -> values.put(key, RuntimeValue.ofText(value.getStringValue()));
      case STRUCT_VALUE -> {
        Struct within = value.getStructValue();
        if (within.containsFields("numerator") || within.containsFields("denominator")) {
          share(within, path).ifPresent(found -> values.put(key, RuntimeValue.of(found)));
        } else {
          walk(key, within, path, values, depth + 1);
        }
      }
      case LIST_VALUE -> findings.error(path, "a list", "a text, a number, a flag or a share");
      case NULL_VALUE, KIND_NOT_SET ->
          findings.error(path, "null", "a text, a number, a flag or a share");
    }
  }

  private Optional<Fraction> share(Struct struct, Path path) {
    double numerator =
        struct.getFieldsOrDefault("numerator", Value.getDefaultInstance()).getNumberValue();
    Value unit = struct.getFieldsOrDefault("denominator", Value.getDefaultInstance());
    int denominator =
        switch (unit.getKindCase()) {
          case KIND_NOT_SET -> 100;
          case STRING_VALUE ->
              switch (unit.getStringValue()) {
                case "HUNDRED" -> 100;
                case "TEN_THOUSAND" -> 10_000;
                case "MILLION" -> 1_000_000;
                default -> 0;
              };
          case NUMBER_VALUE ->
              switch ((int) unit.getNumberValue()) {
                case 0 -> 100;
                case 1 -> 10_000;
                case 2 -> 1_000_000;
                default -> 0;
              };
          default -> 0;
        };
    if (denominator == 0 || !(numerator >= 0 && numerator <= 0xFFFF_FFFFL)) {
      findings.error(
          path,
          "a share that cannot be read",
          "numerator of at least 0 and denominator HUNDRED, TEN_THOUSAND or MILLION");
      return Optional.empty();
    }
    return Optional.of(new Fraction((long) numerator, denominator));
  }
}
