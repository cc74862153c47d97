package io.heddle.proxy.engine.tls;

import java.util.List;

/**
 * What a connection to a host offers by ALPN, where the cluster's configuration does not say it.
 */
public enum AlpnOffer {
  /** Nothing: it is not HTTP. */
  NONE,
  /** What the cluster speaks; HTTP/1.1 where that is what clients do. */
  HTTP,
  /** HTTP/2, of a cluster that speaks what clients do. */
  HTTP2;

  /**
   * The protocols of a cluster's offers.
   *
   * @param http of {@link #HTTP}
   * @param http2 of {@link #HTTP2}; empty where that is never offered
   */
  public record Protocols(List<String> http, List<String> http2) {
    public Protocols {
      http = List.copyOf(http);
      http2 = List.copyOf(http2);
    }
  }
}
