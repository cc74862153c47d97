package io.heddle.control.core.translate;

import java.util.regex.Pattern;

/**
 * An IP literal and a port, written {@code 127.0.0.1:80} or {@code [::1]:80}.
 *
 * @param port 1 to 65535
 */
public record HostPort(String address, int port) {
  private static final Pattern IPV4 =
      Pattern.compile("(?:(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)\\.){3}(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)");
  private static final Pattern IPV6_CHARACTERS =
      Pattern.compile("[0-9a-fA-F:]{2,39}(?:[0-9]{1,3}(?:\\.[0-9]{1,3}){3})?");

  /** Refuses what is not an IP literal or not a port. */
  public HostPort {
    if (!isIpLiteral(address)) {
      throw new IllegalArgumentException("\"" + address + "\" (expected: an IP address)");
    }
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException(port + " (expected: a port from 1 to 65535)");
    }
  }

  /** Reads the written form. */
  public static HostPort parse(String text) {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      host = "";
    }
    String port = text.substring(colon + 1);
    if (host.isEmpty() || port.isEmpty() || port.length() > 5 || !digits(port)) {
      throw new IllegalArgumentException(
          "\"" + shortened(text) + "\" (expected: ADDRESS:PORT, such as 127.0.0.1:8080)");
    }
    return new HostPort(host, Integer.parseInt(port));
  }

  /** Whether the text is an IPv4 or IPv6 address, without brackets or zone. */
  public static boolean isIpLiteral(String text) {
    if (IPV4.matcher(text).matches()) {
      return true;
    }
    if (text.indexOf(':') < 0 || text.length() > 45 || !IPV6_CHARACTERS.matcher(text).matches()) {
      return false;
    }
    try {
      // Only characters of an IPv6 literal are left, so that nothing is ever looked up.
      return java.net.InetAddress.ofLiteral(text).getAddress().length == 16;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static boolean digits(String text) {
    return text.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  static String shortened(String text) {
    String cut = text.length() > 100 ? text.substring(0, 100) + "..." : text;
    return cut.replaceAll("\\p{Cntrl}", "?");
  }

  @Override
  public String toString() {
    return address.indexOf(':') < 0 ? address + ":" + port : "[" + address + "]:" + port;
  }
}
