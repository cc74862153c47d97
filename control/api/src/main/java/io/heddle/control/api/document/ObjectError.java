package io.heddle.control.api.document;

/**
 * One thing that is wrong with a document.
 *
 * @param line from 1; of the field where it is there, else of what should hold it
 * @param object {@code HTTPRoute default/catalog}, as far as it could be read
 * @param field the path of the field, such as {@code spec.rules[0].backendRefs[1].port}; empty for
 *     the document as a whole
 * @param offending what is there
 * @param expected what should be
 */
public record ObjectError(
    String file, int line, String object, String field, String offending, String expected) {
  /** For people: {@code shop.yaml:12: HTTPRoute default/web: spec.x: "y" (expected: z)}. */
  @Override
  public String toString() {
    return "%s:%d: %s%s%s (expected: %s)"
        .formatted(
            file,
            line,
            object.isEmpty() ? "" : object + ": ",
            field.isEmpty() ? "" : field + ": ",
            offending,
            expected);
  }
}
