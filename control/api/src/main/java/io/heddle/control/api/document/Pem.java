package io.heddle.control.api.document;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Looks whether texts are certificates and keys in PEM (RFC 7468), and says nothing of keys. */
final class Pem {
  private static final Pattern KEY =
      Pattern.compile(
          "-----BEGIN ((?:RSA |EC )?PRIVATE KEY)-----([A-Za-z0-9+/=\\s]+)-----END \\1-----");
  private static final int MOST_CERTIFICATES = 200;

  private Pem() {}

  /** What is wrong with a text that should hold certificates. */
  static Optional<String> problemOfCertificates(String text) {
    try {
      Collection<? extends Certificate> all = certificates(text);
      if (all.isEmpty()) {
        return Optional.of("no certificate");
      }
      return all.size() > MOST_CERTIFICATES
          ? Optional.of(all.size() + " certificates, above " + MOST_CERTIFICATES)
          : Optional.empty();
    } catch (GeneralSecurityException _) {
      return Optional.of("no certificates in PEM");
    }
  }

  /** What is wrong with a chain and the key that should belong to its first certificate. */
  static Optional<String> problemOfPair(String certificates, String key) {
    Optional<String> problem = problemOfCertificates(certificates);
    if (problem.isPresent()) {
      return problem.map(words -> "tls.crt: " + words);
    }
    Matcher block = KEY.matcher(key);
    if (!block.find()) {
      return Optional.of("tls.key: no private key in PEM without a password");
    }
    try {
      PublicKey own = certificates(certificates).iterator().next().getPublicKey();
      byte[] der = Base64.getMimeDecoder().decode(block.group(2));
      PrivateKey read =
          KeyFactory.getInstance(own.getAlgorithm())
              .generatePrivate(new PKCS8EncodedKeySpec(pkcs8(block.group(1), der, own)));
      return belong(own, read)
          ? Optional.empty()
          : Optional.of("tls.key: the key of another certificate");
    } catch (GeneralSecurityException | IllegalArgumentException _) {
      return Optional.of("tls.key: no private key for a certificate of this algorithm");
    }
  }

  private static Collection<? extends Certificate> certificates(String text)
      throws GeneralSecurityException {
    return CertificateFactory.getInstance("X.509")
        .generateCertificates(new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII)));
  }

  private static boolean belong(PublicKey own, PrivateKey key) throws GeneralSecurityException {
    String algorithm =
        switch (own.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> own.getAlgorithm();
        };
    byte[] words = "whose key is it".getBytes(StandardCharsets.US_ASCII);
    try {
      Signature signing = Signature.getInstance(algorithm);
      signing.initSign(key);
      signing.update(words);
      Signature checking = Signature.getInstance(algorithm);
      checking.initVerify(own);
      checking.update(words);
      return checking.verify(signing.sign());
    } catch (InvalidKeyException _) {
      return false; // of another curve or size
    }
  }

  /** The older forms, PKCS 1 and SEC 1, within the envelope of PKCS 8 (RFC 5208). */
  private static byte[] pkcs8(String label, byte[] der, PublicKey own) {
    if (label.equals("PRIVATE KEY")) {
      return der;
    }
    // The algorithm of a public key is the first element of its own encoding (RFC 5280, 4.1).
    byte[] spki = own.getEncoded();
    int outer = spki[1] >= 0 ? 2 : 2 + (spki[1] & 0x7f);
    int length = 2 + spki[outer + 1];
    List<Byte> inner = new ArrayList<>(List.of((byte) 2, (byte) 1, (byte) 0));
    for (int i = outer; i < outer + length; i++) {
      inner.add(spki[i]);
    }
    append(inner, 4, der);
    byte[] body = new byte[inner.size()];
    for (int i = 0; i < body.length; i++) {
      body[i] = inner.get(i);
    }
    List<Byte> whole = new ArrayList<>();
    append(whole, 0x30, body);
    byte[] out = new byte[whole.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = whole.get(i);
    }
    return out;
  }

  private static void append(List<Byte> out, int tag, byte[] content) {
    out.add((byte) tag);
    if (content.length < 0x80) {
      out.add((byte) content.length);
    } else {
      out.add((byte) 0x82);
      out.add((byte) (content.length >> 8));
      out.add((byte) content.length);
    }
    for (byte b : content) {
      out.add(b);
    }
  }
}
