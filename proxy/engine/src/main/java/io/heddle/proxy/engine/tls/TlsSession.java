package io.heddle.proxy.engine.tls;

import io.heddle.proxy.api.CertificateInfo;
import io.heddle.proxy.api.TlsInfo;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.internal.tcnative.SSL;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/** What a handshake agreed on. Immutable. */
record TlsSession(
    String version,
    String cipher,
    String sessionId,
    boolean resumed,
    Optional<CertificateInfo> local,
    List<ParsedCertificate> peerChain,
    boolean peerValidated)
    implements TlsInfo {

  /** Reads a finished handshake. On the loop of its connection. */
  static TlsSession of(
      ReferenceCountedOpenSslEngine engine, PeerVerifier verifier, boolean server) {
    SSLSession session = engine.getSession();
    List<X509Certificate> presented = new ArrayList<>();
    List<ParsedCertificate> chain = new ArrayList<>();
    try {
      for (Certificate certificate : session.getPeerCertificates()) {
        X509Certificate read = ParsedCertificate.jdk((X509Certificate) certificate);
        presented.add(read);
        chain.add(ParsedCertificate.of(read));
      }
    } catch (SSLPeerUnverifiedException _) {
      // None was presented.
    } catch (CertificateException _) {
      chain.clear();
    }
    boolean validated = !chain.isEmpty() && verifier.config().verifies();
    if (validated && verifier.config().acceptUntrusted()) {
      validated = verifier.validates(presented, server);
    }
    Certificate[] own = session.getLocalCertificates();
    Optional<CertificateInfo> local =
        own == null || own.length == 0
            ? Optional.empty()
            : Optional.of(ParsedCertificate.of((X509Certificate) own[0]));
    long pointer = engine.sslPointer();
    String cipher = pointer == 0 ? "" : SSL.getCipherForSSL(pointer);
    byte[] id = session.getId();
    return new TlsSession(
        session.getProtocol(),
        cipher == null ? "" : cipher,
        id == null ? "" : HexFormat.of().formatHex(id),
        pointer != 0 && SSL.isSessionReused(pointer),
        local,
        List.copyOf(chain),
        validated);
  }
}
