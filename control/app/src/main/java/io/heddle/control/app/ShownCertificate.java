package io.heddle.control.app;

import java.io.IOException;
import java.io.Reader;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificate that the listeners show: the one that was made at the first start, or one's own
 * in files, which are read again when they change. Connections that are there keep what they were
 * shown. Any thread.
 */
final class ShownCertificate extends X509ExtendedKeyManager {
  private static final Logger LOG = LoggerFactory.getLogger(ShownCertificate.class);
  private static final String CERT = "--tls-cert";
  private static final String KEY = "--tls-key";
  private static final int LARGEST = 1 << 20;

  /**
   * One's own, as PEM.
   *
   * @param cert the server's certificate, then those that lead to its authority
   * @param key of the first, PKCS 8 or as OpenSSL writes it, without a password
   */
  record Pair(Path cert, Path key) {}

  /** A key with its chain; what was read last is kept for handshakes that have begun. */
  private record Shown(String alias, PrivateKey key, List<X509Certificate> chain) {
    Shown {
      chain = List.copyOf(chain);
    }
  }

  private final Optional<Pair> files;
  private volatile Shown shown;
  private volatile @Nullable Shown before;

  /** What was in the files; of the thread that looks. */
  private byte[] read;

  private String problem = "";

  private ShownCertificate(Optional<Pair> files, byte[] read, Shown shown) {
    this.files = files;
    this.read = read;
    this.shown = shown;
  }

  /** The one that was made. */
  static ShownCertificate made(ServerIdentity identity) {
    return new ShownCertificate(
        Optional.empty(),
        new byte[0],
        new Shown("server-0", identity.key(), List.of(identity.chain())));
  }

  /**
   * One's own.
   *
   * @throws IOException naming the option, the file and what is wrong with it
   */
  static ShownCertificate of(Pair files) throws IOException {
    byte[] content = content(files);
    return new ShownCertificate(Optional.of(files), content, shown(files, 0));
  }

  /** Reads the files again where they have changed; what cannot be used changes nothing. */
  void look() {
    if (files.isEmpty()) {
      return;
    }
    try {
      byte[] content = content(files.get());
      if (!Arrays.equals(content, read)) {
        Shown next = shown(files.get(), Integer.parseInt(shown.alias().substring(7)) + 1);
        before = shown;
        shown = next;
        read = content;
        LOG.info(
            "{}: another certificate is shown from now on: {}, until {}",
            files.get().cert(),
            next.chain().getFirst().getSubjectX500Principal(),
            next.chain().getFirst().getNotAfter().toInstant());
      }
      problem = "";
    } catch (IOException e) {
      String now = String.valueOf(e.getMessage());
      if (!now.equals(problem)) { // else it would be said every second
        LOG.error("{}; the certificate that was there is shown on", now);
      }
      problem = now;
    }
  }

