package io.heddle.proxy.engine.tls;

import io.heddle.proxy.api.CertificateInfo;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.security.auth.x500.X500Principal;

/** A certificate, looked at on demand. Immutable but for what is remembered. */
final class ParsedCertificate implements CertificateInfo {
  private static final Map<String, String> NAMES =
      Map.of("1.2.840.113549.1.9.1", "emailAddress", "2.5.4.5", "serialNumber");
  private static final int MAIL = 1;
  private static final int DNS = 2;
  private static final int URI = 6;
  private static final int ADDRESS = 7;

  private final X509Certificate certificate;

  private ParsedCertificate(X509Certificate certificate) {
    this.certificate = certificate;
  }

  static ParsedCertificate of(X509Certificate certificate) {
    return new ParsedCertificate(certificate);
  }

  /** The JDK's own form of a certificate, whatever form it has. */
  static X509Certificate jdk(X509Certificate any) throws CertificateException {
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(any.getEncoded()));
  }

  X509Certificate certificate() {
    return certificate;
  }

  @Override
  public String subject() {
    return certificate.getSubjectX500Principal().getName(X500Principal.RFC2253, NAMES);
  }

  @Override
  public String issuer() {
    return certificate.getIssuerX500Principal().getName(X500Principal.RFC2253, NAMES);
  }

  @Override
  public String serial() {
    String hex = certificate.getSerialNumber().toString(16);
    return hex.length() % 2 == 0 ? hex : "0" + hex;
  }

  @Override
  public String sha256() {
    return digest("SHA-256", encoded());
  }

  @Override
  public String sha1() {
    return digest("SHA-1", encoded());
  }

  /** SHA-256 of the public key, in base 64. */
  String spki() {
    return Base64.getEncoder()
        .encodeToString(hash("SHA-256", certificate.getPublicKey().getEncoded()));
  }

  private byte[] encoded() {
    try {
      return certificate.getEncoded();
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException("a certificate that was read cannot be written", e);
    }
  }

  private static String digest(String algorithm, byte[] data) {
    return HexFormat.of().formatHex(hash(algorithm, data));
  }

  static byte[] hash(String algorithm, byte[] data) {
    try {
      return MessageDigest.getInstance(algorithm).digest(data);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public List<String> uriSans() {
    return names(URI);
  }

  @Override
  public List<String> dnsSans() {
    return names(DNS);
  }

  @Override
  public List<String> ipSans() {
    return names(ADDRESS);
  }

  @Override
  public List<String> emailSans() {
    return names(MAIL);
  }

  private List<String> names(int kind) {
    Collection<List<?>> all;
    try {
      all = certificate.getSubjectAlternativeNames();
    } catch (CertificateParsingException _) {
      return List.of();
    }
    if (all == null) {
      return List.of();
    }
    List<String> found = new ArrayList<>();
    for (List<?> name : all) {
      if (name.get(0) instanceof Integer type && type == kind && name.get(1) instanceof String s) {
        found.add(s);
      }
    }
    return found;
  }

  /** The common name of the subject; empty for none. */
  String commonName() {
    for (String part : subject().split(",", -1)) {
      if (part.startsWith("CN=")) {
        return part.substring(3);
      }
    }
    return "";
  }

  @Override
  public Instant notBefore() {
    return certificate.getNotBefore().toInstant();
  }

  @Override
  public Instant notAfter() {
    return certificate.getNotAfter().toInstant();
  }

  @Override
  public String pem() {
    return "-----BEGIN CERTIFICATE-----\n"
        + Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
            .encodeToString(encoded())
        + "\n-----END CERTIFICATE-----\n";
  }
}
