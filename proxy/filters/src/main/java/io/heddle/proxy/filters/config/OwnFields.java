package io.heddle.proxy.filters.config;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.heddle.proxy.api.FilterConfigException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Reads the fields of a message of our own that is written as a {@code google.protobuf.Struct}.
 * Times are texts like {@code 0.5s}.
 */
public final class OwnFields {
  private final Struct struct;
  private final String path;
  private final Set<String> known = new TreeSet<>();

  private OwnFields(Struct struct, String path) {
    this.struct = struct;
    this.path = path;
  }

  /** The fields of a whole message. */
  public static OwnFields of(Struct struct) {
    return new OwnFields(struct, "");
  }

  /** A time above zero. */
  public Duration time(String name, Duration absent) throws FilterConfigException {
    if (!has(name)) {
      return absent;
    }
    String text = struct.getFieldsOrThrow(name).getStringValue();
    if (text.matches("[0-9]{1,9}(\\.[0-9]{1,9})?s")) {
      long nanos = (long) (Double.parseDouble(text.substring(0, text.length() - 1)) * 1e9);
      if (nanos > 0) {
        return Duration.ofNanos(nanos);
      }
    }
    throw wrong(name, "a duration above zero, such as \"0.5s\"");
  }

  /** A number from {@code least} to {@code most}. */
  public double number(String name, double absent, double least, double most)
      throws FilterConfigException {
    if (!has(name)) {
      return absent;
    }
    Value value = struct.getFieldsOrThrow(name);
    if (value.hasNumberValue()
        && value.getNumberValue() >= least
        && value.getNumberValue() <= most) {
      return value.getNumberValue();
    }
    throw wrong(name, "a number from " + least + " to " + most);
  }

  /** A whole number from {@code least} to {@code most}. */
  public int whole(String name, int absent, int least, int most) throws FilterConfigException {
    if (!has(name)) {
      return absent;
    }
    Value value = struct.getFieldsOrThrow(name);
    double number = value.getNumberValue();
    if (value.hasNumberValue()
        && number >= least
        && number <= most
        && number == Math.rint(number)) {
      return (int) number;
    }
    throw wrong(name, "a whole number from " + least + " to " + most);
  }

  /** True or false. */
  public boolean flag(String name, boolean absent) throws FilterConfigException {
    if (!has(name)) {
      return absent;
    }
    if (!struct.getFieldsOrThrow(name).hasBoolValue()) {
      throw wrong(name, "true or false");
    }
    return struct.getFieldsOrThrow(name).getBoolValue();
  }

  /** A text that is not empty. */
  public String text(String name, String absent) throws FilterConfigException {
    if (!has(name)) {
      return absent;
    }
    String text = struct.getFieldsOrThrow(name).getStringValue();
    if (text.isEmpty()) {
      throw wrong(name, "a text");
    }
    return text;
  }

  /** Texts that are not empty. */
  public List<String> texts(String name) throws FilterConfigException {
    List<String> texts = new ArrayList<>();
    if (has(name)) {
      Value value = struct.getFieldsOrThrow(name);
      if (!value.hasListValue()) {
        throw wrong(name, "a list of texts");
      }
      for (Value each : value.getListValue().getValuesList()) {
        if (each.getStringValue().isEmpty()) {
          throw wrong(name, "a list of texts");
        }
        texts.add(each.getStringValue());
      }
    }
    return texts;
  }

  /** A message within this one; one without fields where there is none. */
  public OwnFields message(String name) throws FilterConfigException {
    if (!has(name)) {
      return new OwnFields(Struct.getDefaultInstance(), SetFields.at(path, name));
    }
    if (!struct.getFieldsOrThrow(name).hasStructValue()) {
      throw wrong(name, "an object");
    }
    return new OwnFields(struct.getFieldsOrThrow(name).getStructValue(), SetFields.at(path, name));
  }

  /** Refuses every field that nobody has asked for. */
  public void end() throws FilterConfigException {
    for (String name : struct.getFieldsMap().keySet()) {
      if (!known.contains(name)) {
        throw new FilterConfigException(
            SetFields.at(path, name), "an unknown field", String.join(", ", known));
      }
    }
  }

  /** Says that a field is wrong. */
  public FilterConfigException wrong(String name, String expected) {
    Value value = struct.getFieldsOrDefault(name, Value.getDefaultInstance());
    String shown =
        switch (value.getKindCase()) {
          case STRING_VALUE -> value.getStringValue();
          case NUMBER_VALUE -> Double.toString(value.getNumberValue());
          case BOOL_VALUE -> Boolean.toString(value.getBoolValue());
          case STRUCT_VALUE, LIST_VALUE, NULL_VALUE, KIND_NOT_SET -> "another value";
        };
    return new FilterConfigException(SetFields.at(path, name), shown, expected);
  }

  private boolean has(String name) {
    known.add(name);
    return struct.containsFields(name);
  }
}
