package io.heddle.proxy.engine.tls;

import io.heddle.proxy.api.CertificateInfo;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.DataRef;
import io.heddle.xds.model.DownstreamTlsConfig;
import io.heddle.xds.model.SecretConfig;
import io.heddle.xds.model.SecretConfig.Content;
import io.heddle.xds.model.SecretRef;
import io.heddle.xds.model.TlsCertificateConfig;
import io.heddle.xds.model.TlsConfig;
import io.heddle.xds.model.TlsValidationConfig;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.OpenSslSessionTicketKey;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.internal.tcnative.SSL;
import io.netty.util.IllegalReferenceCountException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a filter chain terminates TLS with. Files and secrets that change are swapped under it: new
 * connections get the new ones, those that stand keep theirs. What cannot be used is told of and
 * leaves the former in use.
 */
public final class DownstreamTls implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DownstreamTls.class);

  private final DownstreamTlsConfig config;
  private final String owner;
  private final Secrets secrets;
  private final TlsStats stats;
  private final OpenSslSessionTicketKey[] ownTicketKeys = {TicketKeys.random()};
  private final FileWatch files;
  private final Runnable unwatchSecrets;
  private Runnable unwatchFiles = () -> {}; // Guarded by this.
  private boolean closed; // Guarded by this.
  private volatile @Nullable ServerContext current;

  private DownstreamTls(
      DownstreamTlsConfig config, String owner, Secrets secrets, FileWatch files, TlsStats stats) {
    this.config = config;
    this.owner = owner;
    this.secrets = secrets;
    this.files = files;
    this.stats = stats;
    this.unwatchSecrets =
        secrets.watch(config.secrets().stream().map(SecretRef::key).toList(), () -> reload(true));
  }

  /** What would be refused of it, where its secrets are left aside. */
  public static Optional<ConfigError> check(
      DownstreamTlsConfig config, String resource, String field) {
    try {
      TlsConfig common = config.common();
      String at = field + ".common_tls_context";
      List<Identity> identities = new ArrayList<>();
      for (int i = 0; i < common.certificates().size(); i++) {
        identities.add(
            Identity.load(common.certificates().get(i), at + ".tls_certificates[" + i + "]"));
      }
      PeerVerifier verifier =
          PeerVerifier.load(common.validation(), at + ".validation_context", null);
      OpenSslSessionTicketKey[] keys =
          config.resumption().ticketKeys().isEmpty()
              ? new OpenSslSessionTicketKey[] {TicketKeys.random()}
              : TicketKeys.load(config.resumption().ticketKeys(), field + ".session_ticket_keys");
      ServerContext.make(config, new Identities(identities, false), verifier, keys, field)
          .release();
      return Optional.empty();
    } catch (BadMaterialException bad) {
      return Optional.of(new ConfigError(resource, bad.field(), bad.offending(), bad.expected()));
    }
  }

  /**
   * Begins with what is there now.
   *
   * @param owner for the log: the listener and chain
   */
  public static DownstreamTls open(
      DownstreamTlsConfig config, String owner, Secrets secrets, FileWatch files, TlsStats stats) {
    DownstreamTls tls = new DownstreamTls(config, owner, secrets, files, stats);
    tls.reload(false);
    return tls;
  }

  private synchronized void reload(boolean changed) {
    if (closed) {
      return;
    }
    List<Path> watched = new ArrayList<>();
    try {
      ServerContext next = load(watched);
      if (next != null) {
        ServerContext before = current;
        current = next;
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
  }

  /** Null where a secret is missing. */
  private @Nullable ServerContext load(List<Path> watched) throws BadMaterialException {
    TlsConfig common = config.common();
    List<TlsCertificateConfig> certificates = new ArrayList<>(common.certificates());
    boolean missing = false;
    for (SecretRef ref : common.secretCertificates()) {
      Content content = content(ref);
      if (content instanceof Content.Certificate certificate) {
        certificates.add(certificate.certificate());
      } else {
        missing = true;
      }
    }
    TlsValidationConfig validation = common.validation();
    for (SecretRef ref : common.secretValidation()) {
      Content content = content(ref);
      if (content instanceof Content.Validation fetched) {
        validation = validation.merge(fetched.validation());
      } else {
        missing = true;
      }
    }
    List<DataRef> keys = config.resumption().ticketKeys();
    for (SecretRef ref : config.resumption().secretTicketKeys()) {
      Content content = content(ref);
      if (content instanceof Content.TicketKeys fetched) {
        keys = fetched.keys();
      } else {
        missing = true;
      }
    }
    for (TlsCertificateConfig certificate : certificates) {
      watched.addAll(
          FileWatch.paths(
              List.of(
                  certificate.chain(),
                  certificate.key(),
                  certificate.pkcs12(),
                  certificate.password()),
              certificate.watchedDirectory()));
    }
    watched.addAll(
        FileWatch.paths(
            List.of(validation.trustedCa(), validation.crl()), validation.watchedDirectory()));
    watched.addAll(FileWatch.paths(keys, ""));
    if (missing) {
      return null;
    }
    List<Identity> identities = new ArrayList<>();
    for (int i = 0; i < certificates.size(); i++) {
      identities.add(Identity.load(certificates.get(i), "tls_certificates[" + i + "]"));
    }
    return ServerContext.make(
        config,
        new Identities(identities, config.requireSni()),
        PeerVerifier.load(validation, "validation_context", stats),
        keys.isEmpty() ? ownTicketKeys : TicketKeys.load(keys, "session_ticket_keys"),
        "transport_socket");
  }

  private @Nullable Content content(SecretRef ref) {
    return secrets.get(ref.key()).map(SecretConfig::content).orElse(null);
  }

  /** Whether all secrets are there. */
  public boolean ready() {
    return current != null;
  }

  TlsStats stats() {
    return stats;
  }

  /** One connection's part; null where a secret is missing. */
  @Nullable Begun begin(ByteBufAllocator allocator) {
    while (true) {
      ServerContext now = current;
      if (now == null) {
        return null;
      }
      try {
        ReferenceCountedOpenSslEngine engine =
            (ReferenceCountedOpenSslEngine) now.context().newEngine(allocator);
        if (config.preferClientCiphers()) {
          SSL.clearOptions(engine.sslPointer(), SSL.SSL_OP_CIPHER_SERVER_PREFERENCE);
        }
        if (!config.resumption().tickets()) {
          SSL.setOptions(engine.sslPointer(), SSL.SSL_OP_NO_TICKET);
        }
        return new Begun(engine, now.verifier());
      } catch (IllegalReferenceCountException _) {
        // It was swapped between the two; what is current holds itself.
      }
    }
  }

  /** An engine that has seen no byte. */
  record Begun(ReferenceCountedOpenSslEngine engine, PeerVerifier verifier) {}

  /** Our certificates and the authorities trusted, as they are now. */
  public List<CertificateInfo> certificates() {
    ServerContext now = current;
    List<CertificateInfo> all = new ArrayList<>();
    if (now != null) {
      now.identities()
          .all()
          .forEach(identity -> identity.chain().forEach(one -> all.add(ParsedCertificate.of(one))));
    }
    return all;
  }

  /** The authorities that clients are held to, as they are now. */
  public List<CertificateInfo> authorities() {
    ServerContext now = current;
    List<CertificateInfo> all = new ArrayList<>();
    if (now != null) {
      now.verifier().authorities().forEach(one -> all.add(ParsedCertificate.of(one)));
    }
    return all;
  }

  /** Serves no new connections; those that stand go on. */
  @Override
  public synchronized void close() {
    closed = true;
    unwatchSecrets.run();
    unwatchFiles.run();
    ServerContext last = current;
    if (last != null) {
      current = null;
      last.release();
    }
  }
}
