package io.heddle.proxy.codec;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** Writes heads of responses, and whole responses of our own, as HTTP/1.1. Stateless. */
public final class ResponseWriter {
  private static final byte[] CONTINUE = Field.ascii("HTTP/1.1 100 Continue\r\n\r\n");
  private static final byte[] PLAIN = Field.ascii("content-type: text/plain\r\n");

  private static final byte[] DATE = Field.ascii("date: ");
  private static final byte[] SERVER = Field.ascii("server: ");

  private ResponseWriter() {}

  /**
   * Appends the head: the lines as they came or were changed, then framing and connection as told
   * here. A body that ends with the connection always says {@code connection: close}.
   *
   * @param contentLength the body's length for {@link Framing#LENGTH}. For {@link Framing#NONE},
   *     what the body would have had (a response to HEAD, or a 304), or -1 to say nothing
   * @return how many of the bytes are field lines
   */
  public static int write(
      ResponseHead head,
      Framing framing,
      long contentLength,
      ConnectionOption connection,
      ByteBuf out) {
    byte[] line = StatusText.line(head.status());
    out.ensureWritable(line.length + head.byteSize() + 4 * head.size() + HeadWriter.OVERHEAD);
    out.writeBytes(line);
    int fields = out.writerIndex();
    HeadWriter.lines(head, out);
    if (framing == Framing.NONE) {
      if (contentLength >= 0 && head.status() >= 200 && head.status() != 204) {
        HeadWriter.length(contentLength, out);
      }
    } else {
      HeadWriter.framing(framing, contentLength, out);
    }
    HeadWriter.connection(
        framing == Framing.UNTIL_CLOSE && connection != ConnectionOption.UPGRADE
            ? ConnectionOption.CLOSE
            : connection,
        head,
        head.upgrade,
        head.upgradeEnd,
        out);
    int end = out.writerIndex();
    out.writeShort(HeadWriter.CRLF);
    return end - fields;
  }

  /** Appends {@code 100 Continue}. */
  public static void writeContinue(ByteBuf out) {
    out.writeBytes(CONTINUE);
  }

  /**
   * Appends a whole response for a request that has no exchange, such as one that could not be
   * parsed.
   *
   * @param status 200 to 599
   * @param body text, UTF-8; may be empty
   * @param withBody whether the body itself is sent, which it is not to a HEAD
   * @param date the time now as HTTP writes it
   * @param server our name; empty for none
   * @return how many of the bytes are field lines
   */
  public static int writeWhole(
      int status,
      String body,
      boolean withBody,
      ConnectionOption connection,
      String date,
      String server,
      ByteBuf out) {
    if (status < 200 || status > 599) {
      throw new IllegalArgumentException("status: " + status + " (expected: 200 to 599)");
    }
    byte[] content = body.getBytes(StandardCharsets.UTF_8);
    out.writeBytes(StatusText.line(status));
    int fields = out.writerIndex();
    if (content.length > 0) {
      out.writeBytes(PLAIN);
    }
    HeadWriter.length(content.length, out);
    line(DATE, date, out);
    if (!server.isEmpty()) {
      line(SERVER, server, out);
    }
    HeadWriter.connection(connection, out);
    int end = out.writerIndex();
    out.writeShort(HeadWriter.CRLF);
    if (withBody) {
      out.writeBytes(content);
    }
    return end - fields;
  }

  private static void line(byte[] name, String value, ByteBuf out) {
    out.writeBytes(name);
    out.writeCharSequence(value, StandardCharsets.US_ASCII);
    out.writeShort(HeadWriter.CRLF);
  }

  /** The reason phrase that goes with a status; "Unknown" where there is none. */
  public static String reason(int status) {
    return StatusText.reason(status);
  }
}
