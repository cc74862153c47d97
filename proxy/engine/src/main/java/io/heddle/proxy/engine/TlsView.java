package io.heddle.proxy.engine;

import io.heddle.proxy.api.CertificateInfo;
import java.util.List;

/**
 * The certificates that one filter chain or cluster has.
 *
 * @param owner for example {@code listener in}
 * @param certificates our own, each chain's leaf first
 * @param authorities that peers are held to
 */
public record TlsView(
    String owner, List<CertificateInfo> certificates, List<CertificateInfo> authorities) {
  /** Copies. */
  public TlsView {
    certificates = List.copyOf(certificates);
    authorities = List.copyOf(authorities);
  }
}