  /** For a server; no client certificate is asked for. */
  SSLContext context() throws IOException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(new KeyManager[] {this}, null, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException("TLS cannot be set up: " + e.getMessage(), e);
    }
  }

  // ---- files

  private static byte[] content(Pair files) throws IOException {
    byte[] cert = bytes(CERT, files.cert());
    byte[] key = bytes(KEY, files.key());
    byte[] both = Arrays.copyOf(cert, cert.length + key.length);
    System.arraycopy(key, 0, both, cert.length, key.length);
    return both;
  }

  private static byte[] bytes(String option, Path file) throws IOException {
    try {
      if (Files.size(file) > LARGEST) {
        throw new IOException("larger than " + LARGEST + " bytes");
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new IOException(
          option + ": " + file + " cannot be read: " + e + " (expected: a PEM file)", e);
    }
  }

  private static Shown shown(Pair files, int number) throws IOException {
    List<X509Certificate> chain = chain(files.cert());
    PrivateKey key = key(files.key());
    if (!belong(key, chain.getFirst().getPublicKey())) {
      throw new IOException(
          KEY
              + ": "
              + files.key()
              + " is the key of another certificate than the first of "
              + files.cert()
              + " (expected: its own)");
    }
    return new Shown("server-" + number, key, chain);
  }

  private static List<X509Certificate> chain(Path file) throws IOException {
    List<X509Certificate> chain = new ArrayList<>();
    try (var in = Files.newInputStream(file)) {
      for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        chain.add((X509Certificate) each);
      }
    } catch (GeneralSecurityException e) {
      throw new IOException(
          CERT + ": " + file + ": " + e.getMessage() + " (expected: certificates as PEM)", e);
    }
    if (chain.isEmpty()) {
      throw new IOException(CERT + ": " + file + ": no certificate (expected: at least one)");
    }
    return chain;
  }

  private static PrivateKey key(Path file) throws IOException {
    try (Reader in = Files.newBufferedReader(file);
        PEMParser parser = new PEMParser(in)) {
      for (Object next = parser.readObject(); next != null; next = parser.readObject()) {
        switch (next) {
          case PEMKeyPair pair -> {
            return new JcaPEMKeyConverter().getKeyPair(pair).getPrivate();
          }
          case PrivateKeyInfo info -> {
            return new JcaPEMKeyConverter().getPrivateKey(info);
          }
          default -> {
            // Such as the parameters of a curve, which OpenSSL writes before a key.
          }
        }
      }
    } catch (IOException | RuntimeException e) {
      throw new IOException(
          KEY + ": " + file + ": " + e.getMessage() + " (expected: a private key as PEM)", e);
    }
    throw new IOException(
        KEY + ": " + file + ": no private key without a password (expected: one, as PEM)");
  }

  private static boolean belong(PrivateKey key, PublicKey certified) throws IOException {
    try {
      String algorithm =
          switch (key.getAlgorithm().toUpperCase(Locale.ROOT)) {
            case "EC", "ECDSA" -> "SHA256withECDSA";
            case "RSA" -> "SHA256withRSA";
            default ->
                throw new IOException(
                    KEY + ": a key of " + key.getAlgorithm() + " (expected: EC or RSA)");
          };
      byte[] anything = new byte[32];
      new SecureRandom().nextBytes(anything);
      Signature signing = Signature.getInstance(algorithm);
      signing.initSign(key);
      signing.update(anything);
      byte[] signature = signing.sign();
      Signature verifying = Signature.getInstance(algorithm);
      verifying.initVerify(certified);
      verifying.update(anything);
      return verifying.verify(signature);
    } catch (GeneralSecurityException e) {
      return false; // such as a key of another kind
    }
  }

  // ---- for handshakes

  private @Nullable Shown named(@Nullable String alias) {
    Shown now = shown;
    Shown last = before;
    if (now.alias().equals(alias)) {
      return now;
    }
    return last != null && last.alias().equals(alias) ? last : null;
  }

  private @Nullable String alias(@Nullable String keyType) {
    Shown now = shown;
    boolean curve = !now.key().getAlgorithm().equalsIgnoreCase("RSA");
    boolean fits =
        keyType != null
            && (curve
                ? keyType.equals("EC") || keyType.startsWith("EC_")
                : keyType.startsWith("RSA"));
    return fits ? now.alias() : null;
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      @Nullable String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return alias(keyType);
  }

  @Override
  public @Nullable String chooseServerAlias(
      @Nullable String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return alias(keyType);
  }

  @Override
  public String @Nullable [] getServerAliases(
      @Nullable String keyType, Principal @Nullable [] issuers) {
    String alias = alias(keyType);
    return alias == null ? null : new String[] {alias};
  }

  @Override
  public X509Certificate @Nullable [] getCertificateChain(@Nullable String alias) {
    Shown named = named(alias);
    return named == null ? null : named.chain().toArray(X509Certificate[]::new);
  }

  @Override
  public @Nullable PrivateKey getPrivateKey(@Nullable String alias) {
    Shown named = named(alias);
    return named == null ? null : named.key();
  }

  @Override
  public @Nullable String chooseClientAlias(
      String @Nullable [] keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return null; // this is no client
  }

  @Override
  public String @Nullable [] getClientAliases(
      @Nullable String keyType, Principal @Nullable [] issuers) {
    return null;
  }
}
