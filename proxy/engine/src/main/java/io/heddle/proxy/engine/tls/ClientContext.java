package io.heddle.proxy.engine.tls;

import io.heddle.xds.model.TlsConfig;
import io.heddle.xds.model.TlsConfig.Version;
import io.heddle.xds.model.UpstreamTlsConfig;
import io.netty.handler.ssl.IdentityCipherSuiteFilter;
import io.netty.handler.ssl.OpenSslCachingX509KeyManagerFactory;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.ReferenceCountedOpenSslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.util.List;

/**
 * BoringSSL's context of connections to hosts, with what it was made from. Counted: each engine
 * holds it, and so does who made it until {@link #release}. Sessions to be resumed are its own, so
 * that none outlives what its peer was held to.
 */
record ClientContext(
    ReferenceCountedOpenSslContext context, Identities identities, PeerVerifier verifier) {
  private static final int MOST_SESSIONS = 20_480;

  /** {@code offer} is what is said by ALPN; empty for nothing. */
  static ClientContext make(
      UpstreamTlsConfig config,
      Identities identities,
      PeerVerifier verifier,
      List<String> offer,
      String field)
      throws BadMaterialException {
    TlsConfig common = config.common();
    SslContextBuilder builder =
        SslContextBuilder.forClient()
            .sslProvider(SslProvider.OPENSSL_REFCNT)
            .protocols(ServerContext.protocols(common.parameters(), Version.TLS_1_2))
            .ciphers(
                ServerContext.flat(
                    common.parameters().ciphers().isEmpty()
                        ? ServerContext.CIPHERS
                        : common.parameters().ciphers()),
                IdentityCipherSuiteFilter.INSTANCE)
            .option(
                OpenSslContextOption.GROUPS,
                common.parameters().curves().isEmpty()
                    ? ServerContext.GROUPS
                    : common.parameters().curves().toArray(String[]::new))
            .trustManager(verifier)
            // Names are the verifier's affair, which knows the configured ones.
            .endpointIdentificationAlgorithm(null);
    if (!identities.all().isEmpty()) {
      builder.keyManager(new OpenSslCachingX509KeyManagerFactory(identities.factory()));
    }
    if (!offer.isEmpty()) {
      builder.applicationProtocolConfig(ServerContext.alpn(offer));
    }
    ReferenceCountedOpenSslContext context = ServerContext.build(builder::build, field);
    OpenSslSessionContext sessions = context.sessionContext();
    if (config.maxSessionKeys() == 0) {
      sessions.setSessionCacheEnabled(false);
    } else {
      sessions.setSessionCacheEnabled(true);
      sessions.setSessionCacheSize(Math.min(config.maxSessionKeys(), MOST_SESSIONS));
    }
    return new ClientContext(context, identities, verifier);
  }

  void release() {
    context.release();
  }
}
