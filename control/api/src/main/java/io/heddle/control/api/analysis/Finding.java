package io.heddle.control.api.analysis;

import io.heddle.control.api.resource.ObjectKey;

/**
 * One thing that was found.
 *
 * @param field the path of the field, such as {@code spec.rules[0].backendRefs[1]}; empty for the
 *     object as a whole
 * @param message the cause
 */
public record Finding(FindingCode code, ObjectKey object, String field, String message) {
  /** Whether a write that brings it is refused. */
  public boolean refuses() {
    return code.severity() == FindingCode.Severity.ERROR;
  }

  /** For people: {@code HDL-4001 HTTPRoute default/web: spec.x: cause}. */
  @Override
  public String toString() {
    return "%s %s: %s%s"
        .formatted(code.code(), object, field.isEmpty() ? "" : field + ": ", message);
  }
}
