package io.heddle.proxy.engine.tls;

import io.heddle.proxy.api.CertificateInfo;
import io.heddle.xds.model.DataRef;
import io.heddle.xds.model.SecretConfig;
import io.heddle.xds.model.SecretConfig.Content;
import io.heddle.xds.model.SecretRef;
import io.heddle.xds.model.TlsCertificateConfig;
import io.heddle.xds.model.TlsConfig;
import io.heddle.xds.model.TlsValidationConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The certificates and the validation that both sides of TLS are configured with, those of secrets
 * included.
 *
 * @param complete false where a secret is missing
 */
record TlsMaterial(
    List<TlsCertificateConfig> certificates, TlsValidationConfig validation, boolean complete) {

  /** Gathers it as it is now. */
  static TlsMaterial gather(TlsConfig common, Secrets secrets) {
    List<TlsCertificateConfig> certificates = new ArrayList<>(common.certificates());
    boolean complete = true;
    for (SecretRef ref : common.secretCertificates()) {
      if (content(ref, secrets) instanceof Content.Certificate certificate) {
        certificates.add(certificate.certificate());
      } else {
        complete = false;
      }
    }
    TlsValidationConfig validation = common.validation();
    for (SecretRef ref : common.secretValidation()) {
      if (content(ref, secrets) instanceof Content.Validation fetched) {
        validation = validation.merge(fetched.validation());
      } else {
        complete = false;
      }
    }
    return new TlsMaterial(certificates, validation, complete);
  }

  /** What a secret holds; null where it is missing. */
  static @Nullable Content content(SecretRef ref, Secrets secrets) {
    return secrets.get(ref.key()).map(SecretConfig::content).orElse(null);
  }

  /** The files that it is read from. */
  void addFiles(List<Path> watched) {
    for (TlsCertificateConfig certificate : certificates) {
      List<DataRef> parts =
          List.of(
              certificate.chain(), certificate.key(), certificate.pkcs12(), certificate.password());
      watched.addAll(FileWatch.paths(parts, certificate.watchedDirectory()));
    }
    watched.addAll(
        FileWatch.paths(
            List.of(validation.trustedCa(), validation.crl()), validation.watchedDirectory()));
  }

  /** Reads the certificates. */
  Identities identities(boolean requireSni, String at) throws BadMaterialException {
    List<Identity> own = new ArrayList<>();
    for (int i = 0; i < certificates.size(); i++) {
      own.add(Identity.load(certificates.get(i), at + "tls_certificates[" + i + "]"));
    }
    return new Identities(own, requireSni);
  }

  /**
   * Reads the authorities and lists of revoked certificates.
   *
   * @param stats counts what is refused; null where nothing is going to be
   */
  PeerVerifier verifier(@Nullable TlsStats stats, String at) throws BadMaterialException {
    return PeerVerifier.load(validation, at + "validation_context", stats);
  }

  /** The chains of certificates of our own. */
  static List<CertificateInfo> shown(Identities identities) {
    List<CertificateInfo> all = new ArrayList<>();
    identities
        .all()
        .forEach(identity -> identity.chain().forEach(one -> all.add(ParsedCertificate.of(one))));
    return all;
  }

  /** The authorities that peers are held to. */
  static List<CertificateInfo> shown(PeerVerifier verifier) {
    List<CertificateInfo> all = new ArrayList<>();
    verifier.authorities().forEach(one -> all.add(ParsedCertificate.of(one)));
    return all;
  }
}
