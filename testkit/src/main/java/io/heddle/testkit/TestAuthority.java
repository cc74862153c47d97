package io.heddle.testkit;

import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v2CRLBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A certificate authority for one test; its keys are made anew each time and never written down.
 */
public final class TestAuthority {
  private final KeyPair keys;
  private final X509Certificate certificate;

  private TestAuthority(KeyPair keys, X509Certificate certificate) {
    this.keys = keys;
    this.certificate = certificate;
  }

  /** A certificate and its key. */
  public record Issued(PrivateKey key, X509Certificate certificate) {
    /** The certificate in PEM. */
    public String certificatePem() {
      return pem("CERTIFICATE", encoded(certificate));
    }

    /** The key in PEM. */
    public String keyPem() {
      return pem("PRIVATE KEY", key.getEncoded());
    }
  }

  /** What a certificate is to be like. */
  public record Wish(
      String subject, List<GeneralName> names, Duration age, Duration life, boolean rsa) {
    /** Valid for a day, with an elliptic key and these DNS names, the first of which is its CN. */
    public static Wish dns(String... names) {
      List<GeneralName> all = new ArrayList<>();
      for (String name : names) {
        all.add(new GeneralName(GeneralName.dNSName, name));
      }
      return new Wish("CN=" + names[0], all, Duration.ofHours(1), Duration.ofDays(1), false);
    }

    /** Valid for a day, with an elliptic key and this URI name. */
    public static Wish uri(String uri) {
      return new Wish(
          "O=Test",
          List.of(new GeneralName(GeneralName.uniformResourceIdentifier, uri)),
          Duration.ofHours(1),
          Duration.ofDays(1),
          false);
    }

    /** With an RSA key. */
    public Wish withRsa() {
      return new Wish(subject, names, age, life, true);
    }

    /** Not valid any more. */
    public Wish expired() {
      return new Wish(subject, names, Duration.ofDays(2), Duration.ofDays(-1), rsa);
    }
  }

  /** A new one. */
  public static TestAuthority create(String name) {
    try {
      KeyPair keys = keys(false);
      Instant now = Instant.now();
      JcaX509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
              new X500Name("CN=" + name),
              serial(),
              Date.from(now.minus(Duration.ofDays(3))),
              Date.from(now.plus(Duration.ofDays(3))),
              new X500Name("CN=" + name),
              keys.getPublic());
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
      builder.addExtension(
          Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
      return new TestAuthority(keys, signed(builder, keys.getPrivate()));
    } catch (GeneralSecurityException | OperatorCreationException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Its certificate in PEM. */
  public String pem() {
    return pem("CERTIFICATE", encoded(certificate));
  }

  /** Its certificate. */
  public X509Certificate certificate() {
    return certificate;
  }

  /** Issues a certificate. */
  public Issued issue(Wish wish) {
    try {
      KeyPair subject = keys(wish.rsa());
      Instant now = Instant.now();
      JcaX509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
              new X500Name(certificate.getSubjectX500Principal().getName()),
              serial(),
              Date.from(now.minus(wish.age())),
              Date.from(now.plus(wish.life())),
              new X500Name(wish.subject()),
              subject.getPublic());
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
      builder.addExtension(
          Extension.extendedKeyUsage,
          false,
          new ExtendedKeyUsage(
              new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth}));
      builder.addExtension(
          Extension.subjectAlternativeName,
          false,
          new GeneralNames(wish.names().toArray(GeneralName[]::new)));
      return new Issued(subject.getPrivate(), signed(builder, keys.getPrivate()));
    } catch (GeneralSecurityException | OperatorCreationException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A list of revoked certificates in PEM. */
  public String crl(X509Certificate... revoked) {
    try {
      Instant now = Instant.now();
      X509v2CRLBuilder builder =
          new X509v2CRLBuilder(
              new X500Name(certificate.getSubjectX500Principal().getName()),
              Date.from(now.minus(Duration.ofHours(1))));
      builder.setNextUpdate(Date.from(now.plus(Duration.ofDays(1))));
      for (X509Certificate one : revoked) {
        builder.addCRLEntry(one.getSerialNumber(), Date.from(now.minus(Duration.ofHours(1))), 0);
      }
      return pem(
          "X509 CRL",
          builder
              .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()))
              .getEncoded());
    } catch (OperatorCreationException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static BigInteger serial() {
    return new BigInteger(64, new SecureRandom()).setBit(64);
  }

  private static KeyPair keys(boolean rsa) throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance(rsa ? "RSA" : "EC");
    if (rsa) {
      generator.initialize(2048);
    } else {
      generator.initialize(new ECGenParameterSpec("secp256r1"));
    }
    return generator.generateKeyPair();
  }

  private static X509Certificate signed(JcaX509v3CertificateBuilder builder, PrivateKey by)
      throws OperatorCreationException, GeneralSecurityException {
    return new JcaX509CertificateConverter()
        .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(by)));
  }

  private static byte[] encoded(X509Certificate certificate) {
    try {
      return certificate.getEncoded();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String pem(String label, byte[] data) {
    StringWriter out = new StringWriter();
    out.write("-----BEGIN " + label + "-----\n");
    out.write(Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(data));
    out.write("\n-----END " + label + "-----\n");
    return out.toString();
  }
}
