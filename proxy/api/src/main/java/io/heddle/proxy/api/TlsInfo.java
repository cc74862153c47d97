package io.heddle.proxy.api;

import java.util.List;
import java.util.Optional;

/** What was agreed on for a TLS connection. Immutable. */
public interface TlsInfo {
  /** {@code TLSv1.3}, {@code TLSv1.2}. */
  String version();

  /** The cipher suite in OpenSSL's name. */
  String cipher();

  /** The session's id in lower-case hex; empty where it has none. */
  String sessionId();

  /** Whether an earlier session was resumed. */
  boolean resumed();

  /** Our own certificate; empty for a client without one. */
  Optional<CertificateInfo> local();

  /** The peer's certificates, its own first; empty where it has presented none. */
  List<? extends CertificateInfo> peerChain();

  /** Whether the peer has presented a certificate and it was found to be trusted. */
  boolean peerValidated();

  /** The peer's own certificate; empty where it has presented none. */
  default Optional<CertificateInfo> peer() {
    return peerChain().isEmpty() ? Optional.empty() : Optional.of(peerChain().getFirst());
  }
}
