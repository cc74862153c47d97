package io.heddle.control.app;

import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * The control plane's own certificate, of an authority that it made at its first start.
 *
 * <p>In the folder: {@code ca.pem}, which callers are to trust, {@code ca.key}, {@code server.pem}
 * and {@code server.key}; keys for their owner only. The server's certificate is made anew at a
 * start when half of its life is over or when it lacks a name.
 */
final class ServerIdentity {
  private static final Duration AUTHORITY_LIFE = Duration.ofDays(3_650);
  private static final Duration SERVER_LIFE = Duration.ofDays(730);
  private static final Duration SKEW = Duration.ofHours(1);
  private static final int DNS = 2;
  private static final int IP = 7;

  private final PrivateKey key;
  private final X509Certificate certificate;
  private final X509Certificate authority;

  private ServerIdentity(PrivateKey key, X509Certificate certificate, X509Certificate authority) {
    this.key = key;
    this.certificate = certificate;
    this.authority = authority;
  }

  PrivateKey key() {
    return key;
  }

  /** Its own certificate, then its authority's. */
  X509Certificate[] chain() {
    return new X509Certificate[] {certificate, authority};
  }

  /**
   * Reads it, or makes it where it is missing.
   *
   * @param names the host names and IP addresses that callers use
   * @throws IOException where a file cannot be read, written or understood, naming the mend
   */
  static ServerIdentity in(Path folder, Set<String> names, Instant now) throws IOException {
    Files.createDirectories(folder);
    Path authorityFile = folder.resolve("ca.pem");
    Path authorityKey = folder.resolve("ca.key");
    try {
      if (!Files.exists(authorityFile) || !Files.exists(authorityKey)) {
        if (Files.exists(authorityFile) || Files.exists(authorityKey)) {
          throw new IOException(
              folder
                  + ": ca.pem or ca.key is missing (expected: both, or none); put both back from a"
                  + " backup, or remove both: then every caller needs the new ca.pem");
        }
        KeyPair keys = keys();
        X509Certificate made = authority(keys, now);
        OwnFile.write(authorityKey, pem("PRIVATE KEY", keys.getPrivate().getEncoded()));
        OwnFile.write(authorityFile, pem("CERTIFICATE", made.getEncoded()));
      }
      X509Certificate authority = certificate(authorityFile);
      Path file = folder.resolve("server.pem");
      Path keyFile = folder.resolve("server.key");
      if (Files.exists(file) && Files.exists(keyFile)) {
        X509Certificate present = certificate(file);
        Instant half = present.getNotAfter().toInstant().minus(SERVER_LIFE.dividedBy(2));
        if (now.isBefore(half) && names(present).containsAll(names)) {
          return new ServerIdentity(key(keyFile), present, authority);
        }
      }
      KeyPair keys = keys();
      X509Certificate made = server(keys.getPublic(), names, authority, key(authorityKey), now);
      OwnFile.write(keyFile, pem("PRIVATE KEY", keys.getPrivate().getEncoded()));
      OwnFile.write(file, pem("CERTIFICATE", made.getEncoded()));
      return new ServerIdentity(keys.getPrivate(), made, authority);
    } catch (GeneralSecurityException | OperatorCreationException | IllegalArgumentException e) {
      throw new IOException(
          folder
              + ": a certificate or key cannot be read or made ("
              + e.getMessage()
              + "); put the folder back from a backup, or remove it: then every caller needs the"
              + " new ca.pem",
          e);
    }
  }

