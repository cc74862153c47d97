package io.heddle.proxy.engine.format;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** Writes JSON's strings. */
final class JsonText {
  private JsonText() {}

  /**
   * Reads the bytes and writes them between quotes. What is not valid UTF-8 becomes the replacement
   * character, so that the line stays JSON.
   */
  static void quoted(ByteBuf raw, ByteBuf out) {
    byte[] bytes = new byte[raw.readableBytes()];
    raw.readBytes(bytes);
    quoted(new String(bytes, StandardCharsets.UTF_8), out);
  }

  static void quoted(String text, ByteBuf out) {
    StringBuilder escaped = new StringBuilder(text.length() + 2).append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> escaped.append("\\\"");
        case '\\' -> escaped.append("\\\\");
        case '\n' -> escaped.append("\\n");
        case '\t' -> escaped.append("\\t");
        case '\r' -> escaped.append("\\r");
        default -> {
          if (c < 0x20) {
            escaped.append("\\u%04x".formatted((int) c));
          } else {
            escaped.append(c);
          }
        }
      }
    }
    out.writeCharSequence(escaped.append('"'), StandardCharsets.UTF_8);
  }
}
