package io.heddle.proxy.engine.tls;

import io.heddle.proxy.api.CertificateInfo;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.DataRef;
import io.heddle.xds.model.DownstreamTlsConfig;
import io.heddle.xds.model.SecretConfig.Content;
import io.heddle.xds.model.SecretRef;
import io.heddle.xds.model.TlsConfig;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.OpenSslSessionTicketKey;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.internal.tcnative.SSL;
import io.netty.util.IllegalReferenceCountException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a filter chain terminates TLS with. Files and secrets that change are swapped under it: new
 * connections get the new ones, those that stand keep theirs. What cannot be used is told of and
 * leaves the former in use.
 */
public final class DownstreamTls implements AutoCloseable {
  private final DownstreamTlsConfig config;
  private final Secrets secrets;
  private final TlsStats stats;
  private final OpenSslSessionTicketKey[] ownTicketKeys = {TicketKeys.random()};
  private final Swapped<ServerContext> swapped;

  private DownstreamTls(
      DownstreamTlsConfig config, String owner, Secrets secrets, FileWatch files, TlsStats stats) {
    this.config = config;
    this.secrets = secrets;
    this.stats = stats;
    this.swapped =
        new Swapped<>(
            owner,
            config.secrets(),
            secrets,
            files,
            stats,
            this::load,
            ServerContext::release,
            () -> {});
  }

  /** What would be refused of it, where its secrets are left aside. */
  public static Optional<ConfigError> check(
      DownstreamTlsConfig config, String resource, String field) {
    try {
      TlsConfig common = config.common();
      TlsMaterial own = new TlsMaterial(common.certificates(), common.validation(), true);
      String at = field + ".common_tls_context.";
      Identities identities = own.identities(false, at);
      PeerVerifier verifier = own.verifier(null, at);
      OpenSslSessionTicketKey[] keys =
          config.resumption().ticketKeys().isEmpty()
              ? new OpenSslSessionTicketKey[] {TicketKeys.random()}
              : TicketKeys.load(config.resumption().ticketKeys(), field + ".session_ticket_keys");
      ServerContext.make(config, identities, verifier, keys, field).release();
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
    tls.swapped.begin();
    return tls;
  }

  private @Nullable ServerContext load(List<Path> watched) throws BadMaterialException {
    TlsMaterial material = TlsMaterial.gather(config.common(), secrets);
    boolean complete = material.complete();
    List<DataRef> keys = config.resumption().ticketKeys();
    for (SecretRef ref : config.resumption().secretTicketKeys()) {
      if (TlsMaterial.content(ref, secrets) instanceof Content.TicketKeys fetched) {
        keys = fetched.keys();
      } else {
        complete = false;
      }
    }
    material.addFiles(watched);
    watched.addAll(FileWatch.paths(keys, ""));
    if (!complete) {
      return null;
    }
    return ServerContext.make(
        config,
        material.identities(config.requireSni(), ""),
        material.verifier(stats, ""),
        keys.isEmpty() ? ownTicketKeys : TicketKeys.load(keys, "session_ticket_keys"),
        "transport_socket");
  }

  /** Whether all secrets are there. */
  public boolean ready() {
    return swapped.current() != null;
  }

  TlsStats stats() {
    return stats;
  }

  /** One connection's part; null where a secret is missing. */
  @Nullable TlsBegun begin(ByteBufAllocator allocator) {
    while (true) {
      ServerContext now = swapped.current();
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
        return new TlsBegun(engine, now.verifier());
      } catch (IllegalReferenceCountException _) {
        // It was swapped between the two; what is current holds itself.
      }
    }
  }

  /** Our certificates, as they are now. */
  public List<CertificateInfo> certificates() {
    ServerContext now = swapped.current();
    return now == null ? List.of() : TlsMaterial.shown(now.identities());
  }

  /** The authorities that clients are held to, as they are now. */
  public List<CertificateInfo> authorities() {
    ServerContext now = swapped.current();
    return now == null ? List.of() : TlsMaterial.shown(now.verifier());
  }

  /** Serves no new connections; those that stand go on. */
  @Override
  public void close() {
    swapped.close();
  }
}
