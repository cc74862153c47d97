package io.heddle.cli.envoy;

import java.util.regex.Pattern;

/**
 * Where something listens.
 *
 * @param host an IP literal (IPv6 without brackets) or a DNS name
 * @param port 0 to 65535
 */
public record HostPort(String host, int port) {
  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._:%-]{1,253}");

  public HostPort {
    if (!HOST.matcher(host).matches()) {
      throw new IllegalArgumentException(host + " (expected: an IP address or a host name)");
    }
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException(port + " (expected: a port, 0 to 65535)");
    }
  }

  /** Reads {@code host:port} or {@code [ipv6]:port}. */
  public static HostPort parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon <= 0) {
      throw new IllegalArgumentException(text + " (expected: HOST:PORT)");
    }
    String host = text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    try {
      return new HostPort(host, Integer.parseInt(text.substring(colon + 1)));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(text + " (expected: HOST:PORT)", e);
    }
  }

  public boolean literal() {
    return host.contains(":") || host.matches("[0-9.]+");
  }

  @Override
  public String toString() {
    return host.contains(":") ? "[" + host + "]:" + port : host + ":" + port;
  }
}
