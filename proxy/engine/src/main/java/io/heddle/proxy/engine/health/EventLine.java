package io.heddle.proxy.engine.health;

/** Writes one event as a JSON object in one line, field by field. Owned by one thread. */
final class EventLine {
  private final StringBuilder out = new StringBuilder(256).append('{');

  EventLine text(String name, String value) {
    name(name).append('"');
    escape(value);
    out.append('"');
    return this;
  }

  EventLine number(String name, long value) {
    name(name).append(value);
    return this;
  }

  EventLine flag(String name, boolean value) {
    name(name).append(value);
    return this;
  }

  /** Begins an object, which {@link #end} ends. */
  EventLine object(String name) {
    name(name).append('{');
    return this;
  }

  EventLine end() {
    out.append('}');
    return this;
  }

  private StringBuilder name(String name) {
    if (out.charAt(out.length() - 1) != '{') {
      out.append(',');
    }
    return out.append('"').append(name).append("\":");
  }

  private void escape(String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ') {
        out.append("\\u00").append(Character.forDigit(c >> 4, 16));
        out.append(Character.forDigit(c & 15, 16));
      } else {
        out.append(c);
      }
    }
  }

  /** The line. */
  String done() {
    return out.append('}').toString();
  }
}
