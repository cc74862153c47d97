package io.heddle.proxy.engine.tls;

import io.heddle.proxy.engine.stats.ScalarStat;
import io.heddle.xds.model.StringMatch;
import io.heddle.xds.model.TlsValidationConfig;
import io.heddle.xds.model.TlsValidationConfig.NameMatch;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.CertificateRevokedException;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Date;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a peer's certificate will do: its chain, then its names, then its hash or key, as
 * Envoy does. Runs once a full handshake, on the connection's loop. Immutable.
 */
final class PeerVerifier extends X509ExtendedTrustManager {
  private static final String CLIENT_PURPOSE = "1.3.6.1.5.5.7.3.2";
  private static final String SERVER_PURPOSE = "1.3.6.1.5.5.7.3.1";
  private static final String ANY_PURPOSE = "2.5.29.37.0";

  private final TlsValidationConfig config;
  private final Set<TrustAnchor> anchors;
  private final List<X509Certificate> authorities;
  private final List<X509CRL> crls;
  private final @Nullable TlsStats stats;

  private PeerVerifier(
      TlsValidationConfig config,
      List<X509Certificate> authorities,
      List<X509CRL> crls,
      @Nullable TlsStats stats) {
    this.config = config;
    this.authorities = List.copyOf(authorities);
    this.crls = List.copyOf(crls);
    this.stats = stats;
    Set<TrustAnchor> all = new HashSet<>();
    authorities.forEach(authority -> all.add(new TrustAnchor(authority, null)));
    anchors = Set.copyOf(all);
  }

  /** Loads what it goes by; {@code field} is its place in the configuration. */
  static PeerVerifier load(TlsValidationConfig config, String field, @Nullable TlsStats stats)
      throws BadMaterialException {
    List<X509Certificate> authorities = new ArrayList<>();
    if (!config.trustedCa().isNone()) {
      String at = field + ".trusted_ca";
      authorities.addAll(Pem.certificates(at, Material.read(config.trustedCa(), at)));
    }
    if (config.systemRoots()) {
      authorities.addAll(systemRoots(field));
    }
    List<X509CRL> crls =
        config.crl().isNone()
            ? List.of()
            : Pem.crls(field + ".crl", Material.read(config.crl(), field + ".crl"));
    return new PeerVerifier(config, authorities, crls, stats);
  }

  private static List<X509Certificate> systemRoots(String field) throws BadMaterialException {
    try {
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init((KeyStore) null);
      for (TrustManager manager : factory.getTrustManagers()) {
        if (manager instanceof X509TrustManager x509) {
          return List.of(x509.getAcceptedIssuers());
        }
      }
    } catch (GeneralSecurityException _) {
      // Said below.
    }
    throw new BadMaterialException(
        field + ".system_root_certs", "a system without any", "authorities of the system");
  }

  TlsValidationConfig config() {
    return config;
  }

  List<X509Certificate> authorities() {
    return authorities;
  }

  /** Whether a certificate has this DNS name, or this address. */
  private static boolean hasName(ParsedCertificate leaf, String name) {
    return leaf.ipSans().contains(name)
        || leaf.dnsSans().stream().anyMatch(pattern -> dnsMatches(pattern, name));
  }

  /** Whether the chain would be accepted if nothing were accepted untrusted. */
  boolean validates(List<X509Certificate> chain, boolean client) {
    try {
      List<X509Certificate> read = new ArrayList<>();
      for (X509Certificate certificate : chain) {
        read.add(ParsedCertificate.jdk(certificate));
      }
      return config.verifies() && failure(read, client, "") == null;
    } catch (CertificateException _) {
      return false;
    }
  }

  private record Failure(Kind kind, String message) {
    enum Kind {
      CHAIN,
      NAME,
      HASH
    }
  }

  /** {@code demanded} is a name that the peer must have in the place of those configured. */
  private void verify(X509Certificate[] chain, boolean client, String demanded)
      throws CertificateException {
    if (!config.verifies() && demanded.isEmpty()) {
      return;
    }
    List<X509Certificate> read = new ArrayList<>();
    for (X509Certificate certificate : chain) {
      read.add(ParsedCertificate.jdk(certificate));
    }
    Failure failure = failure(read, client, demanded);
    if (failure == null) {
      return;
    }
    TlsStats counted = stats;
    if (counted != null) {
      ScalarStat stat =
          switch (failure.kind()) {
            case CHAIN -> counted.failVerifyError;
            case NAME -> counted.failVerifySan;
            case HASH -> counted.failVerifyHash;
          };
      stat.increment();
    }
    if (!config.acceptUntrusted()) {
      throw new CertificateException(failure.message());
    }
  }

  private @Nullable Failure failure(List<X509Certificate> chain, boolean client, String demanded) {
    X509Certificate leaf = chain.getFirst();
    if (config.verifiesChain()) {
      String untrusted = untrusted(chain, client);
      if (untrusted != null) {
        return new Failure(Failure.Kind.CHAIN, untrusted);
      }
    }
    ParsedCertificate parsed = ParsedCertificate.of(leaf);
    boolean named =
        demanded.isEmpty() ? config.names().isEmpty() || named(parsed) : hasName(parsed, demanded);
    if (!named) {
      String have = "[" + names(parsed) + "]";
      return new Failure(
          Failure.Kind.NAME,
          demanded.isEmpty()
              ? "verify cert failed: SAN matcher, certificate SANs are " + have
              : "verify cert failed: verify SAN list, expected SANs: ["
                  + demanded
                  + "], certificate SANs: "
                  + have);
    }
    if (!config.hashes().isEmpty() || !config.spki().isEmpty()) {
      if (!config.hashes().contains(parsed.sha256()) && !config.spki().contains(parsed.spki())) {
        return new Failure(Failure.Kind.HASH, "verify cert failed: cert hash and spki");
      }
    }
    return null;
  }

