package io.heddle.xds.model;

/** What an extension of a listener is. */
public enum ExtensionKind {
  /** Sees the exchanges of an HTTP connection manager. */
  HTTP_FILTER("http_filter"),
  /** Sees the bytes of a connection. */
  NETWORK_FILTER("network_filter"),
  /** Sees the first bytes of a connection, before its chain is chosen. */
  LISTENER_FILTER("tcp_listener_filter");

  private final String statPrefix;

  ExtensionKind(String statPrefix) {
    this.statPrefix = statPrefix;
  }

  /** What stands in {@code extension_config_discovery.<prefix>.<name>}. */
  public String statPrefix() {
    return statPrefix;
  }
}
