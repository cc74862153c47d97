package io.heddle.xds.model;

/** A network filter: one that the engine brings itself, or an extension found by type URL. */
public sealed interface NetworkFilterConfig
    permits HttpConnectionManagerConfig, TcpProxyConfig, ExtensionConfig {

  /** The name that the configuration gives to the filter. */
  String name();
}
