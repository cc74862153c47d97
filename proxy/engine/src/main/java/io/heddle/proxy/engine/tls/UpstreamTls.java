package io.heddle.proxy.engine.tls;

import io.heddle.proxy.api.CertificateInfo;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.DataRef;
import io.heddle.xds.model.SecretConfig;
import io.heddle.xds.model.SecretConfig.Content;
import io.heddle.xds.model.SecretRef;
import io.heddle.xds.model.TlsCertificateConfig;
import io.heddle.xds.model.TlsConfig;
import io.heddle.xds.model.TlsValidationConfig;
import io.heddle.xds.model.UpstreamTlsConfig;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.internal.tcnative.SSL;
import io.netty.util.IllegalReferenceCountException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What connections to hosts are secured with. Files and secrets that change are swapped under it:
 * new connections get the new ones, those that stand keep theirs. What cannot be used is told of
 * and leaves the former in use.
 */
public final class UpstreamTls implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(UpstreamTls.class);

  private final UpstreamTlsConfig config;
  private final String owner;
  private final Secrets secrets;
  private final FileWatch files;
  private final TlsStats stats;
  private final AlpnOffer.Protocols offers;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final Runnable unwatchSecrets;
  private Runnable unwatchFiles = () -> {}; // Guarded by this.
  private boolean closed; // Guarded by this.
  private volatile @Nullable Contexts current;

  /** One for each offer; some may be the same, as all are where ALPN is configured. */
  private record Contexts(ClientContext http, ClientContext http2, ClientContext other) {
    void release() {
      http.release();
      if (!http2.context().equals(http.context())) {
        http2.release();
      }
      if (!other.context().equals(http.context())) {
        other.release();
      }
    }

    ClientContext of(AlpnOffer offer) {
      return switch (offer) {
        case NONE -> other;
        case HTTP -> http;
        case HTTP2 -> http2;
      };
    }
  }

  private UpstreamTls(
      UpstreamTlsConfig config,
      AlpnOffer.Protocols offers,
      String owner,
      Secrets secrets,
      FileWatch files,
      TlsStats stats) {
    this.config = config;
    this.offers = offers;
    this.owner = owner;
    this.secrets = secrets;
    this.files = files;
    this.stats = stats;
    this.unwatchSecrets =
        secrets.watch(
            config.common().secrets().stream().map(SecretRef::key).toList(), () -> reload(true));
  }

  /** What would be refused of it, where its secrets are left aside. */
  public static Optional<ConfigError> check(
      UpstreamTlsConfig config, String resource, String field) {
    try {
      TlsConfig common = config.common();
      String at = field + ".common_tls_context";
      List<Identity> identities = new ArrayList<>();
      for (int i = 0; i < common.certificates().size(); i++) {
        identities.add(
            Identity.load(common.certificates().get(i), at + ".tls_certificates[" + i + "]"));
      }
      ClientContext.make(
              config,
              new Identities(identities, false),
              PeerVerifier.load(common.validation(), at + ".validation_context", null),
              common.alpn(),
              field)
          .release();
      return Optional.empty();
    } catch (BadMaterialException bad) {
      return Optional.of(new ConfigError(resource, bad.field(), bad.offending(), bad.expected()));
    }
  }

  /**
   * Begins with what is there now.
   *
   * @param offers what HTTP says by ALPN where nothing is configured
   * @param owner for the log: the cluster
   */
  public static UpstreamTls open(
      UpstreamTlsConfig config,
      AlpnOffer.Protocols offers,
      String owner,
      Secrets secrets,
      FileWatch files,
      TlsStats stats) {
    UpstreamTls tls = new UpstreamTls(config, offers, owner, secrets, files, stats);
    tls.reload(false);
    return tls;
  }

  private void reload(boolean changed) {
    if (swap(changed)) {
      // Outside the lock, as it leads to clusters.
      ready.complete(null);
    }
  }

  private synchronized boolean swap(boolean changed) {
    if (closed) {
      return false;
    }
    List<Path> watched = new ArrayList<>();
    boolean made = false;
    try {
      Contexts next = load(watched);
      if (next != null) {
        Contexts before = current;
        current = next;
        made = true;
        if (before != null) {
          before.release();
        }
        if (changed) {
          stats.contextUpdates.increment();
          LOG.info("{} has new certificates", owner);
        }
      }
    } catch (BadMaterialException bad) {
      LOG.warn(
          "{} keeps its certificates, as new ones cannot be used: {}", owner, bad.getMessage());
    }
    unwatchFiles.run();
    unwatchFiles = files.watch(watched, () -> reload(true));
    return made;
  }

  /** Null where a secret is missing. */
  private @Nullable Contexts load(List<Path> watched) throws BadMaterialException {
    TlsConfig common = config.common();
    List<TlsCertificateConfig> certificates = new ArrayList<>(common.certificates());
    boolean missing = false;
    for (SecretRef ref : common.secretCertificates()) {
      if (content(ref) instanceof Content.Certificate certificate) {
        certificates.add(certificate.certificate());
      } else {
        missing = true;
      }
    }
    TlsValidationConfig validation = common.validation();
    for (SecretRef ref : common.secretValidation()) {
      if (content(ref) instanceof Content.Validation fetched) {
        validation = validation.merge(fetched.validation());
      } else {
        missing = true;
      }
    }
    for (TlsCertificateConfig certificate : certificates) {
      List<DataRef> parts =
          List.of(
              certificate.chain(), certificate.key(), certificate.pkcs12(), certificate.password());
      watched.addAll(FileWatch.paths(parts, certificate.watchedDirectory()));
    }
    watched.addAll(
        FileWatch.paths(
            List.of(validation.trustedCa(), validation.crl()), validation.watchedDirectory()));
    if (missing) {
      return null;
    }
    List<Identity> own = new ArrayList<>();
    for (int i = 0; i < certificates.size(); i++) {
      own.add(Identity.load(certificates.get(i), "tls_certificates[" + i + "]"));
    }
    Identities identities = new Identities(own, false);
    PeerVerifier verifier = PeerVerifier.load(validation, "validation_context", stats);
    List<String> offer = common.alpn();
    ClientContext other =
        ClientContext.make(config, identities, verifier, offer, "transport_socket");
    if (!offer.isEmpty()) {
      return new Contexts(other, other, other);
    }
    ClientContext http = null;
    try {
      http = ClientContext.make(config, identities, verifier, offers.http(), "transport_socket");
      ClientContext http2 =
          offers.http2().isEmpty()
              ? http
              : ClientContext.make(
                  config, identities, verifier, offers.http2(), "transport_socket");
      return new Contexts(http, http2, other);
    } catch (BadMaterialException bad) {
      if (http != null) {
        http.release();
      }
      other.release();
      throw bad;
    }
  }

  private @Nullable Content content(SecretRef ref) {
    return secrets.get(ref.key()).map(SecretConfig::content).orElse(null);
  }

  /** Completes when all secrets are there for the first time, on the thread that brought them. */
  public CompletableFuture<Void> ready() {
    return ready;
  }

  TlsStats stats() {
    return stats;
  }

  /**
   * One connection's part; null where a secret is missing.
   *
   * @param hostname of the host; may be empty
   * @param given names that this connection gets from its request
   * @param host tells hosts apart, whose sessions are their own; at least 1
   */
  @Nullable Begun begin(
      ByteBufAllocator allocator, AlpnOffer offer, String hostname, PeerNames given, int host) {
    String asked =
        !given.asked().isEmpty()
            ? given.asked()
            : config.autoHostSni() && !hostname.isEmpty() ? hostname : config.sni();
    String demanded =
        given.demanded().isEmpty() && config.autoSniSanValidation() ? asked : given.demanded();
    PeerNames names = new PeerNames(asked, demanded);
    while (true) {
      Contexts now = current;
      if (now == null) {
        return null;
      }
      ClientContext context = now.of(offer);
      try {
        ReferenceCountedOpenSslEngine engine =
            (ReferenceCountedOpenSslEngine)
                context.context().newEngine(allocator, names.peerHost(), host);
        if (!asked.isEmpty()) {
          SSL.setTlsExtHostName(engine.sslPointer(), asked);
        }
        return new Begun(engine, context.verifier());
      } catch (IllegalReferenceCountException _) {
        // It was swapped between the two; what is current holds itself.
      }
    }
  }

  /** An engine that has seen no byte. */
  record Begun(ReferenceCountedOpenSslEngine engine, PeerVerifier verifier) {}

  /** Our certificates, as they are now. */
  public List<CertificateInfo> certificates() {
    Contexts now = current;
    return now == null
        ? List.of()
        : now.other().identities().all().stream()
            .flatMap(identity -> identity.chain().stream())
            .map(one -> (CertificateInfo) ParsedCertificate.of(one))
            .toList();
  }

  /** The authorities that hosts are held to, as they are now. */
  public List<CertificateInfo> authorities() {
    Contexts now = current;
    return now == null
        ? List.of()
        : now.other().verifier().authorities().stream()
            .map(one -> (CertificateInfo) ParsedCertificate.of(one))
            .toList();
  }

  /** Makes no new connections; those that stand go on. */
  @Override
  public synchronized void close() {
    closed = true;
    unwatchSecrets.run();
    unwatchFiles.run();
    Contexts last = current;
    if (last != null) {
      current = null;
      last.release();
    }
  }
}
