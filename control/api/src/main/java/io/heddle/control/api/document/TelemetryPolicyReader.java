package io.heddle.control.api.document;

import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.PolicySpec.Mode;
import io.heddle.control.api.resource.PolicySpec.Target;
import io.heddle.control.api.resource.TelemetryPolicySpec;
import io.heddle.control.api.resource.TelemetryPolicySpec.AccessLog;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** Reads the spec of a {@code TelemetryPolicy}. */
final class TelemetryPolicyReader {
  private static final List<Kind> TARGETS = List.of(Kind.GATEWAY, Kind.LISTENER_SET, Kind.SERVICE);
  private static final Map<String, Function<Fields, AccessLog>> FORMATS = formats();

  private TelemetryPolicyReader() {}

  private static Map<String, Function<Fields, AccessLog>> formats() {
    Map<String, Function<Fields, AccessLog>> forms = new TreeMap<>();
    forms.put(
        "Text",
        format -> new AccessLog(false, format.neededText("text", Syntax.upTo(4096)), Map.of()));
    forms.put(
        "JSON",
        format -> {
          Map<String, String> json =
              format.textMap("json", 128, Syntax.upTo(128), Syntax.upTo(1024));
          if (json.isEmpty() && format.states("type")) {
            format.wrong("json", "missing", "fields and their values");
          }
          return new AccessLog(false, "", json);
        });
    return forms;
  }

  static TelemetryPolicySpec read(Fields spec) {
    List<Target> targets = PolicyReader.targets(spec, TARGETS);
    Mode mode = PolicyReader.mode(spec);
    Fields log = spec.mapping("accessLog");
    boolean disabled = log.flag("disable", false);
    boolean stated = log.states("format");
    Fields format = log.mapping("format");
    AccessLog read = format.variantIf(stated, "type", FORMATS).orElse(AccessLog.STANDARD);
    format.end();
    log.notYet("settings", "sinks", "matches");
    log.end();
    if (disabled && stated) {
      log.wrong("format", "beside disable", "one of the two");
    }
    spec.notYet("tracing", "metrics");
    spec.end();
    return new TelemetryPolicySpec(
        targets, mode, new AccessLog(disabled, read.text(), read.json()));
  }
}
