package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.engine.loop.Addresses;
import io.heddle.xds.model.SocketEndpoint;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/** Addresses written as IP literals, which are never looked up. */
public final class Literals {
  private Literals() {}

  /**
   * The socket address that this literal means.
   *
   * @throws IllegalArgumentException where it is a name
   */
  public static InetSocketAddress address(SocketEndpoint endpoint) {
    return address(endpoint.address(), endpoint.port());
  }

  static InetSocketAddress address(String address, int port) {
    if (address.startsWith("/") || address.startsWith("@")) {
      return Addresses.pipe(address);
    }
    byte[] bytes = NetUtil.createByteArrayFromIpAddressString(address);
    if (bytes == null) {
      throw new IllegalArgumentException("address: \"" + address + "\" (expected: an IP literal)");
    }
    try {
      return new InetSocketAddress(InetAddress.getByAddress(bytes), port);
    } catch (UnknownHostException impossible) {
      throw new IllegalArgumentException("address: " + address, impossible);
    }
  }
}
