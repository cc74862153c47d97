package io.heddle.control.app;

import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Reads addresses to bind: {@code 127.0.0.1:7070}, {@code [::1]:7070}; port 0 takes a free one. */
final class SocketPlace {
  private SocketPlace() {}

  static InetSocketAddress parse(String option, String text) {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      throw refused(option, text);
    }
    try {
      int port = Integer.parseInt(text.substring(colon + 1));
      if (host.isEmpty() || port < 0 || port > 65_535) {
        throw refused(option, text);
      }
      InetAddress address =
          host.equals("localhost")
              ? InetAddress.ofLiteral("127.0.0.1")
              : InetAddress.ofLiteral(host);
      return new InetSocketAddress(address, port);
    } catch (IllegalArgumentException e) {
      throw refused(option, text);
    }
  }

  private static IllegalArgumentException refused(String option, String text) {
    return new IllegalArgumentException(
        option + ": \"" + text + "\" (expected: ADDRESS:PORT with an IP address)");
  }
}
