package io.heddle.proxy.codec;

/** What a writer says of the connection's future (RFC 9112, 9.3 and 9.6). */
public enum ConnectionOption {
  /** Nothing: an HTTP/1.1 connection persists. */
  NONE,
  /** {@code connection: close}. */
  CLOSE,
  /** {@code connection: keep-alive}, for a client of HTTP/1.0 that asked for it. */
  KEEP_ALIVE,
  /** {@code connection: upgrade}, and the protocol that the head names. */
  UPGRADE
}
