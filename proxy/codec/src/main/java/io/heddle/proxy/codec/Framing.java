package io.heddle.proxy.codec;

/** How the end of a message's body is found (RFC 9112, 6.3). */
public enum Framing {
  /** There is no body. */
  NONE,
  /** By {@code Content-Length}, which may be 0. */
  LENGTH,
  /** By the last chunk. */
  CHUNKED,
  /** By the end of the connection: responses only, and what follows an upgrade. */
  UNTIL_CLOSE
}
