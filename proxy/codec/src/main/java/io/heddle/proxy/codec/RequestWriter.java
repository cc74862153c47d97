package io.heddle.proxy.codec;

import io.netty.buffer.ByteBuf;

/** Writes heads of requests, always as HTTP/1.1. Stateless. */
public final class RequestWriter {
  private static final byte[] VERSION = Field.ascii(" HTTP/1.1\r\n");
  private static final byte[] HOST = Field.ascii("host: ");

  private RequestWriter() {}

  /**
   * Appends the head in origin form, {@code host} first, then the lines as they came or were
   * changed, then framing and connection as told here. The head may be written again, for a retry.
   *
   * @param framing not {@link Framing#UNTIL_CLOSE}
   * @param contentLength the body's length for {@link Framing#LENGTH}, ignored otherwise
   * @return how many of the bytes are field lines
   * @throws IllegalArgumentException where the head has no method or path
   */
  public static int write(
      RequestHead head,
      Framing framing,
      long contentLength,
      ConnectionOption connection,
      ByteBuf out) {
    if (framing == Framing.UNTIL_CLOSE) {
      throw new IllegalArgumentException("framing: UNTIL_CLOSE (expected: one that requests have)");
    }
    int methodLength = head.methodEnd() - head.methodOffset();
    boolean authorityForm = head.pathLength() == 0 && head.methodIs("CONNECT");
    if (methodLength == 0 || (head.pathLength() == 0 && !authorityForm)) {
      throw new IllegalArgumentException("head: no method or no path");
    }
    byte[] bytes = head.bytes;
    out.ensureWritable(
        methodLength
            + head.pathLength()
            + 2 * head.authorityLength()
            + head.byteSize()
            + 4 * head.size()
            + HeadWriter.OVERHEAD);
    if (authorityForm) {
      head.writeMethod(out);
      out.writeByte(' ');
      head.writeAuthority(out);
    } else if (head.methodEnd() + 1 == head.pathOffset()) {
      // As it came: method, space and target lie side by side.
      out.writeBytes(bytes, head.methodOffset(), methodLength + 1 + head.pathLength());
    } else {
      head.writeMethod(out);
      out.writeByte(' ');
      head.writePath(out);
    }
    out.writeBytes(VERSION);
    int fields = out.writerIndex();
    out.writeBytes(HOST);
    head.writeAuthority(out);
    out.writeShort(HeadWriter.CRLF);
    HeadWriter.lines(head, out);
    HeadWriter.framing(framing, contentLength, out);
    HeadWriter.connection(connection, head, head.upgrade, head.upgradeEnd, out);
    int end = out.writerIndex();
    out.writeShort(HeadWriter.CRLF);
    return end - fields;
  }
}
