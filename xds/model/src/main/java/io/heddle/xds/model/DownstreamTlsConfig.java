package io.heddle.xds.model;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * TLS towards clients ({@code envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext}).
 *
 * @param requireClientCertificate whether a client without one is refused; otherwise it is asked
 *     for one where {@code common} says what it must be
 * @param requireSni whether a client that names no server is refused
 */
public record DownstreamTlsConfig(
    TlsConfig common,
    boolean requireClientCertificate,
    boolean requireSni,
    Resumption resumption,
    boolean preferClientCiphers) {

  /**
   * How sessions are resumed.
   *
   * @param tickets whether without state, by tickets
   * @param ticketKeys of tickets, the one that new tickets get first; empty for keys of our own
   * @param secretTicketKeys none or one
   * @param stateful whether by a session that is kept here (TLS 1.2)
   * @param timeout how long a session lives; zero for the default
   */
  public record Resumption(
      boolean tickets,
      List<DataRef> ticketKeys,
      List<SecretRef> secretTicketKeys,
      boolean stateful,
      Duration timeout) {
    public Resumption {
      ticketKeys = List.copyOf(ticketKeys);
      secretTicketKeys = List.copyOf(secretTicketKeys);
    }
  }

  /** All secrets that must be there before this serves. */
  public List<SecretRef> secrets() {
    List<SecretRef> all = new ArrayList<>(common.secrets());
    all.addAll(resumption.secretTicketKeys());
    return all;
  }
}
