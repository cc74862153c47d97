package io.heddle.xds.model;

/**
 * An address and a TCP port.
 *
 * @param address an IP literal; a host name where it is said to be resolved
 * @param port 0 to 65535; 0 only where the system picks one
 */
public record SocketEndpoint(String address, int port) {
  public SocketEndpoint {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port " + port + ", expected 0 to 65535");
    }
  }

  @Override
  public String toString() {
    return address.indexOf(':') >= 0 ? "[" + address + "]:" + port : address + ":" + port;
  }
}
