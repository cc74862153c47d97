package io.heddle.proxy.engine.tls;

import javax.net.ssl.SSLEngine;

/**
 * The names of one connection to a host.
 *
 * @param asked the server's name that is asked for (SNI); empty for none
 * @param demanded a name or address that the host's certificate must have; empty for none
 */
public record PeerNames(String asked, String demanded) {
  /** None. */
  public static final PeerNames NONE = new PeerNames("", "");

  /** Stands before all, so that it is never taken for a host's name and asked for. */
  private static final String MARK = "/";

  /** Separates the two; neither has it. */
  private static final char BETWEEN = ' ';

  /** Lets the names be found by {@link #demandedOf} and keeps sessions apart that have others. */
  String peerHost() {
    return MARK + demanded + BETWEEN + asked;
  }

  /** The name that the peer of this engine must have; empty for none. */
  static String demandedOf(SSLEngine engine) {
    String host = engine.getPeerHost();
    int end = host == null ? -1 : host.indexOf(BETWEEN);
    return end > 0 && host.startsWith(MARK) ? host.substring(MARK.length(), end) : "";
  }
}
