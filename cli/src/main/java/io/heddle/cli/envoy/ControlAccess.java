package io.heddle.cli.envoy;

/**
 * How a foreign proxy or application speaks to the control plane; what is empty is not used.
 *
 * @param authority file with the certificates that are believed; TLS is spoken where it is named
 * @param tokenFile file that holds a token
 * @param token the token itself, for those who cannot read a file
 */
public record ControlAccess(String authority, String tokenFile, String token) {
  /** In plain text, which a control plane takes on loopback alone. */
  public static final ControlAccess PLAIN = new ControlAccess("", "", "");

  /** Without the token, which must not reach a log. */
  @Override
  public String toString() {
    return "ControlAccess[authority=" + authority + ", tokenFile=" + tokenFile + "]";
  }
}
