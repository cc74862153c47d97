package io.heddle.xds.model.parse;

import java.util.Locale;
import java.util.regex.Pattern;

/** The names of protocols that a connection may be switched to. */
final class UpgradeNames {
  static final String CONNECT = "connect";
  private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9a-z/-]{1,64}");

  private UpgradeNames() {}

  /** The name in lower case. HTTP/2 is never switched to, and UDP is not carried. */
  static String read(String given, Path path, Findings findings) {
    String name = given.toLowerCase(Locale.ROOT);
    if (name.equals("connect-udp")) {
      findings.refuse(path, given);
    } else if (!TOKEN.matcher(name).matches() || name.equals("h2c")) {
      findings.error(path, given, "the name of a protocol such as websocket, not h2c");
    }
    return name;
  }
}
