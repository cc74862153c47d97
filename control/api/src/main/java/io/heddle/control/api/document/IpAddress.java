package io.heddle.control.api.document;

import java.net.Inet4Address;
import java.net.Inet6Address;

/** Tells IP address literals; never asks a name server. */
final class IpAddress {
  private IpAddress() {}

  static boolean isLiteral(String text) {
    return text.indexOf(':') >= 0 ? isV6(text) : isV4(text);
  }

  private static boolean isV4(String text) {
    String[] parts = text.split("\\.", -1);
    if (parts.length != 4) {
      return false;
    }
    for (String part : parts) {
      if (part.isEmpty()
          || part.length() > 3
          || !part.chars().allMatch(c -> c >= '0' && c <= '9')
          || (part.length() > 1 && part.charAt(0) == '0')
          || Integer.parseInt(part) > 255) {
        return false;
      }
    }
    return Inet4Address.ofLiteral(text) != null;
  }

  private static boolean isV6(String text) {
    if (text.length() > 45 || text.indexOf('%') >= 0 || text.indexOf('[') >= 0) {
      return false;
    }
    try {
      return Inet6Address.ofLiteral(text) != null;
    } catch (IllegalArgumentException _) {
      return false; // the caller names the text and what was expected
    }
  }
}
