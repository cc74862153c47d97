package io.heddle.xds.model.parse;

import io.heddle.xds.model.StructValue;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the fields of a message of our own that is written as a {@code google.protobuf.Struct},
 * such as in metadata. Times are texts like {@code 0.5s}. Owned by the thread that reads.
 */
final class OwnFields {
  private final StructValue.Fields fields;
  private final Path path;
  private final Findings findings;
  private final Set<String> known = new HashSet<>();

  OwnFields(StructValue.Fields fields, Path path, Findings findings) {
    this.fields = fields;
    this.path = path;
    this.findings = findings;
  }

  /** A time above zero. */
  Duration time(String name, Duration absent) {
    StructValue value = value(name);
    if (value == null) {
      return absent;
    }
    if (value instanceof StructValue.Text(String text)
        && text.matches("[0-9]{1,9}(\\.[0-9]{1,9})?s")) {
      long nanos = (long) (Double.parseDouble(text.substring(0, text.length() - 1)) * 1e9);
      if (nanos > 0) {
        return Duration.ofNanos(nanos);
      }
    }
    findings.error(path.field(name), shown(value), "a duration above zero, such as \"0.5s\"");
    return absent;
  }

  /** A number from {@code least} to {@code most}. */
  double number(String name, double absent, double least, double most) {
    StructValue value = value(name);
    if (value == null) {
      return absent;
    }
    if (value instanceof StructValue.Numeric(double number) && number >= least && number <= most) {
      return number;
    }
    findings.error(path.field(name), shown(value), "a number from " + least + " to " + most);
    return absent;
  }

  /** A whole number from {@code least} to {@code most}. */
  int whole(String name, int absent, int least, int most) {
    StructValue value = value(name);
    if (value == null) {
      return absent;
    }
    if (value instanceof StructValue.Numeric(double number)
        && number >= least
        && number <= most
        && number == Math.rint(number)) {
      return (int) number;
    }
    findings.error(path.field(name), shown(value), "a whole number from " + least + " to " + most);
    return absent;
  }

  /** A message within this one. */
  OwnFields message(String name) {
    StructValue value = value(name);
    if (value != null && !(value instanceof StructValue.Fields)) {
      findings.error(path.field(name), shown(value), "an object");
    }
    return new OwnFields(
        value instanceof StructValue.Fields inner ? inner : StructValue.EMPTY,
        path.field(name),
        findings);
  }

  /** Refuses every field that nobody has asked for. */
  void end() {
    for (String name : fields.values().keySet()) {
      if (!known.contains(name)) {
        findings.error(
            path.field(name),
            "an unknown field",
            String.join(", ", known.stream().sorted().toList()));
      }
    }
  }

  private @Nullable StructValue value(String name) {
    known.add(name);
    return fields.values().get(name);
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
