package io.heddle.proxy.codec;

import org.jspecify.annotations.Nullable;

/** One field line (RFC 9112, 5): checked, its name lower-cased in place, entered in the table. */
final class FieldLine {
  private FieldLine() {}

  /** Reads the line from {@code start} to the CR at {@code end}; what is wrong with it, or null. */
  static @Nullable Violation parse(Head head, int start, int end) {
    byte[] bytes = head.bytes;
    int i = start;
    // The CR at the end is no token character, so that the loop ends there at the latest.
    for (byte lower = Chars.token(bytes[i]); lower != 0; lower = Chars.token(bytes[i])) {
      bytes[i++] = lower;
    }
    if (bytes[i] != ':' || i == start) {
      return badName(head, bytes, start, i, end);
    }
    int value = i + 1;
    while (value < end && Chars.blank(bytes[value])) {
      value++;
    }
    int valueEnd = end;
    while (valueEnd > value && Chars.blank(bytes[valueEnd - 1])) {
      valueEnd--;
    }
    int control = ByteScan.indexOfControl(bytes, value, valueEnd);
    if (control >= 0) {
      return switch (bytes[control]) {
        case 0 -> Violation.VALUE_NUL;
        case '\r' -> Violation.BARE_CR;
        default -> Violation.VALUE_CONTROL;
      };
    }
    int field = Field.of(bytes, start, i);
    boolean plain = value == i + 2 && bytes[i + 1] == ' ' && valueEnd == end;
    head.repeated |= head.seen & field;
    head.seen |= field;
    head.line(start, i, value, valueEnd, plain ? field | Head.VERBATIM : field);
    return null;
  }

  private static Violation badName(Head head, byte[] bytes, int start, int at, int end) {
    if (at == start) {
      if (Chars.blank(bytes[start])) {
        return head.count == 0 ? Violation.SPACE_BEFORE_FIRST_FIELD : Violation.OBS_FOLD;
      }
      if (bytes[start] == ':') {
        return Violation.NAME_EMPTY;
      }
    }
    if (at == end) {
      return Violation.COLON_MISSING;
    }
    return switch (bytes[at]) {
      case ' ', '\t' -> afterBlank(bytes, at, end);
      case '\r' -> Violation.BARE_CR;
      default -> Violation.NAME_INVALID;
    };
  }

  private static Violation afterBlank(byte[] bytes, int at, int end) {
    int i = at;
    while (i < end && Chars.blank(bytes[i])) {
      i++;
    }
    return i < end && bytes[i] == ':' ? Violation.SPACE_BEFORE_COLON : Violation.COLON_MISSING;
  }
}
