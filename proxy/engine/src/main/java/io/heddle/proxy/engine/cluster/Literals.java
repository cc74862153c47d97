package io.heddle.proxy.engine.cluster;

import io.heddle.xds.model.SocketEndpoint;
import java.net.InetSocketAddress;

/** Addresses written as IP literals, which are never looked up. */
public final class Literals {
  private Literals() {}

  /**
   * The socket address that this literal means.
   *
   * @throws IllegalArgumentException where it is a name
   */
  public static InetSocketAddress address(SocketEndpoint endpoint) {
    return Cluster.literal(endpoint.address(), endpoint.port());
  }
}
