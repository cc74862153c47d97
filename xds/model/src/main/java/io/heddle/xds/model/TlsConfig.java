package io.heddle.xds.model;

import java.util.ArrayList;
import java.util.List;

/**
 * What both sides of TLS have in common ({@code
 * envoy.extensions.transport_sockets.tls.v3.CommonTlsContext}).
 *
 * @param secretCertificates certificates that come by name, after those written here
 * @param validation of the peer; what comes by name is put on top
 * @param secretValidation none or one
 * @param alpn protocols offered or taken, the best first
 */
public record TlsConfig(
    Parameters parameters,
    List<TlsCertificateConfig> certificates,
    List<SecretRef> secretCertificates,
    TlsValidationConfig validation,
    List<SecretRef> secretValidation,
    List<String> alpn) {

  /** Versions of TLS. */
  public enum Version {
    /** TLS 1.2 as the least; TLS 1.3 as the latest of a server, 1.2 as that of a client. */
    AUTO,
    TLS_1_0,
    TLS_1_1,
    TLS_1_2,
    TLS_1_3
  }

  /**
   * {@code envoy.extensions.transport_sockets.tls.v3.TlsParameters}.
   *
   * @param ciphers in OpenSSL's names, for versions before 1.3; empty for the default
   * @param curves empty for the default
   */
  public record Parameters(
      Version least, Version latest, List<String> ciphers, List<String> curves) {
    /** Envoy's defaults. */
    public static final Parameters DEFAULT =
        new Parameters(Version.AUTO, Version.AUTO, List.of(), List.of());

    public Parameters {
      ciphers = List.copyOf(ciphers);
      curves = List.copyOf(curves);
    }
  }

  public TlsConfig {
    certificates = List.copyOf(certificates);
    secretCertificates = List.copyOf(secretCertificates);
    secretValidation = List.copyOf(secretValidation);
    alpn = List.copyOf(alpn);
  }

  /** All secrets that must be there before this serves. */
  public List<SecretRef> secrets() {
    List<SecretRef> all = new ArrayList<>(secretCertificates);
    all.addAll(secretValidation);
    return all;
  }
}
