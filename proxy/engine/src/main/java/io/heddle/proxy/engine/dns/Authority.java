package io.heddle.proxy.engine.dns;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A host and a port, as clients name them.
 *
 * @param host a name in lower case, or an IP literal without brackets
 * @param key the same host and port always have the same
 */
record Authority(String host, int port, String key) {
  private static final int LONGEST = 253;

  /** By what a name is found; anything at all may be asked for. */
  static String key(String authority, int defaultPort) {
    String lower = authority.toLowerCase(Locale.ROOT);
    return portAt(lower) < 0 ? lower + ':' + defaultPort : lower;
  }

  /**
   * Reads an authority.
   *
   * @throws IllegalArgumentException where it cannot be looked up
   */
  static Authority of(String authority, int defaultPort) {
    String key = key(authority, defaultPort);
    int colon = portAt(key);
    if (colon < 0) {
      throw new IllegalArgumentException("authority: " + authority);
    }
    String host = key.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
      if (literal(host) == null) {
        throw new IllegalArgumentException("authority: " + authority);
      }
    }
    int port = 0;
    for (int i = colon + 1; i < key.length(); i++) {
      port = Math.min(65_536, port * 10 + key.charAt(i) - '0');
    }
    if (port < 1 || port > 65_535 || host.isEmpty() || host.length() > LONGEST) {
      throw new IllegalArgumentException("authority: " + authority);
    }
    if (literal(host) == null && !isName(host)) {
      throw new IllegalArgumentException("authority: " + authority);
    }
    return new Authority(host, port, key);
  }

  /** Where the colon before the port is; negative where there is no port. */
  private static int portAt(String authority) {
    int at = authority.length() - 1;
    while (at >= 0 && authority.charAt(at) >= '0' && authority.charAt(at) <= '9') {
      at--;
    }
    boolean port =
        at >= 0
            && at < authority.length() - 1
            && authority.charAt(at) == ':'
            // Of an IPv6 literal without brackets the last part is no port.
            && (authority.indexOf(':') == at || authority.charAt(at - 1) == ']');
    return port ? at : -1;
  }

  private static boolean isName(String host) {
    for (int i = 0; i < host.length(); i++) {
      char c = host.charAt(i);
      boolean allowed =
          (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
      if (!allowed) {
        return false;
      }
    }
    return !host.startsWith(".") && !host.contains("..");
  }

  /** The address that this is; null where it is none. Never looks anything up. */
  static @Nullable InetAddress literal(String host) {
    byte[] bytes = NetUtil.createByteArrayFromIpAddressString(host);
    try {
      return bytes == null ? null : InetAddress.getByAddress(bytes);
    } catch (UnknownHostException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
