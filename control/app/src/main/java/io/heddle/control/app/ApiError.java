package io.heddle.control.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.control.api.document.ObjectError;

/**
 * One error as the REST API says it.
 *
 * @param line from 1; zero where there is none
 */
record ApiError(
    Code code,
    String file,
    int line,
    String object,
    String field,
    String offending,
    String expected,
    String message) {
  /** What kind of error it is; each is documented with cause, mend and example. */
  enum Code {
    /** A field holds what it must not hold. */
    FIELD("HDL-1001"),
    /** A document cannot be read, or is no object of a kind that is known. */
    DOCUMENT("HDL-1002"),
    /** The object is no longer as the writer saw it. */
    CONFLICT("HDL-1003"),
    /** There is no such object, kind or path. */
    NOT_FOUND("HDL-1004"),
    /** The request itself is wrong: its method, size, headers or query. */
    REQUEST("HDL-1005"),
    /** The store could not do its work. */
    STORE("HDL-1006"),
    /** A bug; the log of the control plane holds the rest. */
    INTERNAL("HDL-1007"),
    /** The history does not reach back so far. */
    FORGOTTEN("HDL-1008"),
    /** The caller did not say who it is, or may not do this. */
    ACCESS("HDL-1009"),
    /** A rollout is in the way, or cannot do what is asked of it. */
    ROLLOUT("HDL-1010");

    private final String text;

    Code(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }

  static ApiError of(Code code, String message) {
    return new ApiError(code, "", 0, "", "", "", "", message);
  }

  static ApiError of(ObjectError error) {
    return new ApiError(
        error.field().isEmpty() ? Code.DOCUMENT : Code.FIELD,
        error.file(),
        error.line(),
        error.object(),
        error.field(),
        error.offending(),
        error.expected(),
        error.offending() + " (expected: " + error.expected() + ")");
  }

  static ApiError about(Code code, String object, String offending, String expected) {
    return new ApiError(
        code,
        "",
        0,
        object,
        "",
        offending,
        expected,
        object + ": " + offending + " (expected: " + expected + ")");
  }

  void writeTo(ObjectNode out) {
    out.put("code", code.text)
        .put("file", file)
        .put("line", line)
        .put("object", object)
        .put("field", field)
        .put("offending", offending)
        .put("expected", expected)
        .put("message", message);
  }
}
