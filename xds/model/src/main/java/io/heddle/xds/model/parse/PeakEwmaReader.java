package io.heddle.xds.model.parse;

import com.github.xds.type.v3.TypedStruct;
import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.heddle.xds.model.LbPolicy;
import io.heddle.xds.model.LbPolicy.LocalityLb;
import io.heddle.xds.model.StructValue;
import java.time.Duration;
import java.util.Map;

/**
 * Reads our own latency-aware policy, which is written as a {@code xds.type.v3.TypedStruct} of the
 * type {@value #TYPE}, with the fields {@code decay} (such as {@code 10s}), {@code initial_latency}
 * and {@code choice_count}, all optional.
 */
final class PeakEwmaReader {
  static final String TYPE = "heddle.load_balancing_policies.peak_ewma.v1.PeakEwma";
  private static final String TYPED_STRUCT = "xds.type.v3.TypedStruct";

  private final Findings findings;

  PeakEwmaReader(Findings findings) {
    this.findings = findings;
  }

  static boolean isPeakEwma(Any any) {
    if (!ExtensionReader.typeName(any).equals(TYPED_STRUCT)) {
      return false;
    }
    try {
      String url = TypedStruct.parseFrom(any.getValue()).getTypeUrl();
      return url.substring(url.lastIndexOf('/') + 1).equals(TYPE);
    } catch (InvalidProtocolBufferException _) {
      return false;
    }
  }

  LbPolicy read(Any any, Path path) {
    Duration decay = Duration.ofSeconds(10);
    Duration initial = Duration.ofMillis(1);
    int choices = 2;
    try {
      StructValue.Fields fields = StructValue.of(TypedStruct.parseFrom(any.getValue()).getValue());
      for (Map.Entry<String, StructValue> field : fields.values().entrySet()) {
        Path here = path.field("value").field(field.getKey());
        switch (field.getKey()) {
          case "decay" -> decay = duration(field.getValue(), decay, here);
          case "initial_latency" -> initial = duration(field.getValue(), initial, here);
          case "choice_count" -> choices = choices(field.getValue(), here);
          default ->
              findings.error(here, "an unknown field", "decay, initial_latency or choice_count");
        }
      }
    } catch (InvalidProtocolBufferException _) {
      findings.error(path, "bytes that are not a message", "a " + TYPED_STRUCT);
    }
    return new LbPolicy.PeakEwma(decay, initial, choices, LocalityLb.ZoneAware.DEFAULT);
  }

  private Duration duration(StructValue value, Duration absent, Path path) {
    if (value instanceof StructValue.Text(String text)
        && text.matches("[0-9]{1,9}(\\.[0-9]{1,9})?s")) {
      long nanos = (long) (Double.parseDouble(text.substring(0, text.length() - 1)) * 1e9);
      if (nanos > 0) {
        return Duration.ofNanos(nanos);
      }
    }
    findings.error(path, shown(value), "a duration above zero, such as \"10s\"");
    return absent;
  }

  private int choices(StructValue value, Path path) {
    if (value instanceof StructValue.Numeric(double number)
        && number >= 2
        && number <= 1000
        && number == Math.rint(number)) {
      return (int) number;
    }
    findings.error(path, shown(value), "2 to 1000");
    return 2;
  }

  private static String shown(StructValue value) {
    return switch (value) {
      case StructValue.Text(String text) -> text;
      case StructValue.Numeric(double number) -> Double.toString(number);
      case StructValue.Bool(boolean bool) -> Boolean.toString(bool);
      case StructValue.Null _, StructValue.Items _, StructValue.Fields _ -> "another value";
    };
  }
}
