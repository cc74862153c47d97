package io.heddle.proxy.api;

/** The head of a request. Setters check their value as {@link HeaderMap} does. */
public interface RequestHeaders extends HeaderMap {
  /** The method, as sent: {@code GET}. */
  String method();

  /** Path and query: {@code /a?b=c}; {@code *} for {@code OPTIONS *}. */
  String path();

  /** Host and optional port, from the absolute form or {@code Host}. May be empty (HTTP/1.0). */
  String authority();

  /** {@code http} or {@code https}. */
  String scheme();

  /** Changes the method. */
  void method(String method);

  /** Changes path and query; must begin with {@code /} or be {@code *}. */
  void path(String path);

  /** Changes the authority. */
  void authority(String authority);
}
