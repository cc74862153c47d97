package io.heddle.xds.model.parse;

import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.heddle.xds.model.CidrRange;
import io.heddle.xds.model.SocketEndpoint;
import java.net.InetAddress;
import java.util.Optional;

/** Reads addresses. */
final class AddressReader {

  private static final SocketEndpoint NOWHERE = new SocketEndpoint("0.0.0.0", 0);

  private AddressReader() {}

  /** An IP address and a port. */
  static SocketEndpoint ip(
      boolean set, Address address, int leastPort, Path path, Findings findings) {
    return read(set, address, leastPort, false, path, findings);
  }

  /** An IP address or a host name, and a port. */
  static SocketEndpoint host(
      boolean set, Address address, int leastPort, Path path, Findings findings) {
    return read(set, address, leastPort, true, path, findings);
  }

  private static SocketEndpoint read(
      boolean set, Address address, int leastPort, boolean names, Path path, Findings findings) {
    if (!set || !address.hasSocketAddress()) {
      // The guard has named internal addresses already.
      if (address.hasPipe()) {
        findings.refuse(path.field("pipe"), "a value");
      } else if (address.getAddressCase() == Address.AddressCase.ADDRESS_NOT_SET) {
        findings.error(path, "no address", "a socket_address");
      }
      return NOWHERE;
    }
    return socket(
        address.getSocketAddress(), leastPort, names, path.field("socket_address"), findings);
  }

  /** An IP address and a port, without the message round them. */
  static SocketEndpoint socket(SocketAddress socket, int leastPort, Path here, Findings findings) {
    return socket(socket, leastPort, false, here, findings);
  }

  /** An IP address or a host name, and a port, without the message round them. */
  static SocketEndpoint named(SocketAddress socket, int leastPort, Path here, Findings findings) {
    return socket(socket, leastPort, true, here, findings);
  }

  private static SocketEndpoint socket(
      SocketAddress socket, int leastPort, boolean names, Path here, Findings findings) {
    if (socket.getProtocol() != SocketAddress.Protocol.TCP) {
      findings.refuse(here.field("protocol"), socket.getProtocol().name());
    }
    int port = 0;
    if (socket.getPortSpecifierCase() == SocketAddress.PortSpecifierCase.PORT_VALUE) {
      port =
          findings.bounded(
              true, socket.getPortValue(), 0, leastPort, 65_535, here.field("port_value"));
    } else if (socket.getPortSpecifierCase()
        == SocketAddress.PortSpecifierCase.PORTSPECIFIER_NOT_SET) {
      findings.error(here.field("port_value"), "no port", leastPort + " to 65535");
    }
    String text = socket.getAddress();
    if (literal(text).isEmpty() && !(names && isHostName(text))) {
      findings.error(
          here.field("address"),
          text.isEmpty() ? "an empty string" : text,
          names ? "an IP address or a host name" : "an IP address");
    }
    return new SocketEndpoint(text, port);
  }

  /** An IP address and a port, or a unix socket. */
  static SocketEndpoint ipOrPipe(
      boolean set, Address address, int leastPort, Path path, Findings findings) {
    return set && address.hasPipe()
        ? pipe(address, path, findings)
        : ip(set, address, leastPort, path, findings);
  }

  private static SocketEndpoint pipe(Address address, Path path, Findings findings) {
    String name = address.getPipe().getPath();
    Path here = path.field("pipe").field("path");
    // The kernel's structure has 108 bytes, of which one ends the path.
    int size = name.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
    if (!(name.startsWith("/") || name.startsWith("@")) || size < 2 || size > 107) {
      findings.error(
          here,
          name.isEmpty() ? "an empty string" : name,
          "an absolute path, or @ and a name, of at most 107 bytes");
      return NOWHERE;
    }
    return new SocketEndpoint(name, 0);
  }

  /** The permissions of a unix socket; 0 where none are given. */
  static int pipeMode(Address address, Path path, Findings findings) {
    return findings.bounded(
        address.getPipe().getMode() != 0,
        address.getPipe().getMode(),
        0,
        0,
        0777,
        path.field("pipe").field("mode"));
  }

  static Optional<CidrRange> cidr(
      io.envoyproxy.envoy.config.core.v3.CidrRange range, Path path, Findings findings) {
    return cidr(range.getAddressPrefix(), range.getPrefixLen().getValue(), path, findings);
  }

  static Optional<CidrRange> cidr(String prefix, int bits, Path path, Findings findings) {
    Optional<byte[]> address = literal(prefix);
    if (address.isEmpty()) {
      findings.error(path.field("address_prefix"), prefix, "an IP address");
      return Optional.empty();
    }
    int most = address.get().length * 8;
    int length = findings.bounded(true, bits, 0, 0, most, path.field("prefix_len"));
    return Optional.of(new CidrRange(address.get(), length));
  }

  /** The bytes of an IP literal; never looks a name up. */
  private static Optional<byte[]> literal(String text) {
    boolean v6 = text.indexOf(':') >= 0;
    if (text.length() > 45 || text.indexOf('%') >= 0 || (!v6 && !isDottedQuad(text))) {
      return Optional.empty();
    }
    try {
      return Optional.of(InetAddress.ofLiteral(text).getAddress());
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  private static boolean isDottedQuad(String text) {
    int dots = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '.') {
        dots++;
      } else if (c < '0' || c > '9') {
        return false;
      }
    }
    return dots == 3;
  }

  private static boolean isHostName(String text) {
    if (text.isEmpty() || text.length() > 253) {
      return false;
    }
    boolean letter = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      letter |= (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      boolean allowed =
          c < 128 && (Character.isLetterOrDigit(c) || c == '-' || c == '.' || c == '_');
      if (!allowed) {
        return false;
      }
    }
    return letter;
  }
}
