package io.heddle.proxy.engine.tls;

import io.heddle.proxy.api.CertificateInfo;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.TlsConfig;
import io.heddle.xds.model.UpstreamTlsConfig;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.internal.tcnative.SSL;
import io.netty.util.IllegalReferenceCountException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What connections to hosts are secured with. Files and secrets that change are swapped under it:
 * new connections get the new ones, those that stand keep theirs. What cannot be used is told of
 * and leaves the former in use.
 */
public final class UpstreamTls implements AutoCloseable {
  private final UpstreamTlsConfig config;
  private final Secrets secrets;
  private final TlsStats stats;
  private final AlpnOffer.Protocols offers;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final Swapped<Contexts> swapped;

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
    this.secrets = secrets;
    this.stats = stats;
    this.swapped =
        new Swapped<>(
            owner,
            config.common().secrets(),
            secrets,
            files,
            stats,
            this::load,
            Contexts::release,
            () -> ready.complete(null));
  }

  /** What would be refused of it, where its secrets are left aside. */
  public static Optional<ConfigError> check(
      UpstreamTlsConfig config, String resource, String field) {
    try {
      TlsConfig common = config.common();
      TlsMaterial own = new TlsMaterial(common.certificates(), common.validation(), true);
      String at = field + ".common_tls_context.";
      ClientContext.make(
              config, own.identities(false, at), own.verifier(null, at), common.alpn(), field)
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
    tls.swapped.begin();
    return tls;
  }

  private @Nullable Contexts load(List<Path> watched) throws BadMaterialException {
    TlsConfig common = config.common();
    TlsMaterial material = TlsMaterial.gather(common, secrets);
    material.addFiles(watched);
    if (!material.complete()) {
      return null;
    }
    Identities identities = material.identities(false, "");
    PeerVerifier verifier = material.verifier(stats, "");
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
  @Nullable TlsBegun begin(
      ByteBufAllocator allocator, AlpnOffer offer, String hostname, PeerNames given, int host) {
    String asked =
        !given.asked().isEmpty()
            ? given.asked()
            : config.autoHostSni() && !hostname.isEmpty() ? hostname : config.sni();
    String demanded =
        given.demanded().isEmpty() && config.autoSniSanValidation() ? asked : given.demanded();
    PeerNames names = new PeerNames(asked, demanded);
    while (true) {
      Contexts now = swapped.current();
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
        return new TlsBegun(engine, context.verifier());
      } catch (IllegalReferenceCountException _) {
        // It was swapped between the two; what is current holds itself.
      }
    }
  }

  /** Our certificates, as they are now. */
  public List<CertificateInfo> certificates() {
    Contexts now = swapped.current();
    return now == null ? List.of() : TlsMaterial.shown(now.other().identities());
  }

  /** The authorities that hosts are held to, as they are now. */
  public List<CertificateInfo> authorities() {
    Contexts now = swapped.current();
    return now == null ? List.of() : TlsMaterial.shown(now.other().verifier());
  }

  /** Makes no new connections; those that stand go on. */
  @Override
  public void close() {
    swapped.close();
  }
}