  /**
   * What callers may call this machine.
   *
   * @param bound the addresses of its listeners
   */
  static Set<String> namesOf(Collection<InetAddress> bound) {
    Set<String> names = new TreeSet<>(List.of("localhost", "127.0.0.1", "0:0:0:0:0:0:0:1"));
    try {
      names.add(InetAddress.getLocalHost().getHostName().toLowerCase(java.util.Locale.ROOT));
    } catch (java.net.UnknownHostException _) {
      // A machine without a name is called by its addresses.
    }
    for (InetAddress address : bound) {
      if (!address.isAnyLocalAddress()) {
        names.add(literal(address));
        continue;
      }
      try {
        NetworkInterface.networkInterfaces()
            .flatMap(NetworkInterface::inetAddresses)
            .filter(each -> !each.isLinkLocalAddress())
            .forEach(each -> names.add(literal(each)));
      } catch (SocketException _) {
        // Then it is called by its name alone.
      }
    }
    return names;
  }

  private static String literal(InetAddress address) {
    String text = address.getHostAddress();
    int zone = text.indexOf('%');
    return zone < 0 ? text : text.substring(0, zone);
  }

  private static Set<String> names(X509Certificate certificate) throws GeneralSecurityException {
    Set<String> names = new TreeSet<>();
    Collection<List<?>> all = certificate.getSubjectAlternativeNames();
    for (List<?> name : all == null ? List.<List<?>>of() : all) {
      if (name.get(0) instanceof Integer type && (type == DNS || type == IP)) {
        names.add(String.valueOf(name.get(1)));
      }
    }
    return names;
  }

  private static X509Certificate authority(KeyPair keys, Instant now)
      throws GeneralSecurityException, OperatorCreationException, IOException {
    // The serial in its name keeps two authorities apart in one store of trusted ones.
    BigInteger serial = serial();
    X500Name name = new X500Name("CN=Heddle control plane " + serial.toString(16).substring(0, 8));
    JcaX509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            name,
            serial,
            Date.from(now.minus(SKEW)),
            Date.from(now.plus(AUTHORITY_LIFE)),
            name,
            keys.getPublic());
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
    builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign));
    return signed(builder, keys.getPrivate());
  }

  private static X509Certificate server(
      PublicKey subject, Set<String> names, X509Certificate authority, PrivateKey by, Instant now)
      throws GeneralSecurityException, OperatorCreationException, IOException {
    JcaX509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            authority,
            serial(),
            Date.from(now.minus(SKEW)),
            Date.from(now.plus(SERVER_LIFE)),
            new javax.security.auth.x500.X500Principal("CN=heddle-control"),
            subject);
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
    builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
    builder.addExtension(
        Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
    List<GeneralName> alternatives = new ArrayList<>();
    for (String name : names) {
      boolean address = name.indexOf(':') >= 0 || name.matches("[0-9.]+");
      alternatives.add(
          new GeneralName(address ? GeneralName.iPAddress : GeneralName.dNSName, name));
    }
    builder.addExtension(
        Extension.subjectAlternativeName,
        false,
        new GeneralNames(alternatives.toArray(GeneralName[]::new)));
    return signed(builder, by);
  }

  private static X509Certificate signed(JcaX509v3CertificateBuilder builder, PrivateKey by)
      throws OperatorCreationException, GeneralSecurityException {
    return new JcaX509CertificateConverter()
        .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(by)));
  }

  private static BigInteger serial() {
    return new BigInteger(120, new SecureRandom()).setBit(120);
  }

  private static KeyPair keys() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  private static X509Certificate certificate(Path file)
      throws IOException, GeneralSecurityException {
    try (var in = Files.newInputStream(file)) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }

  private static PrivateKey key(Path file) throws IOException, GeneralSecurityException {
    String text =
        Files.readString(file)
            .replace("-----BEGIN PRIVATE KEY-----", "")
            .replace("-----END PRIVATE KEY-----", "")
            .replaceAll("\\s", "");
    return KeyFactory.getInstance("EC")
        .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(text)));
  }

  private static byte[] pem(String what, byte[] content) {
    String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    return ("-----BEGIN " + what + "-----\n" + lines + "\n-----END " + what + "-----\n")
        .getBytes(StandardCharsets.US_ASCII);
  }
}
