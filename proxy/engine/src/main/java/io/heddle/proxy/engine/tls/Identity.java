package io.heddle.proxy.engine.tls;

import io.heddle.xds.model.TlsCertificateConfig;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.List;
import java.util.Locale;

/** A private key and the certificates that speak for it, the leaf first. Immutable. */
final class Identity {
  private final PrivateKey key;
  private final List<X509Certificate> chain;
  private final List<String> names;

  private Identity(PrivateKey key, List<X509Certificate> chain) {
    this.key = key;
    this.chain = List.copyOf(chain);
    ParsedCertificate leaf = ParsedCertificate.of(chain.getFirst());
    List<String> all = new ArrayList<>();
    leaf.dnsSans().forEach(name -> all.add(name.toLowerCase(Locale.ROOT)));
    if (all.isEmpty() && !leaf.commonName().isEmpty()) {
      all.add(leaf.commonName().toLowerCase(Locale.ROOT));
    }
    names = List.copyOf(all);
  }

  /** Reads and checks one; {@code field} is its place in the configuration. */
  static Identity load(TlsCertificateConfig config, String field) throws BadMaterialException {
    byte[] password = Material.read(config.password(), field + ".password");
    if (!config.pkcs12().isNone()) {
      return pkcs12(Material.read(config.pkcs12(), field + ".pkcs12"), password, field + ".pkcs12");
    }
    List<X509Certificate> chain =
        Pem.certificates(
            field + ".certificate_chain",
            Material.read(config.chain(), field + ".certificate_chain"));
    byte[] text = Material.read(config.key(), field + ".private_key");
    PrivateKey key = Pem.key(field + ".private_key", text, password);
    Arrays.fill(text, (byte) 0);
    return checked(key, chain, field + ".private_key");
  }

  private static Identity pkcs12(byte[] data, byte[] password, String field)
      throws BadMaterialException {
    try {
      char[] secret = new String(password, StandardCharsets.UTF_8).toCharArray();
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(new ByteArrayInputStream(data), secret);
      for (Enumeration<String> names = store.aliases(); names.hasMoreElements(); ) {
        String name = names.nextElement();
        Key key = store.getKey(name, secret);
        if (key instanceof PrivateKey privateKey) {
          List<X509Certificate> chain = new ArrayList<>();
          for (Certificate certificate : store.getCertificateChain(name)) {
            chain.add((X509Certificate) certificate);
          }
          return checked(privateKey, chain, field);
        }
      }
    } catch (GeneralSecurityException | IOException _) {
      throw new BadMaterialException(
          field, "a file that the password does not open", "a PKCS#12 file and its password");
    }
    throw new BadMaterialException(field, "no private key", "a PKCS#12 file with a key");
  }

  /** A key of another certificate would fail every handshake. */
  private static Identity checked(PrivateKey key, List<X509Certificate> chain, String field)
      throws BadMaterialException {
    if (!KeyMatch.matches(key, chain.getFirst())) {
      throw new BadMaterialException(
          field, "a key that is not the certificate's", "the private key of the certificate");
    }
    return new Identity(key, chain);
  }

  PrivateKey key() {
    return key;
  }

  List<X509Certificate> chain() {
    return chain;
  }

  /** {@code RSA}, {@code EC} or {@code EdDSA}. */
  String keyType() {
    return key.getAlgorithm();
  }

  boolean hasNamesOf(Identity other) {
    return names.equals(other.names);
  }

  boolean isExactly(String server) {
    return names.contains(server);
  }

  /** Whether a wildcard of the certificate covers this name; it stands for one label. */
  boolean covers(String server) {
    int dot = server.indexOf('.');
    return dot > 0 && names.contains("*" + server.substring(dot));
  }

  @Override
  public String toString() {
    return "identity of " + ParsedCertificate.of(chain.getFirst()).subject();
  }
}
