package io.heddle.proxy.engine.matcher;

import com.google.protobuf.Value;
import io.heddle.xds.model.ValueMatch;
import org.jspecify.annotations.Nullable;

/** Holds values of metadata against what they must be. */
public final class MetadataValues {
  private MetadataValues() {}

  /** Whether a value, null where there is none, passes. */
  public static boolean matches(ValueMatch match, @Nullable Value value) {
    return switch (match) {
      case ValueMatch.Null _ -> value != null && value.hasNullValue();
      case ValueMatch.Exactly number ->
          value != null && value.hasNumberValue() && value.getNumberValue() == number.value();
      case ValueMatch.Range range ->
          value != null
              && value.hasNumberValue()
              && value.getNumberValue() >= range.start()
              && value.getNumberValue() < range.end();
      case ValueMatch.Text text ->
          value != null && value.hasStringValue() && text.match().matches(value.getStringValue());
      case ValueMatch.Bool bool ->
          value != null && value.hasBoolValue() && value.getBoolValue() == bool.value();
      case ValueMatch.Present present ->
          present.present()
              == (value != null && value.getKindCase() != Value.KindCase.KIND_NOT_SET);
      case ValueMatch.OneOf list -> {
        if (value == null || !value.hasListValue()) {
          yield false;
        }
        for (int i = 0; i < value.getListValue().getValuesCount(); i++) {
          if (matches(list.match(), value.getListValue().getValues(i))) {
            yield true;
          }
        }
        yield false;
      }
      case ValueMatch.Or any -> {
        for (ValueMatch one : any.matches()) {
          if (matches(one, value)) {
            yield true;
          }
        }
        yield false;
      }
    };
  }
}
