package io.heddle.proxy.api;

import java.time.Instant;
import java.util.List;

/** A certificate, as far as logs, headers and policies look at it. Immutable. */
public interface CertificateInfo {
  /** Distinguished name (RFC 2253). */
  String subject();

  /** Distinguished name of who signed it (RFC 2253). */
  String issuer();

  /** Serial number in lower-case hex. */
  String serial();

  /** SHA-256 of the certificate in lower-case hex. */
  String sha256();

  /** SHA-1 of the certificate in lower-case hex. */
  String sha1();

  /** URI names, such as {@code spiffe://…}. */
  List<String> uriSans();

  /** DNS names. */
  List<String> dnsSans();

  /** IP addresses. */
  List<String> ipSans();

  /** Mail addresses. */
  List<String> emailSans();

  /** From when on it is valid. */
  Instant notBefore();

  /** Until when it is valid. */
  Instant notAfter();

  /** The certificate in PEM, with a line feed at its end. */
  String pem();

  /** The same as it may stand in a header or a line of a log: escaped as in a URL. */
  default String urlEncodedPem() {
    return pem()
        .replace("\n", "%0A")
        .replace(" ", "%20")
        .replace("+", "%2B")
        .replace("/", "%2F")
        .replace("=", "%3D");
  }
}