  private @Nullable String untrusted(List<X509Certificate> chain, boolean client) {
    X509Certificate leaf = chain.getFirst();
    try {
      List<String> purposes = leaf.getExtendedKeyUsage();
      if (purposes != null
          && !purposes.contains(client ? CLIENT_PURPOSE : SERVER_PURPOSE)
          && !purposes.contains(ANY_PURPOSE)) {
        return at0("unsuitable certificate purpose");
      }
      Date moment = moment(chain);
      if (authorities.contains(leaf)) {
        leaf.checkValidity(moment);
        return null;
      }
      X509CertSelector target = new X509CertSelector();
      target.setCertificate(leaf);
      PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, target);
      parameters.setDate(moment);
      parameters.setMaxPathLength(config.maxDepth());
      parameters.addCertStore(
          CertStore.getInstance("Collection", new CollectionCertStoreParameters(chain)));
      CertPathBuilder builder = CertPathBuilder.getInstance("PKIX");
      parameters.setRevocationEnabled(false);
      if (!crls.isEmpty()) {
        PKIXRevocationChecker checker = (PKIXRevocationChecker) builder.getRevocationChecker();
        EnumSet<PKIXRevocationChecker.Option> options =
            EnumSet.of(
                PKIXRevocationChecker.Option.PREFER_CRLS, PKIXRevocationChecker.Option.NO_FALLBACK);
        if (config.crlOfLeafOnly()) {
          options.add(PKIXRevocationChecker.Option.ONLY_END_ENTITY);
        }
        checker.setOptions(options);
        parameters.addCertPathChecker(checker);
        parameters.addCertStore(
            CertStore.getInstance("Collection", new CollectionCertStoreParameters(crls)));
      }
      var _ = builder.build(parameters);
      return null;
    } catch (GeneralSecurityException refused) {
      return at0(why(refused));
    }
  }

  private static String at0(String reason) {
    return "verify cert failed: X509_verify_cert: certificate verification error at depth 0: "
        + reason;
  }

  /** BoringSSL's words for what the JDK found. */
  private static String why(GeneralSecurityException refused) {
    Throwable at = refused;
    for (int depth = 0; at != null && depth < 8; depth++) {
      switch (at) {
        case CertificateExpiredException _ -> {
          return "certificate has expired";
        }
        case CertificateNotYetValidException _ -> {
          return "certificate is not yet valid";
        }
        case CertificateRevokedException _ -> {
          return "certificate revoked";
        }
        case CertPathValidatorException path
            when path.getReason() == BasicReason.UNDETERMINED_REVOCATION_STATUS -> {
          return "unable to get certificate CRL";
        }
        default -> at = at.getCause();
      }
    }
    return "unable to get local issuer certificate";
  }

  /** Now, or where expired certificates are accepted, a time when the leaf was valid. */
  @SuppressWarnings("JavaUtilDate") // What the JDK's certificates have.
  private Date moment(List<X509Certificate> chain) {
    Date now = new Date();
    if (!config.allowExpired()) {
      return now;
    }
    Date end = chain.getFirst().getNotAfter();
    return end.before(now) ? end : now;
  }

  private static String names(ParsedCertificate leaf) {
    List<String> all = new ArrayList<>(leaf.dnsSans());
    all.addAll(leaf.uriSans());
    all.addAll(leaf.ipSans());
    all.addAll(leaf.emailSans());
    return String.join(", ", all);
  }

  private boolean named(ParsedCertificate leaf) {
    for (NameMatch match : config.names()) {
      List<String> names =
          switch (match.type()) {
            case EMAIL -> leaf.emailSans();
            case DNS -> leaf.dnsSans();
            case URI -> leaf.uriSans();
            case IP_ADDRESS -> leaf.ipSans();
          };
      boolean dns = match.type() == TlsValidationConfig.NameType.DNS;
      for (String name : names) {
        boolean matches =
            (dns && match.match() instanceof StringMatch.Exact exact)
                ? dnsMatches(name, exact.value())
                : match.match().matches(name);
        if (matches) {
          return true;
        }
      }
    }
    return false;
  }

  /** Whether a certificate's name, perhaps a wildcard for one label, is that of a host. */
  static boolean dnsMatches(String pattern, String host) {
    String have = pattern.toLowerCase(Locale.ROOT);
    String want = host.toLowerCase(Locale.ROOT);
    if (have.equals(want)) {
      return true;
    }
    int dot = want.indexOf('.');
    return have.startsWith("*.") && dot > 0 && have.substring(1).equals(want.substring(dot));
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    verify(chain, true, PeerNames.demandedOf(engine));
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    verify(chain, false, PeerNames.demandedOf(engine));
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    verify(chain, true, "");
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    verify(chain, false, "");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    verify(chain, true, "");
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    verify(chain, false, "");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return authorities.toArray(X509Certificate[]::new);
  }
}
