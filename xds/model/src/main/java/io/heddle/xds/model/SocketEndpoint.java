package io.heddle.xds.model;

/**
 * An address and a TCP port, or the path of a unix socket.
 *
 * @param address an IP literal; a host name where it is said to be resolved; a path that begins
 *     with a slash, or an abstract name that begins with {@code @}
 * @param port 0 to 65535; 0 only where the system picks one, and for a unix socket
 */
public record SocketEndpoint(String address, int port) {
  public SocketEndpoint {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port " + port + ", expected 0 to 65535");
    }
  }

  /** Whether this is a unix socket. */
  public boolean isPipe() {
    return address.startsWith("/") || address.startsWith("@");
  }

  @Override
  public String toString() {
    if (isPipe()) {
      return address;
    }
    return address.indexOf(':') >= 0 ? "[" + address + "]:" + port : address + ":" + port;
  }
}
