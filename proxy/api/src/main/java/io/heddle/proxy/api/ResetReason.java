package io.heddle.proxy.api;

/** Why an exchange ended before its response was whole. */
public enum ResetReason {
  /** The client closed its connection or reset the stream. */
  DOWNSTREAM_GONE,
  /** The upstream closed or reset after the response had begun. */
  UPSTREAM_GONE,
  /** A timeout passed after the response had begun. */
  TIMEOUT,
  /** The client broke the protocol. */
  DOWNSTREAM_PROTOCOL_ERROR,
  /** The upstream broke the protocol after the response had begun. */
  UPSTREAM_PROTOCOL_ERROR,
  /** A buffer limit was passed after the response had begun. */
  OVERFLOW,
  /** A filter asked for it. */
  FILTER,
  /** The proxy is going down. */
  SHUTDOWN
}
